//! What each client has at each moment, made again from its frames.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde_json::Value;

use crate::checker::{Checker, Rule};
use crate::seen::Seen;
use crate::view::{Step, View};

pub(super) struct Client {
    pub person: String,
    pub views: BTreeMap<String, View>,
    chain: Option<Chain>,
}

/// `rows` of this conversation are coming to a socket, from this position on: whole only when another frame comes.
struct Chain {
    socket: u32,
    conversation: String,
    before: i64,
}

impl Client {
    pub fn new(person: &str) -> Self {
        Self { person: person.to_owned(), views: BTreeMap::new(), chain: None }
    }
}

pub(super) struct Socket {
    pub client: u32,
    pub person: String,
    pub node: usize,
    pub welcomed_at: Option<u64>,
    /// How far each conversation was handed out on it.
    pub given: HashMap<String, i64>,
    /// The last heartbeats.
    pub beats: Vec<Beat>,
    /// What came last was made after this line. It may have lain in the connection for long: a client that waits for an
    /// answer over REST does not read.
    pub made_after: u64,
    /// Up to which acknowledgement messages were judged by hints, and by heartbeats.
    pub hints_judged: u64,
    pub beats_judged: u64,
    /// Live messages and answers: the line, and the line at which it was first sent or asked.
    came: VecDeque<(u64, u64)>,
}

#[derive(Clone, Copy)]
pub(super) struct Beat {
    pub line: u64,
    pub made_after: u64,
}

/// Messages and answers that are remembered of a socket.
const CAME: usize = 200;

impl Socket {
    pub fn new(client: u32, person: &str, node: usize, line: u64) -> Self {
        Self {
            made_after: line,
            client,
            person: person.to_owned(),
            node,
            welcomed_at: None,
            given: HashMap::new(),
            beats: Vec::new(),
            hints_judged: 0,
            beats_judged: 0,
            came: VecDeque::new(),
        }
    }
}

impl Socket {
    /// Something came that was asked for or sent at a line.
    pub fn served(&mut self, line: u64, asked: u64) {
        if self.came.len() == CAME {
            self.came.pop_front();
        }
        self.came.push_back((line, asked));
        self.made_after = self.made_after.max(asked);
    }

    /// How often in a row something was sent or asked after this line, or after the one before it had come, and came.
    pub fn rounds_since(&self, line: u64) -> usize {
        let mut since = line;
        let mut rounds = 0;
        for (came, sent) in &self.came {
            if *sent > since {
                since = *came;
                rounds += 1;
            }
        }
        rounds
    }
}

impl Checker {
    pub(super) fn on_welcome(&mut self, socket: u32) {
        let line = self.line;
        if let Some(socket) = self.sockets.get_mut(&socket) {
            socket.welcomed_at = Some(line);
        }
    }

    pub(super) fn on_frame(&mut self, number: u32, frame: &Value) {
        let Some(socket) = self.sockets.get(&number) else { return };
        let (client, person) = (socket.client, socket.person.clone());
        let kind = frame["type"].as_str().unwrap_or_default();
        let conversation = frame["conversation_id"].as_str().unwrap_or_default();
        self.end_chain(number, (kind == "rows").then_some(conversation));
        if !conversation.is_empty() && !self.may_know_of(&person, conversation) {
            self.say(Rule::Outsider, format!("{person} was sent a `{kind}` of {conversation}"));
        }
        match kind {
            "message" => {
                let Some(seen) = Seen::parse(&frame["message"]) else { return };
                let (seq, prev_seq) = (frame["seq"].as_i64().unwrap_or(0), frame["prev_seq"].as_i64().unwrap_or(0));
                if seq != seen.changed_seq {
                    self.say(
                        Rule::Order,
                        format!("a frame of {conversation} at {seq} holds change {}", seen.changed_seq),
                    );
                }
                self.check_skipped(number, conversation, prev_seq);
                self.give(number, conversation, seq, true);
                self.note_arrival(number, &seen);
                self.shown(&person, &seen);
                if let Some(mirror) = self.clients.get_mut(&client) {
                    let view = mirror.views.entry(conversation.to_owned()).or_default();
                    let before = view.position;
                    let taken = view.message(seq, prev_seq, &seen) == Step::Taken;
                    self.learn_from(&person, &seen);
                    if taken {
                        self.check_changes(client, conversation, before);
                    }
                }
            }
            "rows" => {
                let messages = Seen::all(&frame["messages"]);
                let (from, upto) = (frame["from"].as_i64().unwrap_or(0), frame["upto"].as_i64().unwrap_or(0));
                for seen in &messages {
                    self.shown(&person, seen);
                }
                let Some(mirror) = self.clients.get_mut(&client) else { return };
                let view = mirror.views.entry(conversation.to_owned()).or_default();
                let before = view.position;
                // What goes on where the view does not end is not taken; the client asks for what is between.
                view.rows(from, upto, &messages);
                let conversation_id = conversation.to_owned();
                mirror.chain.get_or_insert_with(|| Chain {
                    socket: number,
                    conversation: conversation_id,
                    before: before.min(from),
                });
                self.give(number, conversation, upto, false);
                for seen in &messages {
                    self.learn_from(&person, seen);
                }
            }
            "gap" => self.give(number, conversation, frame["upto"].as_i64().unwrap_or(0), false),
            "conversation" => {
                let shown = &frame["conversation"];
                let id = shown["id"].as_str().unwrap_or_default();
                if !self.may_know_of(&person, id) {
                    self.say(Rule::Outsider, format!("{person} was told of {id}"));
                }
                self.note_conversation(&person, shown);
                if let Some(seen) = Seen::parse(&shown["last_message"]) {
                    self.shown(&person, &seen);
                    self.learn_from(&person, &seen);
                }
            }
            "heartbeat" => {
                self.check_announced(number, &person, frame);
                self.on_heartbeat(number);
            }
            "read" | "delivered" | "typing" => self.on_mark(number, &person, kind, frame),
            _ => {}
        }
    }

    /// Rows of one conversation come in several frames; between them the view is not yet whole.
    pub(super) fn end_chain(&mut self, number: u32, goes_on_with: Option<&str>) {
        let Some(client) = self.sockets.get(&number).map(|socket| socket.client) else { return };
        let Some(mirror) = self.clients.get_mut(&client) else { return };
        let ended =
            mirror.chain.take_if(|chain| chain.socket == number && Some(chain.conversation.as_str()) != goes_on_with);
        if let Some(Chain { conversation, before, .. }) = ended {
            self.check_changes(client, &conversation, before);
        }
    }

    /// On one socket a conversation only ever goes on.
    fn give(&mut self, number: u32, conversation: &str, seq: i64, live: bool) {
        let Some(socket) = self.sockets.get_mut(&number) else { return };
        let given = socket.given.entry(conversation.to_owned()).or_default();
        let before = *given;
        *given = before.max(seq);
        if live && seq <= before {
            self.say(Rule::Order, format!("socket {number} was handed {seq} of {conversation} after {before}"));
        }
    }

    fn note_arrival(&mut self, number: u32, seen: &Seen) {
        let sent = seen.content.token().and_then(|client_id| {
            let known = self.conversations.get(&seen.conversation)?;
            known.tries_of(&seen.content.sender, client_id)?.first_invoked
        });
        if let (Some(sent), Some(socket)) = (sent, self.sockets.get_mut(&number)) {
            socket.served(self.line, sent);
            self.arrivals.push(socket.node, self.line, sent);
        }
    }

    pub(super) fn shown(&mut self, person: &str, seen: &Seen) {
        if !self.may_know_of(person, &seen.conversation) {
            return self.say(Rule::Outsider, format!("{person} was shown {} of {}", seen.seq, seen.conversation));
        }
        if let Some(conversation) = self.conversations.get_mut(&seen.conversation)
            && !conversation.is_steady(person)
        {
            let shown = conversation.shown.entry(person.to_owned()).or_default();
            shown.insert((seen.seq, seen.changed_seq), seen.content.body.clone());
        }
    }

    /// Everything that could be read over REST, of which `replaces` is the position when it is the view now.
    pub(super) fn on_history(
        &mut self,
        client: u32,
        person: &str,
        conversation: &str,
        op: u64,
        replaces: Option<i64>,
        messages: &[Seen],
    ) {
        for seen in messages {
            self.shown(person, seen);
            self.learn_from(person, seen);
        }
        let invoked = self.ops.get(&op).map_or(self.line, |op| op.line);
        let listed: HashMap<&str, i64> = messages.iter().map(|seen| (seen.id.as_str(), seen.changed_seq)).collect();
        let mut wrong = Vec::new();
        if let Some(known) = self.conversations.get(conversation).filter(|known| known.is_steady(person)) {
            for ((sender, client_id), tries) in known.all_tries() {
                let Some((id, seq, acknowledged_at)) = &tries.acknowledged else { continue };
                if *acknowledged_at < invoked && !listed.contains_key(id.as_str()) {
                    wrong.push((
                        Rule::Lost,
                        format!("{client_id} of {sender} was acknowledged as {seq} of {conversation} and is not listed to {person}"),
                    ));
                }
            }
        }
        wrong.sort();
        for (rule, what) in wrong {
            self.say(rule, what);
        }
        if let (Some(upto), Some(mirror)) = (replaces, self.clients.get_mut(&client)) {
            mirror.views.entry(conversation.to_owned()).or_default().replace(upto, messages);
            self.check_changes(client, conversation, 0);
        }
    }

    /// A client's view has moved from `before` to where it is: has it everything in between?
    pub(super) fn check_changes(&mut self, client: u32, conversation: &str, before: i64) {
        let (Some(mirror), Some(known)) = (self.clients.get(&client), self.conversations.get(conversation)) else {
            return;
        };
        let Some(view) = mirror.views.get(conversation) else { return };
        let passed = known.by_change.range(before + 1..=view.position.max(before + 1)).map(|(_, id)| id.clone());
        for id in passed.collect::<Vec<_>>() {
            self.check_one(client, conversation, &id);
        }
    }

    /// A message was seen for the first time, or as it was not seen before: has everybody it who passed it by?
    pub(super) fn check_everybody(&mut self, seen: &Seen) {
        let mut holders: Vec<u32> = self
            .clients
            .iter()
            .filter(|(_, client)| {
                client.views.get(&seen.conversation).is_some_and(|view| view.position >= seen.changed_seq)
            })
            .map(|(number, _)| *number)
            .collect();
        holders.sort_unstable();
        for client in holders {
            self.check_one(client, &seen.conversation, &seen.id);
        }
    }

    fn check_one(&mut self, client: u32, conversation: &str, id: &str) {
        let (Some(mirror), Some(known)) = (self.clients.get(&client), self.conversations.get(conversation)) else {
            return;
        };
        let (Some(view), Some(message)) = (mirror.views.get(conversation), known.messages.get(id)) else { return };
        let in_chain = mirror.chain.as_ref().is_some_and(|chain| chain.conversation == conversation);
        // What a maybe may have changed may be further on than the view; it is looked at in the end.
        if in_chain || message.pending > 0 || message.latest > view.position || !known.is_steady(&mirror.person) {
            return;
        }
        let person = &mirror.person;
        let (seq, latest, position) = (message.seq, message.latest, view.position);
        match view.messages.get(&seq) {
            None => {
                let what =
                    format!("client {client} of {person} has {conversation} up to {position} without {seq} ({id})");
                // One hole is one violation, however far the view goes on.
                let key = format!("client {client} {conversation} {seq}");
                if self.said.insert((Rule::Hole, key)) {
                    self.say(Rule::Hole, what);
                }
            }
            Some(held) if held.changed_seq < latest => {
                let has = held.changed_seq;
                let key = format!("client {client} {conversation} {seq} {latest}");
                let what = format!(
                    "client {client} of {person} has {conversation} up to {position}, but {seq} as of {has}, not of {latest}"
                );
                if self.said.insert((Rule::Stale, key)) {
                    self.say(Rule::Stale, what);
                }
            }
            Some(_) => {}
        }
    }
}
