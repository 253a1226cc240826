//! What was done and seen, in the order in which it was: enough to judge a run from the file alone.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::checker::{Checker, Violation};

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
    /// What a client has of a conversation in the end: created seq, changed seq and id of each message, in its order.
    View {
        client: u32,
        person: String,
        conversation: String,
        position: i64,
        messages: Vec<(i64, i64, String)>,
    },
    /// What a conversation says of itself to a member in the end, over REST.
    Unread {
        person: String,
        conversation: String,
        read_seq: i64,
        unread_count: i64,
    },
    /// The database in the end.
    Stored(Stored),
    /// The last line: nothing is missing in the file.
    End,
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
    },
    Read {
        conversation: String,
        seq: i64,
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
            | Self::Edit { conversation, .. }
            | Self::Delete { conversation, .. }
            | Self::React { conversation, .. }
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
            Self::Edit { message, .. } | Self::Delete { message, .. } | Self::React { message, .. } => Some(message),
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

impl Fault {
    /// Whether messages may be late by a heartbeat and no more while it lasts.
    pub fn spares_the_database(self) -> bool {
        matches!(self, Self::CutRedis | Self::StallRedis)
    }
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
    },
    Message {
        conversation: String,
        seq: i64,
        changed_seq: i64,
        id: String,
        number: i64,
        is_text: bool,
        person: String,
        body: String,
        is_deleted: bool,
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
}

/// Writes the file and lets the checker look on.
pub struct Recorder {
    inner: Mutex<Inner>,
    started: Instant,
}

struct Inner {
    file: BufWriter<File>,
    count: u64,
    checker: Checker,
    failed: Option<std::io::Error>,
}

impl Recorder {
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
        let inner = Inner { file: BufWriter::new(file), count: 0, checker: Checker::default(), failed: None };
        Ok(Self { inner: Mutex::new(inner), started: Instant::now() })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn record(&self, event: Event) {
        let ms = self.started.elapsed().as_millis() as u64;
        let mut inner = self.inner();
        inner.count += 1;
        let line = Line { n: inner.count, ms, event };
        let written = serde_json::to_writer(&mut inner.file, &line).map_err(std::io::Error::from);
        let written = written.and_then(|()| inner.file.write_all(b"\n"));
        if let Err(error) = written {
            inner.failed.get_or_insert(error);
        }
        inner.checker.observe(&line);
    }

    /// Something that the checker knows by now.
    pub fn ask<T>(&self, question: impl FnOnce(&Checker) -> T) -> T {
        question(&self.inner().checker)
    }

    /// The verdict; an error when the file is not whole.
    pub fn close(self) -> anyhow::Result<Checker> {
        self.record(Event::End);
        let mut inner = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        inner.file.flush()?;
        match inner.failed {
            Some(error) => Err(error).context("the history could not be written"),
            None => Ok(inner.checker),
        }
    }
}

/// Judges a finished history.
pub fn judge(path: &Path) -> anyhow::Result<(Checker, Vec<Violation>)> {
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut checker = Checker::default();
    for (position, text) in BufReader::new(file).lines().enumerate() {
        let line: Line =
            serde_json::from_str(&text?).with_context(|| format!("line {} is not of a history", position + 1))?;
        checker.observe(&line);
    }
    let violations = checker.verdict();
    Ok((checker, violations))
}
