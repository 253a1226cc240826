//! What a history may break, and where it did.

use std::fmt;

use serde::Serialize;

/// What a history may break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// What was acknowledged is not there any more.
    Lost,
    /// One `client_id` became two messages.
    Duplicate,
    /// Two places for one message, two messages at one place, or an order that changed.
    Order,
    /// A view that claims to be whole lacks a message.
    Hole,
    /// A view that claims to be whole has a message as it was before a change.
    Stale,
    /// Two people see different words in the same state of a message, or other words than were sent.
    Content,
    /// A message came only after a heartbeat had announced it, or later than that.
    Late,
    /// Somebody was shown what is not theirs to see.
    Outsider,
    /// A count or mark of what is read is wrong.
    Unread,
    /// A message without its event, with two, or an event without its message.
    Event,
    /// What was refused, or asked for by nobody, is there.
    Ghost,
    /// The history ends before the run did, or the run came to no end.
    Incomplete,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "lost",
            Self::Duplicate => "duplicate",
            Self::Order => "order",
            Self::Hole => "hole",
            Self::Stale => "stale",
            Self::Content => "content",
            Self::Late => "late",
            Self::Outsider => "outsider",
            Self::Unread => "unread",
            Self::Event => "event",
            Self::Ghost => "ghost",
            Self::Incomplete => "incomplete",
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub rule: Rule,
    /// The line of the history at which it was certain.
    pub line: u64,
    /// Operations that had been answered by then.
    pub operations: u64,
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, after {} operations: {}: {}", self.line, self.operations, self.rule, self.what)
    }
}
