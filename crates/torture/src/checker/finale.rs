//! The end: every view, every answer and the database must agree.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::checker::{Checker, Rule, State};
use crate::history::{Call, Stored};
use crate::seen::{Content, Seen, token};

#[derive(Default)]
pub(super) struct Finale {
    pub settled: bool,
    views: Vec<FinalView>,
    unread: Vec<(String, String, i64, i64)>,
    /// Last seq and count of messages.
    conversations: BTreeMap<String, (i64, i64)>,
    members: HashMap<(String, String), Member>,
    /// Every window a person ever had, by its beginning.
    windows: HashMap<(String, String), BTreeMap<i64, BTreeSet<i64>>>,
    messages: BTreeMap<String, BTreeMap<i64, Seen>>,
    changes: HashMap<String, Vec<i64>>,
    /// Message → events.
    sent: HashMap<String, u64>,
}

struct FinalView {
    client: u32,
    person: String,
    conversation: String,
    position: i64,
    messages: Vec<(i64, i64, String)>,
}

#[derive(Clone, Copy)]
struct Member {
    joined_seq: i64,
    left_seq: Option<i64>,
    read_seq: i64,
    read_number: i64,
}

impl Member {
    fn may_see(self, seq: i64) -> bool {
        seq >= self.joined_seq && self.left_seq.is_none_or(|left| seq <= left)
    }
}

/// What was asked for one message or one `client_id`, and may have been done.
#[derive(Default)]
struct Wishes {
    bodies: HashSet<String>,
    delete: bool,
}

type Findings = Vec<(Rule, String)>;

impl Finale {
    pub fn view(&mut self, client: u32, person: &str, conversation: &str, position: i64, rows: &[(i64, i64, String)]) {
        let (person, conversation) = (person.to_owned(), conversation.to_owned());
        self.views.push(FinalView { client, person, conversation, position, messages: rows.to_vec() });
    }

    pub fn unread(&mut self, person: &str, conversation: &str, read_seq: i64, unread_count: i64) {
        self.unread.push((person.to_owned(), conversation.to_owned(), read_seq, unread_count));
    }

    pub fn store(&mut self, row: &Stored) {
        match row.clone() {
            Stored::Conversation { conversation, last_seq, message_count } => {
                self.conversations.insert(conversation, (last_seq, message_count));
            }
            Stored::Member { conversation, person, joined_seq, left_seq, read_seq, read_number } => {
                self.members.insert((conversation, person), Member { joined_seq, left_seq, read_seq, read_number });
            }
            Stored::Message { conversation, seq, changed_seq, id, number, is_text, person, body, is_deleted } => {
                let content = Content { number, sender: person, body, is_text, is_deleted };
                let seen = Seen { id, conversation: conversation.clone(), seq, changed_seq, content };
                self.messages.entry(conversation).or_default().insert(seq, seen);
            }
            Stored::Change { conversation, changed_seq, .. } => {
                self.changes.entry(conversation).or_default().push(changed_seq);
            }
            Stored::Window { conversation, person, joined_seq, left_seq } => {
                let ends = self.windows.entry((conversation, person)).or_default().entry(joined_seq).or_default();
                ends.insert(left_seq.unwrap_or(i64::MAX));
            }
            Stored::Sent { message, .. } => *self.sent.entry(message).or_default() += 1,
        }
    }

    /// Where the window ended through which a person saw a message in the state of this change; `None` when no window
    /// of theirs ever showed it.
    fn seen_until(&self, conversation: &str, person: &str, seq: i64, changed_seq: i64) -> Option<i64> {
        let key = (conversation.to_owned(), person.to_owned());
        let now = self.members.get(&key);
        let ends = self.windows.get(&key).into_iter().flatten().map(|(joined, ends)| {
            // A window is open until it is closed; the end that stands is the one it was closed with.
            let is_open = now.is_some_and(|now| now.joined_seq == *joined && now.left_seq.is_none());
            let closed = ends.iter().rfind(|end| **end != i64::MAX).copied();
            (*joined, if is_open { i64::MAX } else { closed.unwrap_or(i64::MAX) })
        });
        ends.filter(|(joined, end)| seq >= *joined && changed_seq <= *end).map(|(_, end)| end).max()
    }
}

impl Checker {
    pub(super) fn judge_finale(&mut self) {
        let finale = std::mem::take(&mut self.finale);
        if finale.conversations.is_empty() && !self.conversations.is_empty() {
            self.say(Rule::Incomplete, "the history holds nothing of the database".to_owned());
        }
        let mut wrong = Findings::new();
        for (conversation, (last_seq, count)) in &finale.conversations {
            self.check_rows(&finale, conversation, *last_seq, *count, &mut wrong);
        }
        self.check_acknowledged(&finale, &mut wrong);
        self.check_wishes(&finale, &mut wrong);
        check_events(&finale, &mut wrong);
        self.check_views(&finale, &mut wrong);
        self.check_unread(&finale, &mut wrong);
        self.check_windows(&finale, &mut wrong);
        // The same in every judgement of one history.
        wrong.sort();
        for (rule, what) in wrong {
            self.say(rule, what);
        }
        let stored: Vec<Seen> = finale.messages.values().flat_map(|rows| rows.values().cloned()).collect();
        for seen in &stored {
            self.learn(seen);
        }
        self.finale = finale;
    }

    /// Seqs without a hole, numbers one after the other.
    fn check_rows(&self, finale: &Finale, conversation: &str, last_seq: i64, count: i64, wrong: &mut Findings) {
        let mut taken = finale.changes.get(conversation).cloned().unwrap_or_default();
        taken.sort_unstable();
        for pair in taken.windows(2) {
            if pair[0] == pair[1] {
                wrong.push((Rule::Order, format!("seq {} of {conversation} was taken twice", pair[0])));
            }
        }
        taken.dedup();
        if let Some(missing) = (1..=last_seq).zip(taken.iter().chain([&0])).find(|(seq, taken)| seq != *taken) {
            wrong.push((
                Rule::Hole,
                format!("nothing has seq {} of {conversation}, which ends at {last_seq}", missing.0),
            ));
        } else if taken.len() as i64 > last_seq {
            wrong.push((Rule::Order, format!("{conversation} ends at {last_seq}, and has a change after that")));
        }
        let mut number = 0;
        for seen in finale.messages.get(conversation).into_iter().flat_map(BTreeMap::values) {
            number += i64::from(seen.content.is_text);
            if seen.content.number != number {
                let has = seen.content.number;
                wrong.push((Rule::Order, format!("seq {} of {conversation} is {has}, not {number}", seen.seq)));
            }
        }
        if number != count {
            wrong.push((Rule::Unread, format!("{conversation} counts {count} messages and has {number}")));
        }
    }

    fn check_acknowledged(&self, finale: &Finale, wrong: &mut Findings) {
        for (id, conversation) in &self.conversations {
            let rows = finale.messages.get(id);
            for ((sender, client_id), tries) in conversation.all_tries() {
                let Some((message, seq, line)) = &tries.acknowledged else { continue };
                let stored = rows.and_then(|rows| rows.get(seq));
                if stored.is_none_or(|stored| stored.id != *message) {
                    let what = format!("{client_id} of {sender}, acknowledged at line {line} as {seq} of {id}");
                    wrong.push((Rule::Lost, format!("{what}, is not in the database")));
                }
            }
            for (message, known) in &conversation.messages {
                let Some(stored) = rows.and_then(|rows| rows.get(&known.seq)).filter(|row| row.id == *message) else {
                    continue;
                };
                if stored.changed_seq < known.latest {
                    let (has, seen) = (stored.changed_seq, known.latest);
                    wrong.push((Rule::Lost, format!("{message} was seen at change {seen} and is stored at {has}")));
                }
                if known.deleted && !stored.content.is_deleted {
                    wrong.push((Rule::Lost, format!("{message} was deleted and is back")));
                }
            }
        }
    }

    /// What is stored was asked for, and what was asked for last is stored.
    fn check_wishes(&self, finale: &Finale, wrong: &mut Findings) {
        let mut sends: HashMap<(&str, &str, &str), Wishes> = HashMap::new();
        let mut changes: HashMap<&str, Wishes> = HashMap::new();
        for op in self.ops.values().filter(|op| op.state != State::Refused) {
            match &op.call {
                Call::Send { conversation, client_id, body } => {
                    let wishes = sends.entry((conversation, &op.person, client_id)).or_default();
                    wishes.bodies.insert(body.clone());
                }
                // Acknowledged edits are judged by their order.
                Call::Edit { message, body, .. } if op.state != State::Done => {
                    changes.entry(message).or_default().bodies.insert(body.clone());
                }
                Call::Delete { message, .. } => changes.entry(message).or_default().delete = true,
                _ => {}
            }
        }
        let mut names: HashMap<(&str, &str, &str), &str> = HashMap::new();
        for seen in finale.messages.values().flat_map(BTreeMap::values).filter(|seen| seen.content.is_text) {
            let (conversation, sender, id) =
                (seen.conversation.as_str(), seen.content.sender.as_str(), seen.id.as_str());
            let wished = changes.get(id);
            if seen.content.is_deleted {
                if !wished.is_some_and(|wished| wished.delete) {
                    wrong.push((Rule::Ghost, format!("{id} of {conversation} is deleted, and nobody did it")));
                }
                continue;
            }
            let client_id = token(&seen.content.body).unwrap_or_default();
            let key = (conversation, sender, client_id);
            if let Some(other) = names.insert(key, id) {
                wrong.push((Rule::Duplicate, format!("{client_id} of {sender} is stored as {other} and as {id}")));
            }
            let Some(asked) = sends.get(&key) else {
                let what = format!("{id} of {conversation}: `{}`", seen.content.body);
                wrong.push((Rule::Ghost, format!("{what} was sent by nobody, or refused")));
                continue;
            };
            let edits = self.conversations.get(conversation).and_then(|known| known.messages.get(id));
            let last = edits.and_then(|known| known.edits.iter().max_by_key(|(changed_seq, _)| *changed_seq));
            let body = &seen.content.body;
            let is_right = match last {
                Some((_, edited)) => edited == body,
                None => asked.bodies.contains(body),
            };
            if !is_right && !wished.is_some_and(|wished| wished.bodies.contains(body)) {
                wrong.push((Rule::Content, format!("{id} of {conversation} is stored as `{body}`")));
            }
        }
    }

    fn check_views(&self, finale: &Finale, wrong: &mut Findings) {
        for view in &finale.views {
            let FinalView { client, person, conversation, position, messages } = view;
            let Some(member) = finale.members.get(&(conversation.clone(), person.clone())) else {
                if !messages.is_empty() {
                    wrong.push((Rule::Outsider, format!("client {client} of {person} has messages of {conversation}")));
                }
                continue;
            };
            let rows = finale.messages.get(conversation);
            let expected: Vec<&Seen> =
                rows.into_iter().flat_map(BTreeMap::values).filter(|seen| member.may_see(seen.seq)).collect();
            let has: BTreeMap<i64, (i64, &str)> =
                messages.iter().map(|(seq, changed, id)| (*seq, (*changed, id.as_str()))).collect();
            if messages.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
                wrong.push((Rule::Order, format!("client {client} has {conversation} out of order")));
            }
            let steady = self.conversations.get(conversation).is_some_and(|known| known.is_steady(person));
            let who = format!("client {client} of {person} at {position} of {conversation}");
            for seen in &expected {
                match has.get(&seen.seq) {
                    None => wrong.push((Rule::Hole, format!("in the end {who} lacks {}", seen.seq))),
                    Some((_, id)) if *id != seen.id => {
                        wrong.push((Rule::Order, format!("in the end {who} has another message as {}", seen.seq)));
                    }
                    Some((changed, _)) if steady && *changed != seen.changed_seq => {
                        let what = format!("has {} as of {changed}, not {}", seen.seq, seen.changed_seq);
                        wrong.push((Rule::Stale, format!("in the end {who} {what}")));
                    }
                    Some(_) => {}
                }
            }
            if steady && has.len() > expected.len() {
                wrong.push((Rule::Ghost, format!("in the end {who} has messages that are not stored")));
            }
        }
    }

    fn check_unread(&self, finale: &Finale, wrong: &mut Findings) {
        for (person, conversation, read_seq, unread_count) in &finale.unread {
            let Some(member) = finale.members.get(&(conversation.clone(), person.clone())) else {
                wrong.push((Rule::Outsider, format!("{person} may look at {conversation}")));
                continue;
            };
            let texts = finale.messages.get(conversation).into_iter().flat_map(BTreeMap::values);
            let texts = texts.filter(|seen| seen.content.is_text);
            let after = texts.filter(|seen| seen.seq > member.read_seq && member.may_see(seen.seq)).count() as i64;
            let expected = if member.left_seq.is_none() { after } else { 0 };
            if *unread_count != expected {
                let what = format!("{person} is told of {unread_count} unread in {conversation}");
                wrong.push((Rule::Unread, format!("{what}; {expected} came after what was read")));
            }
            let key = (conversation.clone(), person.clone());
            let acknowledged = self.reads.get(&key).copied().unwrap_or_default();
            let own = self.last_own(conversation, person);
            if member.left_seq.is_none() && self.is_steady(conversation, person) {
                let least = acknowledged.max(own);
                if member.read_seq < least || *read_seq != member.read_seq {
                    let has = member.read_seq;
                    let what = format!("{person} has read {conversation} to {least}; stored {has}, told {read_seq}");
                    wrong.push((Rule::Unread, what));
                }
            }
            let numbered =
                finale.messages.get(conversation).and_then(|rows| rows.range(..=member.read_seq).next_back());
            let number = numbered.map_or(0, |(_, seen)| seen.content.number);
            if self.is_steady(conversation, person) && number != member.read_number {
                let has = member.read_number;
                wrong.push((Rule::Unread, format!("{person} has read {number} messages of {conversation}, not {has}")));
            }
        }
    }

    fn is_steady(&self, conversation: &str, person: &str) -> bool {
        self.conversations.get(conversation).is_some_and(|known| known.is_steady(person))
    }

    /// One's own messages are read.
    fn last_own(&self, conversation: &str, person: &str) -> i64 {
        let tries = self.conversations.get(conversation).into_iter().flat_map(|known| known.all_tries());
        let own = tries.filter(|((sender, _), _)| sender == person);
        own.filter_map(|(_, tries)| tries.acknowledged.as_ref().map(|(_, seq, _)| *seq)).max().unwrap_or_default()
    }

    fn check_windows(&self, finale: &Finale, wrong: &mut Findings) {
        for (conversation, known) in &self.conversations {
            for (person, shown) in &known.shown {
                for ((seq, changed_seq), words) in shown {
                    let Some(end) = finale.seen_until(conversation, person, *seq, *changed_seq) else {
                        let what = format!("{person} was shown {seq} of {conversation} as of {changed_seq}");
                        wrong.push((Rule::Outsider, format!("{what}, outside every window of theirs")));
                        continue;
                    };
                    let message = known.messages.values().find(|message| message.seq == *seq);
                    let written = message.into_iter().flat_map(|message| &message.edits);
                    let written = written.filter(|(_, body)| body == words).map(|(at, _)| *at).min();
                    if let Some(at) = written.filter(|at| *at > end) {
                        let what = format!("{person}, who left {conversation} at {end}, was shown what {seq}");
                        wrong.push((Rule::Outsider, format!("{what} says since {at}")));
                    }
                }
            }
        }
    }
}

/// Every message has its event, once.
fn check_events(finale: &Finale, wrong: &mut Findings) {
    let texts = finale.messages.values().flat_map(BTreeMap::values).filter(|seen| seen.content.is_text);
    let stored: HashSet<&str> = texts.map(|seen| seen.id.as_str()).collect();
    for id in &stored {
        match finale.sent.get(*id).copied().unwrap_or_default() {
            1 => {}
            count => wrong.push((Rule::Event, format!("the message {id} has {count} events"))),
        }
    }
    let rows: HashSet<&str> =
        finale.messages.values().flat_map(BTreeMap::values).map(|seen| seen.id.as_str()).collect();
    for id in finale.sent.keys().filter(|id| !rows.contains(id.as_str())) {
        wrong.push((Rule::Event, format!("there is an event of {id}, and no such message")));
    }
}
