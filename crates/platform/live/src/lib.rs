//! Hints between nodes: "something about this id changed". Never the truth, always safe to lose:
//! whoever gets one reads the database, and every consumer also polls or beats (see each one's docs).

mod in_process;
mod postgres;
mod redis;
mod wire;

use std::collections::HashSet;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;

pub use in_process::InProcessLive;
pub use postgres::PostgresLive;
pub use redis::{InvalidRedis, RedisConfig, RedisLive, RedisUrl};
use tokio::sync::broadcast;
use uuid::Uuid;

/// What a hint is about. The text form crosses the wire between versions, so it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A conversation has a new change; `key` is the conversation, `mark` its seq.
    Conversation,
    /// A person entered or left a conversation; `key` is the person, `mark` the membership seq.
    Membership,
    /// The marks of a person in a conversation moved; `key` is the conversation, `other` the person, `mark` the membership
    /// seq of having read on, or 0 when more has only been delivered.
    ReadMark,
    /// A person has new notifications; `key` is the person, `mark` the notification seq.
    Notification,
    /// A person writes something; `key` is the conversation, `other` the person. Worth nothing a few seconds later.
    Typing,
    /// A person came (`mark` 1) or went (`mark` 0), or others see them who did not, or the other way round (`mark` 2); `key`
    /// is the person. Worth nothing a few seconds later.
    Presence,
    /// A person has blocked or unblocked somebody; `key` is the one who did.
    Blocks,
    /// A session was revoked; `key` is the session.
    Session,
    /// An account was suspended or came back; `key` is the person.
    Account,
    /// A profile changed; `key` is the person.
    Profile,
    /// A post changed or was deleted; `key` is the post.
    Post,
    /// A channel changed; `key` is the channel.
    Channel,
    /// An image became ready or was removed; `key` is the media id.
    Media,
    /// The outbox has events for the relay; `key` is nil.
    Outbox,
    /// The queue has events; `key` says for which subscriber, nil for any.
    Queue,
}

impl Topic {
    pub const ALL: [Self; 15] = [
        Self::Conversation,
        Self::Membership,
        Self::ReadMark,
        Self::Notification,
        Self::Typing,
        Self::Presence,
        Self::Blocks,
        Self::Session,
        Self::Account,
        Self::Profile,
        Self::Post,
        Self::Channel,
        Self::Media,
        Self::Outbox,
        Self::Queue,
    ];
}

/// One hint: ids and a number, at most 120 bytes on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hint {
    pub topic: Topic,
    pub key: Uuid,
    pub other: Option<Uuid>,
    pub mark: i64,
}

impl Hint {
    pub fn new(topic: Topic, key: impl Into<Uuid>) -> Self {
        Self { topic, key: key.into(), other: None, mark: 0 }
    }

    pub fn mark(self, mark: i64) -> Self {
        Self { mark, ..self }
    }

    pub fn other(self, other: impl Into<Uuid>) -> Self {
        Self { other: Some(other.into()), ..self }
    }
}

/// What a node wants to hear of. [`Topic`]s that are not named here reach every node in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interest {
    /// Somebody here takes part in the conversation: [`Topic::Conversation`], [`Topic::ReadMark`], [`Topic::Typing`].
    Conversation(Uuid),
    /// The person is connected here: [`Topic::Membership`], [`Topic::Notification`], [`Topic::Blocks`].
    Person(Uuid),
    /// Somebody here wants to see the person come and go: [`Topic::Presence`].
    Watch(Uuid),
    /// No hints: the person is connected here and may be shown as present, see [`Live::present`]. Whoever does not
    /// want to be shown is not entered, and hears everything all the same.
    Present(Uuid),
}

/// What a subscriber receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    Hint(Hint),
    /// Hints may have been lost (a slow subscriber, a lost connection): read the database as if all had changed.
    Missed,
}

/// Carries hints to every node, this one included.
pub trait Live: Send + Sync + 'static {
    /// Sends without waiting. Called after commit, so it must not fail a request: what cannot be sent is dropped.
    fn publish(&self, hint: Hint);

    /// Hints about these topics that are published from now on, by any node, as far as this one attends to them.
    fn subscribe(&self, topics: &[Topic]) -> Subscription;

    /// From now on this node gets the hints of this interest; twice is once. Never waits: other nodes know of it
    /// once [`Self::settled`]. Where every hint goes everywhere there is nothing to do.
    fn attend(&self, _interest: Interest) {}

    /// Hints of this interest need not come here any longer.
    fn leave(&self, _interest: Interest) {}

    /// `None` where interests count at once. Otherwise it ends when the other nodes send what was attended to before
    /// this call, or when that takes too long: what was published meanwhile has to be read from the database.
    fn settled(&self) -> Option<BoxFuture<'static, ()>> {
        None
    }

    /// Those of `people` who are [`Interest::Present`] on any node; `None` when that is not known at the moment.
    fn present(&self, _people: &[Uuid]) -> BoxFuture<'_, Option<HashSet<Uuid>>> {
        async { None }.boxed()
    }
}

pub type SharedLive = Arc<dyn Live>;

pub struct Subscription(broadcast::Receiver<Received>);

impl Subscription {
    /// The next hint; `None` when the server stops. Safe to cancel.
    pub async fn next(&mut self) -> Option<Received> {
        match self.0.recv().await {
            Ok(received) => Some(received),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Received::Missed),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

/// Hints a subscriber may lag behind before it is told [`Received::Missed`].
const BACKLOG: usize = 4096;
