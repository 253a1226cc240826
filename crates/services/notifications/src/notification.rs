//! What a person is told.

use serde::{Deserialize, Serialize};
use village_kernel::{CommentId, ConversationId, Instant, NotificationId, PostId};
use village_ports::{ChannelSummary, UserSummary};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = NotificationKind)]
pub enum Kind {
    /// Somebody you follow, or in a channel of yours, posted.
    PostPublished,
    /// Somebody commented on your post.
    CommentAdded,
    /// Somebody likes your post.
    PostLiked,
    /// Somebody follows you.
    Followed,
    /// Somebody wrote to you.
    MessageSent,
    /// Somebody invites you to a channel, and you have not answered.
    ChannelInvited,
}

impl Kind {
    /// As in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PostPublished => "post_published",
            Self::CommentAdded => "comment_added",
            Self::PostLiked => "post_liked",
            Self::Followed => "followed",
            Self::MessageSent => "message_sent",
            Self::ChannelInvited => "channel_invited",
        }
    }

    pub(crate) const fn is_of_post(self) -> bool {
        matches!(self, Self::PostPublished | Self::CommentAdded | Self::PostLiked)
    }

    pub(crate) const fn is_of_conversation(self) -> bool {
        matches!(self, Self::MessageSent)
    }

    pub(crate) const fn is_of_channel(self) -> bool {
        matches!(self, Self::ChannelInvited)
    }
}

/// Similar ones are one: "Ana and 4 others liked your post".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Notification {
    pub id: NotificationId,
    /// The number of its last change among your notifications; mark it read with this.
    #[schema(example = 42)]
    pub seq: i64,
    pub kind: Kind,
    /// At most three, newest first.
    pub actors: Vec<UserSummary>,
    /// How many people took part, of those whom you are shown.
    #[schema(example = 5)]
    pub actor_count: i64,
    /// For `post_published`, `comment_added` and `post_liked`.
    pub post: Option<NotificationPost>,
    /// For `comment_added`: the newest comment that is there and that you are shown, when it is known.
    pub comment_id: Option<CommentId>,
    /// For `message_sent`.
    pub conversation_id: Option<ConversationId>,
    /// For `channel_invited`.
    pub channel: Option<ChannelSummary>,
    pub read: bool,
    pub created_at: Instant,
    pub updated_at: Instant,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NotificationPost {
    pub id: PostId,
    #[schema(example = "Leo is off oxygen since this morning!")]
    pub excerpt: String,
    pub channel: Option<ChannelSummary>,
}
