//! Why somebody was told of an event, or was not.

use serde::{Deserialize, Serialize};
use village_kernel::{EventId, Instant};

use crate::Kind;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = DecisionOutcome)]
pub enum Outcome {
    /// A notification was made.
    Notified,
    /// It became part of one that was there.
    Collapsed,
    Skipped,
}

impl Outcome {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Notified => "notified",
            Self::Collapsed => "collapsed",
            Self::Skipped => "skipped",
        }
    }
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = DecisionReason)]
pub enum Reason {
    /// Told: you follow the author or are in the channel.
    InAudience,
    /// Told: it is your post.
    YourPost,
    /// Told: you are the one who is followed.
    FollowedYou,
    /// Told: you are the one who is invited.
    InvitedYou,
    /// Told: you take part in the conversation.
    InConversation,
    /// Not told: you did it yourself.
    OwnAction,
    /// Not told: a block stands between the two. Kept so that the event finds its decision; never shown to anybody,
    /// since the entry would tell the person who was blocked.
    #[serde(skip)]
    Blocked,
    /// Not told: it was taken back, or you may not see it (any more).
    NotVisible,
    /// Not told: you switched this kind off.
    PreferenceOff,
    /// Not told: you had seen it already.
    AlreadyRead,
    /// Not told: you muted the conversation.
    Muted,
    /// Not told: of this conversation you want to know only what mentions you, and it does not.
    OnlyMentions,
    /// Not told: you have not accepted the conversation.
    Request,
}

/// An entry of the person's own ledger. What did not reach somebody because of a block has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Decision {
    /// The same as `event_id`: there is one decision for each event.
    pub id: EventId,
    pub event_id: EventId,
    pub kind: Kind,
    pub outcome: Outcome,
    pub reason: Reason,
    pub created_at: Instant,
}
