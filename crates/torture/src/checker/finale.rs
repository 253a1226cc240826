//! The end: every view, every answer and the database must agree.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::checker::ops::Op;
use crate::checker::stored::{FinalView, Finale};
use crate::checker::{Checker, Rule, State};
use crate::history::Call;
use crate::seen::Seen;

pub(super) type Findings = Vec<(Rule, String)>;

/// What was asked for, and may have been done.
#[derive(Default)]
struct Wishes<'a> {
    /// By conversation, sender and `client_id`.
    sends: HashMap<(&'a str, &'a str, &'a str), SendWish<'a>>,
    /// By message.
    changes: HashMap<&'a str, ChangeWish<'a>>,
}

#[derive(Default)]
struct SendWish<'a> {
    bodies: HashSet<&'a str>,
    copy_of: Option<(&'a str, &'a str)>,
}

#[derive(Default)]
struct ChangeWish<'a> {
    bodies: HashSet<&'a str>,
    delete: bool,
}

impl<'a> Wishes<'a> {
    fn of(ops: impl Iterator<Item = &'a Op>) -> Self {
        let mut wishes = Self::default();
        for op in ops.filter(|op| op.state != State::Refused) {
            match &op.call {
                Call::Send { conversation, client_id, body, forward_of } => {
                    let wish = wishes.sends.entry((conversation, &op.person, client_id)).or_default();
                    wish.bodies.insert(body);
                    wish.copy_of = forward_of.as_ref().map(|(conversation, id)| (conversation.as_str(), id.as_str()));
                }
                // Acknowledged edits are judged by their order.
                Call::Edit { message, body, .. } if op.state != State::Done => {
                    wishes.changes.entry(message).or_default().bodies.insert(body);
                }
                Call::Delete { message, .. } => wishes.changes.entry(message).or_default().delete = true,
                _ => {}
            }
        }
        wishes
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
        self.counts.events = finale.events.counts();
        self.check_views(&finale, &mut wrong);
        self.check_reactions(&finale, &mut wrong);
        self.check_told(&finale, &mut wrong);
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
        let wishes = Wishes::of(self.ops.values());
        let mut names: HashMap<(&str, &str, &str), &str> = HashMap::new();
        for seen in finale.messages.values().flat_map(BTreeMap::values).filter(|seen| seen.content.is_text) {
            let (conversation, sender, id) =
                (seen.conversation.as_str(), seen.content.sender.as_str(), seen.id.as_str());
            let client_id = finale.client_id(id);
            if let Some(other) = names.insert((conversation, sender, client_id), id) {
                wrong.push((Rule::Duplicate, format!("{client_id} of {sender} is stored as {other} and as {id}")));
            }
            let Some(asked) = wishes.sends.get(&(conversation, sender, client_id)) else {
                let what = format!("{id} of {conversation}: `{}`", seen.content.body);
                wrong.push((Rule::Ghost, format!("{what} was sent by nobody, or refused")));
                continue;
            };
            let changed = wishes.changes.get(id);
            if seen.content.is_deleted {
                if !changed.is_some_and(|changed| changed.delete) {
                    wrong.push((Rule::Ghost, format!("{id} of {conversation} is deleted, and nobody did it")));
                }
                continue;
            }
            let edits = self.conversations.get(conversation).and_then(|known| known.messages.get(id));
            let last = edits.and_then(|known| known.edits.iter().max_by_key(|(changed_seq, _)| *changed_seq));
            let body = &seen.content.body;
            let is_right = match (last, &asked.copy_of) {
                (Some((_, edited)), _) => edited == body,
                (None, Some(source)) => self.has_said(finale, &wishes, source, body),
                (None, None) => asked.bodies.contains(body.as_str()),
            };
            if !is_right && !changed.is_some_and(|changed| changed.bodies.contains(body.as_str())) {
                wrong.push((Rule::Content, format!("{id} of {conversation} is stored as `{body}`")));
            }
            if seen.content.is_forwarded != asked.copy_of.is_some() {
                wrong.push((Rule::Content, format!("{id} of {conversation} is a copy, or is none, against the wish")));
            }
            self.check_mentions(seen, wrong);
        }
    }

    /// Whether a message said this once, or may have.
    fn has_said(&self, finale: &Finale, wishes: &Wishes, (conversation, id): &(&str, &str), body: &str) -> bool {
        let known = self.conversations.get(*conversation).and_then(|known| known.messages.get(*id));
        let was_seen = known.is_some_and(|known| {
            known.contents.values().any(|content| content.body == body)
                || known.edits.iter().any(|(_, edit)| edit == body)
        });
        let may_be = || wishes.changes.get(id).is_some_and(|changed| changed.bodies.contains(body));
        let client_id = finale.client_id(id);
        let mut sends = wishes.sends.iter();
        let mut was_sent = || {
            let is_it = |of: &str, sent_as: &str| of == *conversation && sent_as == client_id;
            sends.any(|((of, _, sent_as), asked)| is_it(of, sent_as) && asked.bodies.contains(body))
        };
        was_seen || may_be() || was_sent()
    }

    /// A message names the members whose handles it has, and nobody else. A copy names nobody.
    fn check_mentions(&self, seen: &Seen, wrong: &mut Findings) {
        let (id, conversation) = (&seen.id, &seen.conversation);
        let words = seen.content.body.split(' ').filter_map(|word| word.strip_prefix('@'));
        let named: HashSet<&String> = words.filter_map(|handle| self.people.get(handle)).collect();
        let is_missing = |person: &str| !seen.content.mentions.iter().any(|mentioned| mentioned == person);
        if !seen.content.is_forwarded {
            let missing = named.iter().find(|person| self.is_steady(conversation, person) && is_missing(person));
            if let Some(person) = missing {
                wrong
                    .push((Rule::Content, format!("{id} of {conversation} names {person}, and does not mention them")));
            }
        }
        let is_right = |person: &String| {
            !seen.content.is_forwarded && named.contains(person) && self.may_know_of(person, conversation)
        };
        if let Some(person) = seen.content.mentions.iter().find(|person| !is_right(person)) {
            wrong.push((Rule::Content, format!("{id} of {conversation} mentions {person}, and must not")));
        }
    }

    fn check_views(&self, finale: &Finale, wrong: &mut Findings) {
        for view in &finale.views {
            let FinalView { client, person, conversation, position, messages, reactions, .. } = view;
            let Some(member) = finale.member(conversation, person) else {
                if !messages.is_empty() {
                    wrong.push((Rule::Outsider, format!("client {client} of {person} has messages of {conversation}")));
                }
                continue;
            };
            let expected: Vec<&Seen> = finale.rows(conversation).filter(|seen| member.may_see(seen.seq)).collect();
            let has: BTreeMap<i64, (i64, &str)> =
                messages.iter().map(|(seq, changed, id)| (*seq, (*changed, id.as_str()))).collect();
            if messages.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
                wrong.push((Rule::Order, format!("client {client} has {conversation} out of order")));
            }
            let steady = self.is_steady(conversation, person);
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
                    Some(_) if steady => {
                        let shown = reactions.get(&seen.seq).map_or("", String::as_str);
                        if !finale.given.end_as(conversation, seen.seq, &self.reader(person), shown) {
                            let given = finale.given.last(conversation, seen.seq, person);
                            let what = format!("has the reactions `{shown}` of {}; there are `{given}`", seen.seq);
                            wrong.push((Rule::Content, format!("in the end {who} {what}")));
                        }
                    }
                    Some(_) => {}
                }
            }
            if steady && has.len() > expected.len() {
                wrong.push((Rule::Ghost, format!("in the end {who} has messages that are not stored")));
            }
        }
    }
}

fn check_events(finale: &Finale, wrong: &mut Findings) {
    let rows = || finale.messages.values().flat_map(BTreeMap::values);
    let texts = rows().filter(|seen| seen.content.is_text).map(|seen| seen.id.as_str()).collect();
    finale.events.check(&texts, &rows().map(|seen| seen.id.as_str()).collect(), wrong);
}
