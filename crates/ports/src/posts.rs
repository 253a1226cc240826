//! Owned by posts: what others may show of posts and channels.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use village_db::Tx;
use village_kernel::{ChannelId, CommentId, PostId, UserId, Viewer};

/// Who may read a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Visibility {
    /// Everyone in the community reads and may join.
    Open,
    /// Members only, who join by invitation.
    Private,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChannelSummary {
    pub id: ChannelId,
    #[schema(example = "preemies")]
    pub slug: String,
    #[schema(example = "Preemies")]
    pub name: String,
    pub visibility: Visibility,
}

/// As much of a post as a notification shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PostExcerpt {
    pub id: PostId,
    pub author_id: UserId,
    /// The first 120 characters.
    pub excerpt: String,
    pub channel: Option<ChannelSummary>,
}

/// Something that somebody did and can take back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PostAct {
    Published(PostId),
    Commented(PostId, CommentId),
    Liked(PostId, UserId),
}

#[async_trait]
pub trait ChannelAccess: Send + Sync {
    /// The channels among `ids` that the viewer may know of now.
    async fn summaries(
        &self,
        viewer: &Viewer,
        ids: &[ChannelId],
    ) -> village_db::Result<HashMap<ChannelId, ChannelSummary>>;

    /// Whether `user` is a member of the channel; they stay one until the caller's transaction ends.
    async fn hold_membership(&self, tx: &mut Tx, channel: ChannelId, user: UserId) -> village_db::Result<bool>;
}

/// Asked by notifications: which invitations to channels wait for an answer. None does for a member.
#[async_trait]
pub trait ChannelInvitations: Send + Sync {
    /// Whether `invitee` has such an invitation, asked inside the caller's transaction.
    async fn waits(&self, tx: &mut Tx, channel: ChannelId, invitee: UserId) -> village_db::Result<bool>;

    /// Those among `pairs` of a person and a channel in which the person has an invitation that they are shown now, with
    /// the channel. One query, however many.
    async fn shown_among(
        &self,
        pairs: &[(UserId, ChannelId)],
    ) -> village_db::Result<HashMap<(UserId, ChannelId), ChannelSummary>>;
}

#[async_trait]
pub trait PostAccess: Send + Sync {
    /// The posts among `ids` that the viewer may see now.
    async fn visible(&self, viewer: &Viewer, ids: &[PostId]) -> village_db::Result<HashMap<PostId, PostExcerpt>>;

    /// Those among `readers` who may see the post now: for deciding whom to tell of it.
    async fn readers_among(&self, post: PostId, readers: &[UserId]) -> village_db::Result<Vec<UserId>>;

    /// Those among `pairs` of a person and a post in which the person may see the post now. One query, however many.
    async fn visible_pairs(&self, pairs: &[(UserId, PostId)]) -> village_db::Result<HashSet<(UserId, PostId)>> {
        let mut visible = HashSet::new();
        for (person, post) in pairs {
            if !self.readers_among(*post, &[*person]).await?.is_empty() {
                visible.insert((*person, *post));
            }
        }
        Ok(visible)
    }

    /// Whether what was done has not been taken back, asked inside the caller's transaction: the post is there, the
    /// comment is, the person likes the post.
    async fn stands(&self, tx: &mut Tx, act: PostAct) -> village_db::Result<bool>;

    /// The newest comment of `author` under the post that is there, asked as above.
    async fn newest_comment(&self, tx: &mut Tx, post: PostId, author: UserId) -> village_db::Result<Option<CommentId>>;

    /// A page of the people whose feed the post belongs in (open channel: followers of the author and members;
    /// private channel: members; no channel: followers), the author left out, in the order of ids after `after`.
    async fn audience(&self, post: PostId, after: Option<UserId>, limit: u32) -> village_db::Result<Vec<UserId>>;

    /// As [`Self::audience`], of a post that was deleted.
    async fn audience_of_deleted(
        &self,
        post: PostId,
        after: Option<UserId>,
        limit: u32,
    ) -> village_db::Result<Vec<UserId>>;
}

/// Asked by auth in the transaction that suspends a person: who counts what people leave notes where this person left
/// something, so that it can be subtracted from counts without looking at everybody who is suspended.
#[async_trait]
pub trait SuspendedTraces: Send + Sync {
    /// After the account's row says that it is suspended. Doing it twice is doing it once; nothing undoes it, because
    /// the notes do not say that somebody is suspended.
    async fn suspended(&self, tx: &mut Tx, user: UserId) -> village_db::Result<()>;
}
