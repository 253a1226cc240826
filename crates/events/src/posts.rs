use serde::{Deserialize, Serialize};
use village_kernel::{ChannelId, CommentId, MediaId, PostId, UserId};

use crate::Event;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostPublished {
    pub post_id: PostId,
    pub author_id: UserId,
    pub channel_id: Option<ChannelId>,
}

impl Event for PostPublished {
    const TYPE: &'static str = "posts.post_published.v1";
    fn subject(&self) -> String {
        self.post_id.to_string()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostDeleted {
    pub post_id: PostId,
    /// Who had written it, whoever deleted it.
    pub author_id: UserId,
    pub channel_id: Option<ChannelId>,
}

impl Event for PostDeleted {
    const TYPE: &'static str = "posts.post_deleted.v1";
    fn subject(&self) -> String {
        self.post_id.to_string()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentAdded {
    pub comment_id: CommentId,
    pub post_id: PostId,
    pub author_id: UserId,
    pub post_author_id: UserId,
}

impl Event for CommentAdded {
    const TYPE: &'static str = "posts.comment_added.v1";
    fn subject(&self) -> String {
        self.post_id.to_string()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentDeleted {
    pub comment_id: CommentId,
    pub post_id: PostId,
    /// Who had written it, whoever deleted it.
    pub author_id: UserId,
    pub post_author_id: UserId,
}

impl Event for CommentDeleted {
    const TYPE: &'static str = "posts.comment_deleted.v1";
    fn subject(&self) -> String {
        self.post_id.to_string()
    }
}

/// Published once per person and post, however often the like is taken back and given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostLiked {
    pub post_id: PostId,
    pub liker_id: UserId,
    pub post_author_id: UserId,
}

impl Event for PostLiked {
    const TYPE: &'static str = "posts.post_liked.v1";
    fn subject(&self) -> String {
        self.post_id.to_string()
    }
}

/// Published each time a like is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostUnliked {
    pub post_id: PostId,
    pub liker_id: UserId,
    pub post_author_id: UserId,
}

impl Event for PostUnliked {
    const TYPE: &'static str = "posts.post_unliked.v1";
    fn subject(&self) -> String {
        self.post_id.to_string()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelJoined {
    pub channel_id: ChannelId,
    pub user_id: UserId,
}

impl Event for ChannelJoined {
    const TYPE: &'static str = "posts.channel_joined.v1";
    fn subject(&self) -> String {
        self.channel_id.to_string()
    }
}

/// Published once for each invitation, not each time that it is repeated while it waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelInvited {
    pub channel_id: ChannelId,
    pub user_id: UserId,
    pub invited_by: UserId,
}

impl Event for ChannelInvited {
    const TYPE: &'static str = "posts.channel_invited.v1";
    fn subject(&self) -> String {
        self.channel_id.to_string()
    }
}

/// An invitation waits no more: it was used, declined or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelInvitationEnded {
    pub channel_id: ChannelId,
    pub user_id: UserId,
    pub invited_by: UserId,
}

impl Event for ChannelInvitationEnded {
    const TYPE: &'static str = "posts.channel_invitation_ended.v1";
    fn subject(&self) -> String {
        self.channel_id.to_string()
    }
}

/// The bytes of an image have arrived and wait to be processed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaUploaded {
    pub media_id: MediaId,
}

impl Event for MediaUploaded {
    const TYPE: &'static str = "posts.media_uploaded.v1";
    fn subject(&self) -> String {
        self.media_id.to_string()
    }
}
