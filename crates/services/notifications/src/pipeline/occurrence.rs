//! Stage 1: what happened, as far as notifications care.

use uuid::Uuid;
use village_events::{CloudEvent, Event, WrongEvent};
use village_kernel::{ChannelId, CommentId, ConversationId, EventId, Instant, MessageId, PostId, UserId};
use village_ports::SentMessage;

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
    PostPublished {
        post: PostId,
    },
    CommentAdded {
        post: PostId,
        comment: CommentId,
        post_author: UserId,
    },
    PostLiked {
        post: PostId,
        post_author: UserId,
    },
    Followed {
        followee: UserId,
    },
    ChannelInvited {
        channel: ChannelId,
        invitee: UserId,
    },
    MessageSent {
        conversation: ConversationId,
        message: MessageId,
        seq: i64,
    },
    /// By an edit, which is the change `seq` of the conversation.
    Mentioned {
        conversation: ConversationId,
        message: MessageId,
        created_seq: i64,
        seq: i64,
    },
}

impl Occurrence {
    /// As messaging is asked for it. Of an edit, whoever has read up to it has read it.
    pub fn message(&self) -> Option<SentMessage> {
        match self.what {
            What::MessageSent { conversation, message, seq } | What::Mentioned { conversation, message, seq, .. } => {
                Some(SentMessage { conversation, message, seq, sender: self.actor })
            }
            _ => None,
        }
    }

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
            Self::ChannelInvited { .. } => Kind::ChannelInvited,
            Self::MessageSent { .. } | Self::Mentioned { .. } => Kind::MessageSent,
        }
    }

    /// Occurrences of one kind and subject are told as one.
    pub fn subject(&self) -> Uuid {
        match self {
            Self::PostPublished { post } | Self::CommentAdded { post, .. } | Self::PostLiked { post, .. } => post.0,
            Self::Followed { followee } => followee.0,
            Self::ChannelInvited { channel, .. } => channel.0,
            Self::MessageSent { conversation, .. } | Self::Mentioned { conversation, .. } => conversation.0,
        }
    }

    pub fn post(&self) -> Option<PostId> {
        match self {
            Self::PostPublished { post } | Self::CommentAdded { post, .. } | Self::PostLiked { post, .. } => {
                Some(*post)
            }
            Self::Followed { .. } | Self::ChannelInvited { .. } | Self::MessageSent { .. } | Self::Mentioned { .. } => {
                None
            }
        }
    }

    /// Where the message stands.
    pub fn created_seq(&self) -> Option<i64> {
        match self {
            Self::MessageSent { seq, .. } => Some(*seq),
            Self::Mentioned { created_seq, .. } => Some(*created_seq),
            _ => None,
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
            Self::ChannelInvited { .. } => Reason::InvitedYou,
            Self::MessageSent { .. } | Self::Mentioned { .. } => Reason::InConversation,
        }
    }
}
