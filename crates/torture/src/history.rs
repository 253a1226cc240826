//! What was done and seen, in the order in which it was: enough to judge a run from the file alone.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One line of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Counts from 1 without holes. What happened before another thing has the smaller number.
    pub n: u64,
    /// Milliseconds since the beginning; for people who read it, the checker does not.
    pub ms: u64,
    #[serde(flatten)]
    pub event: Event,
}

/// Ids of people, conversations and messages are the server's; clients, sockets, nodes and operations are numbered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "e", rename_all = "snake_case")]
pub enum Event {
    /// The first line.
    Run {
        seed: u64,
        engine: String,
        nodes: usize,
        /// Whether Redis carries the hints between the nodes.
        redis: bool,
        sabotage: Option<String>,
    },
    Node {
        node: usize,
        clock_offset_ms: i64,
    },
    Person {
        person: String,
        name: String,
    },
    /// A conversation was made; these people take part from the beginning.
    Opened {
        conversation: String,
        kind: Kind,
        people: Vec<String>,
    },
    /// A client opened a socket. Its first answer is a `welcome`.
    Connect {
        socket: u32,
        client: u32,
        person: String,
        node: usize,
    },
    /// Hello was acknowledged.
    Welcome {
        socket: u32,
        resumed: usize,
    },
    /// The socket ended; what it was asked and has not answered is a maybe.
    Closed {
        socket: u32,
        code: Option<u16>,
    },
    /// About to be asked.
    Invoke {
        op: u64,
        client: u32,
        person: String,
        node: usize,
        /// `None` over REST.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        socket: Option<u32>,
        #[serde(flatten)]
        call: Call,
    },
    /// Acknowledged, with what the server said.
    Ok {
        op: u64,
        result: Value,
    },
    /// Answered with an error that promises that nothing was done.
    Refused {
        op: u64,
        code: String,
    },
    /// No answer, or one that promises nothing: it may have been done, or be done yet.
    Maybe {
        op: u64,
        why: String,
    },
    /// Any frame that came, answers to operations excepted.
    Frame {
        socket: u32,
        frame: Value,
    },
    /// All that a person may see of a conversation was read over REST. `replaces` when it is the client's view now.
    History {
        client: u32,
        person: String,
        conversation: String,
        op: u64,
        replaces: Option<i64>,
        messages: Vec<Value>,
    },
    /// From now on the client is one that never had anything of it.
    Forget {
        client: u32,
        conversation: String,
    },
    Fault {
        fault: Fault,
        node: usize,
        phase: Phase,
    },
    /// All faults are over, everything runs, nobody does anything any more.
    Settled,
    /// What a client has of a conversation in the end.
    View {
        client: u32,
        person: String,
        conversation: String,
        position: i64,
        read_seq: i64,
        /// Created seq, changed seq and id of each message, in its order.
        messages: Vec<(i64, i64, String)>,
        /// Created seq and reactions of those that have any.
        reactions: Vec<(i64, String)>,
    },
    /// What a conversation says of itself to a member in the end, over REST.
    Unread {
        person: String,
        mark: Mark,
    },
    /// What a device is told of all its person's conversations in the end: their list, and the sum of what is unread.
    Inbox {
        client: u32,
        person: String,
        conversations: Vec<Mark>,
        unread_count: i64,
    },
    /// The database in the end.
    Stored(Stored),
    /// The last line: nothing is missing in the file.
    End,
}

/// How far one conversation is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub conversation: String,
    pub read_seq: i64,
    pub unread_count: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Direct,
    Group,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// The body begins with the `client_id`, so that a message is known wherever it is seen.
    Send {
        conversation: String,
        client_id: String,
        body: String,
        /// Conversation and id of the message that it is a copy of; the body is empty then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        forward_of: Option<(String, String)>,
    },
    Read {
        conversation: String,
        seq: i64,
    },
    Delivered {
        conversation: String,
        seq: i64,
    },
    Typing {
        conversation: String,
    },
    Edit {
        conversation: String,
        message: String,
        body: String,
    },
    Delete {
        conversation: String,
        message: String,
    },
    React {
        conversation: String,
        message: String,
        emoji: String,
        on: bool,
    },
    Pin {
        conversation: String,
        message: String,
        on: bool,
    },
    Resume {
        conversations: Vec<(String, i64)>,
    },
    History {
        conversation: String,
    },
    Ping,
    Block {
        other: String,
        on: bool,
    },
    Add {
        conversation: String,
        other: String,
    },
    /// Oneself or another.
    Remove {
        conversation: String,
        other: String,
    },
    /// Something of a conversation in which the person never took part.
    Intrude {
        conversation: String,
        how: String,
    },
}

impl Call {
    pub fn conversation(&self) -> Option<&str> {
        match self {
            Self::Send { conversation, .. }
            | Self::Read { conversation, .. }
            | Self::Delivered { conversation, .. }
            | Self::Typing { conversation }
            | Self::Edit { conversation, .. }
            | Self::Delete { conversation, .. }
            | Self::React { conversation, .. }
            | Self::Pin { conversation, .. }
            | Self::History { conversation }
            | Self::Add { conversation, .. }
            | Self::Remove { conversation, .. }
            | Self::Intrude { conversation, .. } => Some(conversation),
            Self::Resume { .. } | Self::Ping | Self::Block { .. } => None,
        }
    }

    /// The message that it changes.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Edit { message, .. }
            | Self::Delete { message, .. }
            | Self::React { message, .. }
            | Self::Pin { message, .. } => Some(message),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// `kill -9`.
    Kill,
    /// SIGTERM.
    Drain,
    CutDatabase,
    StallDatabase,
    CutRedis,
    StallRedis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Begin,
    End,
}

/// One row of what the database holds when all is over, or of what triggers have noted meanwhile.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Stored {
    Conversation {
        conversation: String,
        last_seq: i64,
        message_count: i64,
    },
    Member {
        conversation: String,
        person: String,
        joined_seq: i64,
        left_seq: Option<i64>,
        read_seq: i64,
        read_number: i64,
        /// Takes part, or did, and was not only asked to.
        is_active: bool,
    },
    Message {
        conversation: String,
        seq: i64,
        changed_seq: i64,
        id: String,
        number: i64,
        is_text: bool,
        person: String,
        client_id: String,
        body: String,
        is_deleted: bool,
        is_forwarded: bool,
        is_pinned: bool,
        mentions: Vec<String>,
    },
    /// A reaction to the message at `seq` was given or taken back, as the change `changed_seq`.
    Reaction {
        conversation: String,
        seq: i64,
        changed_seq: i64,
        emoji: String,
        person: String,
        on: bool,
    },
    /// A message took this seq, by being sent or changed.
    Change {
        conversation: String,
        changed_seq: i64,
        id: String,
    },
    /// A person's window had these ends at some time.
    Window {
        conversation: String,
        person: String,
        joined_seq: i64,
        left_seq: Option<i64>,
    },
    /// A row of the outbox that says that a message was sent.
    Sent {
        event: String,
        message: String,
    },
    /// The event was put into the queue of a subscriber.
    Queued {
        event: String,
        subscriber: String,
    },
    /// Where an event still is that nobody has handled.
    Waiting {
        event: String,
        place: Waiting,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// The relay has not taken it.
    Outbox,
    /// In the queue, and was never handed out.
    Queue,
    /// In the queue, and was handed out: it is being handled, or will be tried again.
    Again,
    /// Given up.
    Dead,
}
