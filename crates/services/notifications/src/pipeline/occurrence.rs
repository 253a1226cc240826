//! Stage 1: what happened, as far as notifications care.

use uuid::Uuid;
use village_events::{CloudEvent, Event, WrongEvent};
use village_kernel::{CommentId, ConversationId, EventId, Instant, MessageId, PostId, UserId};

use crate::{Kind, Reason};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    pub event_id: EventId,
    pub at: Instant,
    /// Who did it.
    pub actor: UserId,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    PostPublished { post: PostId },
    CommentAdded { post: PostId, comment: CommentId, post_author: UserId },
    PostLiked { post: PostId, post_author: UserId },
    Followed { followee: UserId },
    MessageSent { conversation: ConversationId, message: MessageId, seq: i64 },
}

impl Occurrence {
    /// From an event of the type `E`.
    pub fn from_event<E: Event>(
        event: &CloudEvent,
        actor_and_what: fn(E) -> (UserId, What),
    ) -> Result<Self, WrongEvent> {
        let (actor, what) = actor_and_what(event.parse::<E>()?);
        Ok(Self { event_id: event.id, at: event.time, actor, what })
    }
}

impl What {
    pub fn kind(&self) -> Kind {
        match self {
            Self::PostPublished { .. } => Kind::PostPublished,
            Self::CommentAdded { .. } => Kind::CommentAdded,
            Self::PostLiked { .. } => Kind::PostLiked,
            Self::Followed { .. } => Kind::Followed,
            Self::MessageSent { .. } => Kind::MessageSent,
        }
    }

    /// Occurrences of one kind and subject are told as one.
    pub fn subject(&self) -> Uuid {
        match self {
            Self::PostPublished { post } | Self::CommentAdded { post, .. } | Self::PostLiked { post, .. } => post.0,
            Self::Followed { followee } => followee.0,
            Self::MessageSent { conversation, .. } => conversation.0,
        }
    }

    pub fn post(&self) -> Option<PostId> {
        match self {
            Self::PostPublished { post } | Self::CommentAdded { post, .. } | Self::PostLiked { post, .. } => {
                Some(*post)
            }
            Self::Followed { .. } | Self::MessageSent { .. } => None,
        }
    }

    pub fn comment(&self) -> Option<CommentId> {
        match self {
            Self::CommentAdded { comment, .. } => Some(*comment),
            _ => None,
        }
    }

    /// Why people are told of it.
    pub fn reason(&self) -> Reason {
        match self {
            Self::PostPublished { .. } => Reason::InAudience,
            Self::CommentAdded { .. } | Self::PostLiked { .. } => Reason::YourPost,
            Self::Followed { .. } => Reason::FollowedYou,
            Self::MessageSent { .. } => Reason::InConversation,
        }
    }
}
