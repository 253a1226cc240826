//! What was asked, and what became of it.

use serde_json::Value;

use crate::checker::{Checker, Rule};
use crate::history::Call;
use crate::seen::Seen;

/// An operation that was invoked.
pub(super) struct Op {
    pub line: u64,
    pub client: u32,
    pub person: String,
    pub node: usize,
    pub socket: Option<u32>,
    pub call: Call,
    pub state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Done,
    Refused,
    Maybe,
}

impl Checker {
    pub(super) fn on_invoke(&mut self, number: u64, op: Op) {
        let (line, person, call) = (op.line, op.person.as_str(), &op.call);
        self.stirs.begin(person, call, line);
        if let Call::Block { other, on: true } = call {
            self.blocked.entry(person.to_owned()).or_default().insert(other.clone());
        }
        if let Some(conversation) = call.conversation().and_then(|id| self.conversations.get_mut(id)) {
            match call {
                Call::Send { client_id, .. } => conversation.tries(person, client_id).invoked_at(line),
                Call::Add { other, .. } => {
                    conversation.churned.insert(other.clone());
                    conversation.invited.insert(other.clone());
                    conversation.door(other).add_invoked();
                }
                Call::Remove { other, .. } => {
                    conversation.churned.insert(other.clone());
                }
                _ => {}
            }
            if let Some(message) = call.message().and_then(|id| conversation.messages.get_mut(id)) {
                message.pending += 1;
                if matches!(call, Call::Delete { .. }) {
                    message.deletion_asked_at.get_or_insert(line);
                }
            }
        }
        self.ops.insert(number, op);
    }

    pub(super) fn on_ok(&mut self, number: u64, result: &Value) {
        let Some(op) = self.ops.get_mut(&number) else { return };
        op.state = State::Done;
        let (invoked, person, call) = (op.line, op.person.clone(), op.call.clone());
        let (client, socket) = (op.client, op.socket);
        self.settle_pending(&call);
        self.stirs.end(&person, &call, invoked, self.line);
        self.note_answer(socket, &call, invoked);
        match &call {
            Call::Send { conversation, client_id, body, forward_of } => {
                let Some(seen) = Seen::parse(&result["message"]) else {
                    return self.say(Rule::Content, format!("the acknowledgement of {client_id} holds no message"));
                };
                let unchanged = seen.changed_seq == seen.seq;
                let right = seen.conversation == *conversation && seen.content.sender == person;
                let is_copy = forward_of.is_some();
                let says_it = (is_copy || seen.content.body == *body) && seen.content.is_forwarded == is_copy;
                if !right || (unchanged && !says_it) {
                    self.say(Rule::Content, format!("{client_id} was acknowledged as another message: {seen:?}"));
                }
                let line = self.line;
                if let Some(known) = self.conversations.get_mut(conversation) {
                    let tries = known.tries(&person, client_id);
                    if let Some(op) = self.ops.get(&number) {
                        self.recent.push(line, op, &seen, tries.count == 1);
                    }
                    tries.acknowledged(&seen, line);
                    known.acknowledged.insert(seen.seq, (invoked, line));
                }
                self.own_token(&person, client_id, &seen);
                // As it was sent it is the same to everybody; a repeat may come from somebody who has left since.
                if unchanged { self.learn(&seen) } else { self.learn_from(&person, &seen) }
            }
            // Only who takes part can edit a message, and is then told under which seq.
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
                    // One's own words can be taken back after leaving too, and are then shown as of that.
                    self.learn_from(&person, &seen);
                    if let Some(known) = self.known(&seen) {
                        known.deleted = true;
                    }
                }
            }
            Call::React { emoji, on, .. } => {
                if let Some(seen) = Seen::parse(&result["message"]) {
                    // Answered in the transaction that did it.
                    if seen.has_own_reaction(emoji) != *on {
                        let (id, has) = (&seen.id, &seen.reactions);
                        let what = format!("{person} set {emoji} of {id} to {on}, and the answer has `{has}`");
                        self.say(Rule::Content, what);
                    }
                    self.learn(&seen);
                    self.note_reactions(&person, &seen);
                }
            }
            Call::Pin { message, on, .. } => {
                if let Some(seen) = Seen::parse(&result["message"]) {
                    if seen.id != *message || seen.content.is_pinned != *on {
                        self.say(
                            Rule::Content,
                            format!("the pin of {message} was set to {on}; the answer has another"),
                        );
                    }
                    self.learn(&seen);
                }
            }
            Call::Read { conversation, seq } => self.on_read(conversation, &person, *seq, invoked, result),
            Call::Intrude { conversation, how } => {
                self.say(Rule::Outsider, format!("{person} could {how} in {conversation}"));
            }
            Call::Resume { conversations } => {
                for (conversation, position) in conversations {
                    self.check_changes(client, conversation, *position);
                }
            }
            Call::Add { conversation, other } => self.on_door(conversation, other, |door, line| door.added(line)),
            Call::Remove { conversation, other } => {
                self.on_door(conversation, other, |door, line| door.removed(invoked, line));
            }
            Call::Ping | Call::History { .. } | Call::Block { .. } | Call::Delivered { .. } | Call::Typing { .. } => {}
        }
    }

    fn on_read(&mut self, conversation: &str, person: &str, asked: i64, invoked: u64, result: &Value) {
        let read = result["read_seq"].as_i64().unwrap_or(-1);
        let furthest = self.reads.entry((conversation.to_owned(), person.to_owned())).or_default();
        *furthest = (*furthest).max(read);
        if read < asked {
            self.say(Rule::Unread, format!("{person} read {conversation} to {asked}; the answer says {read}"));
        }
        let unread_count = result["unread_count"].as_i64().unwrap_or(-1);
        self.note_read(conversation, person, read, unread_count, Some(invoked));
    }

    pub(super) fn on_refused(&mut self, number: u64) {
        let Some(op) = self.ops.get_mut(&number) else { return };
        op.state = State::Refused;
        let (invoked, person, call) = (op.line, op.person.clone(), op.call.clone());
        self.settle_pending(&call);
        self.stirs.end(&person, &call, invoked, self.line);
        if let Call::Add { conversation, other } = &call {
            self.on_door(conversation, other, |door, line| door.added(line));
        }
    }

    fn settle_pending(&mut self, call: &Call) {
        let conversation = call.conversation().and_then(|id| self.conversations.get_mut(id));
        if let Some(message) = conversation.zip(call.message()).and_then(|(known, id)| known.messages.get_mut(id)) {
            message.pending = message.pending.saturating_sub(1);
        }
    }
}
