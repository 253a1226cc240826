//! The judge. It sees a history line by line and says what must not have happened.
//!
//! - [`truth`]: what is known of each conversation, from whoever saw it: one order for all, one message for each send.
//! - [`watch`]: what each client has, made again from its frames: no hole, nothing old, nothing for outsiders.
//! - [`late`]: what came later than it may.
//! - [`finale`]: the database, against all of that.
//!
//! An operation without an answer is a maybe: it may have been done or not, and may be done yet. What a rule says of a
//! message holds only while no maybe could have changed it.

mod counts;
mod finale;
mod late;
mod truth;
mod watch;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use serde::Serialize;
use serde_json::Value;

pub use counts::Counts;
use finale::Finale;
use late::Weather;
use truth::Conversation;
use watch::{Client, Socket};

use crate::history::{Call, Event, Line};
use crate::seen::Seen;

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

/// One more of a kind than this says nothing new; they are counted all the same.
const KEPT_OF_A_RULE: usize = 50;

#[derive(Default)]
pub struct Checker {
    pub counts: Counts,
    line: u64,
    conversations: HashMap<String, Conversation>,
    ops: HashMap<u64, Op>,
    clients: HashMap<u32, Client>,
    sockets: HashMap<u32, Socket>,
    weather: Weather,
    finale: Finale,
    kept: Vec<Violation>,
    found: BTreeMap<Rule, u64>,
    /// What was said already, so that one loss is not found again with every frame.
    said: HashSet<(Rule, String)>,
    /// The furthest acknowledged read mark of each member.
    reads: HashMap<(String, String), i64>,
    ended: bool,
}

/// An operation that was invoked.
struct Op {
    line: u64,
    client: u32,
    person: String,
    call: Call,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Done,
    Refused,
    Maybe,
}

impl Checker {
    pub fn observe(&mut self, line: &Line) {
        self.line = line.n;
        self.counts.observe(&line.event);
        match &line.event {
            Event::Run { .. } | Event::Node { .. } | Event::Person { .. } => {}
            Event::Opened { conversation, people, .. } => {
                let known = self.conversations.entry(conversation.clone()).or_default();
                known.founders = people.iter().cloned().collect();
                known.invited.extend(people.iter().cloned());
            }
            Event::Connect { socket, client, person, .. } => {
                self.clients.entry(*client).or_insert_with(|| Client::new(person));
                self.sockets.insert(*socket, Socket::new(*client, person));
            }
            Event::Welcome { socket, .. } => self.on_welcome(*socket),
            Event::Closed { socket, .. } => {
                self.end_chain(*socket, None);
                self.sockets.remove(socket);
            }
            Event::Invoke { op, client, person, call, .. } => self.on_invoke(*op, *client, person, call),
            Event::Ok { op, result } => self.on_ok(*op, result),
            Event::Refused { op, code } => self.on_refused(*op, code),
            Event::Maybe { op, .. } => {
                if let Some(op) = self.ops.get_mut(op) {
                    op.state = State::Maybe;
                }
            }
            Event::Frame { socket, frame } => self.on_frame(*socket, frame),
            Event::History { client, person, conversation, op, replaces, messages } => {
                let messages: Vec<Seen> = messages.iter().filter_map(Seen::parse).collect();
                self.on_history(*client, person, conversation, *op, *replaces, &messages);
            }
            Event::Forget { client, conversation } => {
                if let Some(client) = self.clients.get_mut(client) {
                    client.views.remove(conversation);
                }
            }
            Event::Fault { fault, phase, .. } => self.weather.observe(line.n, *fault, *phase),
            Event::Settled => self.finale.settled = true,
            Event::View { client, person, conversation, position, messages } => {
                self.finale.view(*client, person, conversation, *position, messages);
            }
            Event::Unread { person, conversation, read_seq, unread_count } => {
                self.finale.unread(person, conversation, *read_seq, *unread_count);
            }
            Event::Stored(stored) => self.finale.store(stored),
            Event::End => {
                self.ended = true;
                self.judge_finale();
            }
        }
    }

    fn on_invoke(&mut self, op: u64, client: u32, person: &str, call: &Call) {
        let line = self.line;
        if let Some(conversation) = call.conversation().and_then(|id| self.conversations.get_mut(id)) {
            match call {
                Call::Send { client_id, .. } => conversation.tries(person, client_id).invoked_at(line),
                Call::Add { other, .. } => {
                    conversation.churned.insert(other.clone());
                    conversation.invited.insert(other.clone());
                }
                Call::Remove { other, .. } => {
                    conversation.churned.insert(other.clone());
                }
                _ => {}
            }
            if let Some(message) = call.message().and_then(|id| conversation.messages.get_mut(id)) {
                message.pending += 1;
            }
        }
        self.ops.insert(op, Op { line, client, person: person.to_owned(), call: call.clone(), state: State::Open });
    }

    fn on_ok(&mut self, number: u64, result: &Value) {
        let Some(op) = self.ops.get_mut(&number) else { return };
        op.state = State::Done;
        let (invoked, person, call) = (op.line, op.person.clone(), op.call.clone());
        let client = op.client;
        self.settle_pending(&call);
        match &call {
            Call::Send { conversation, client_id, body } => {
                let Some(seen) = Seen::parse(&result["message"]) else {
                    return self.say(Rule::Content, format!("the acknowledgement of {client_id} holds no message"));
                };
                let unchanged = seen.changed_seq == seen.seq;
                let right = seen.conversation == *conversation && seen.content.sender == person;
                if !right || (unchanged && seen.content.body != *body) {
                    self.say(Rule::Content, format!("{client_id} was acknowledged as another message: {seen:?}"));
                }
                let line = self.line;
                if let Some(known) = self.conversations.get_mut(conversation) {
                    known.tries(&person, client_id).acknowledged(&seen, line);
                    known.acknowledged.insert(seen.seq, (invoked, line));
                }
                self.own_token(&person, client_id, &seen);
                // As it was sent it is the same to everybody; a repeat may come from somebody who has left since.
                if unchanged { self.learn(&seen) } else { self.learn_from(&person, &seen) }
            }
            // Only who takes part can change a message, and is then told under which seq.
            Call::Edit { message, body, .. } => {
                if let Some(seen) = Seen::parse(&result["message"]) {
                    if seen.id != *message || seen.content.body != *body {
                        self.say(Rule::Content, format!("an edit of {message} was acknowledged with other words"));
                    }
                    self.learn(&seen);
                    if let Some(known) = self.known(&seen) {
                        known.edits.push((seen.changed_seq, body.clone()));
                    }
                }
            }
            Call::Delete { message, .. } => {
                if let Some(seen) = Seen::parse(&result["message"]) {
                    if seen.id != *message || !seen.content.is_deleted {
                        self.say(Rule::Content, format!("{message} was deleted, and the answer says otherwise"));
                    }
                    self.learn(&seen);
                    if let Some(known) = self.known(&seen) {
                        known.deleted = true;
                    }
                }
            }
            Call::React { .. } => {
                if let Some(seen) = Seen::parse(&result["message"]) {
                    self.learn(&seen);
                }
            }
            Call::Read { conversation, seq } => self.on_read(conversation, &person, *seq, result),
            Call::Intrude { conversation, how } => {
                self.say(Rule::Outsider, format!("{person} could {how} in {conversation}"));
            }
            Call::Resume { conversations } => {
                for (conversation, _) in conversations {
                    self.check_changes(client, conversation, 0);
                }
            }
            Call::Ping | Call::History { .. } | Call::Block { .. } | Call::Add { .. } | Call::Remove { .. } => {}
        }
    }

    fn on_read(&mut self, conversation: &str, person: &str, asked: i64, result: &Value) {
        let read = result["read_seq"].as_i64().unwrap_or(-1);
        let furthest = self.reads.entry((conversation.to_owned(), person.to_owned())).or_default();
        let before = *furthest;
        *furthest = before.max(read);
        if read < asked {
            self.say(Rule::Unread, format!("{person} read {conversation} to {asked}; the answer says {read}"));
        }
    }

    fn on_refused(&mut self, number: u64, _code: &str) {
        let Some(op) = self.ops.get_mut(&number) else { return };
        op.state = State::Refused;
        let call = op.call.clone();
        self.settle_pending(&call);
    }

    fn settle_pending(&mut self, call: &Call) {
        let conversation = call.conversation().and_then(|id| self.conversations.get_mut(id));
        if let Some(message) = conversation.zip(call.message()).and_then(|(known, id)| known.messages.get_mut(id)) {
            message.pending = message.pending.saturating_sub(1);
        }
    }

    fn known(&mut self, seen: &Seen) -> Option<&mut truth::Known> {
        self.conversations.get_mut(&seen.conversation)?.messages.get_mut(&seen.id)
    }

    /// Every message that anybody is shown anywhere comes by here. Those who have left see it as it was then, under
    /// the seq at which they left, so of them only its place is believed; but an acknowledged change is believed of
    /// anybody, since only a member can make one, and others may be on their way to it.
    fn learn_from(&mut self, person: &str, seen: &Seen) {
        let conversation = self.conversations.entry(seen.conversation.clone()).or_default();
        if conversation.is_steady(person) {
            return self.learn(seen);
        }
        for (rule, what) in conversation.place(seen) {
            self.say(rule, what);
        }
    }

    fn learn(&mut self, seen: &Seen) {
        let conversation = self.conversations.entry(seen.conversation.clone()).or_default();
        let (is_news, wrong) = conversation.learn(seen);
        for (rule, what) in wrong {
            self.say(rule, what);
        }
        if is_news {
            self.check_everybody(seen);
        }
    }

    fn own_token(&mut self, person: &str, client_id: &str, seen: &Seen) {
        let conversation = self.conversations.entry(seen.conversation.clone()).or_default();
        if let Some(other) = conversation.name(person, client_id, &seen.id) {
            let what = format!("{client_id} of {person} is {other} and {}", seen.id);
            self.say(Rule::Duplicate, what);
        }
    }

    fn say(&mut self, rule: Rule, what: String) {
        if !self.said.insert((rule, what.clone())) {
            return;
        }
        let count = self.found.entry(rule).or_default();
        *count += 1;
        if *count <= KEPT_OF_A_RULE as u64 {
            let operations = self.counts.answered();
            self.kept.push(Violation { rule, line: self.line, operations, what });
        }
    }

    /// What was found so far.
    pub fn violations(&self) -> &[Violation] {
        &self.kept
    }

    /// How many violations of each rule, those included that are not kept.
    pub fn found(&self) -> &BTreeMap<Rule, u64> {
        &self.found
    }

    pub fn total(&self) -> u64 {
        self.found.values().sum()
    }

    /// All of them, once the history is at its end; one that never came to it is a violation too.
    pub fn verdict(&mut self) -> Vec<Violation> {
        if !self.ended || !self.finale.settled {
            self.say(Rule::Incomplete, "the history ends before the run did".to_owned());
        }
        self.kept.clone()
    }

    /// Who takes or took part, as far as anybody asked for it.
    fn may_know_of(&self, person: &str, conversation: &str) -> bool {
        self.conversations
            .get(conversation)
            .is_none_or(|known| known.founders.is_empty() || known.invited.contains(person))
    }
}

#[cfg(test)]
mod tests;
