//! What is known of a conversation, from whoever saw it: it must all fit together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::checker::Rule;
use crate::checker::outsider::Door;
use crate::seen::{Content, Seen};

#[derive(Default)]
pub(super) struct Conversation {
    /// Members from its first moment.
    pub founders: BTreeSet<String>,
    /// Whoever was ever asked in; nobody else may be shown anything.
    pub invited: BTreeSet<String>,
    /// Those whom somebody tried to add or to remove: what they see depends on when.
    pub churned: BTreeSet<String>,
    /// Created seq → id, changed seq → id.
    by_seq: BTreeMap<i64, String>,
    pub by_change: BTreeMap<i64, String>,
    pub messages: HashMap<String, Known>,
    /// Sender and `client_id` → id.
    names: HashMap<(String, String), String>,
    tries: HashMap<(String, String), Tries>,
    /// Acknowledged sends by seq: the lines of their invocation and their acknowledgement.
    pub acknowledged: BTreeMap<i64, (u64, u64)>,
    /// What was shown to those who came or went: created and changed seq, and the words.
    pub shown: HashMap<String, BTreeMap<(i64, i64), String>>,
    /// The furthest mark, of whomever, that those who came or went were told of.
    pub heard: HashMap<String, i64>,
    /// The furthest that a heartbeat named.
    pub announced: i64,
    doors: HashMap<String, Door>,
}

/// What became of one `client_id`, however often it was sent.
#[derive(Default)]
pub(super) struct Tries {
    pub count: u32,
    pub first_invoked: Option<u64>,
    /// Id and seq, and the line of the first acknowledgement.
    pub acknowledged: Option<(String, i64, u64)>,
}

impl Tries {
    pub fn invoked_at(&mut self, line: u64) {
        self.count += 1;
        self.first_invoked.get_or_insert(line);
    }

    pub fn acknowledged(&mut self, seen: &Seen, line: u64) {
        self.acknowledged.get_or_insert_with(|| (seen.id.clone(), seen.seq, line));
    }
}

pub(super) struct Known {
    pub seq: i64,
    /// The line at which anybody first saw it: it was committed before.
    pub seen_at: u64,
    /// The newest change that anybody has seen.
    pub latest: i64,
    /// By changed seq.
    pub contents: BTreeMap<i64, Content>,
    /// Changes of it that were asked for and have no certain answer: it may be newer than anybody has seen.
    pub pending: u32,
    /// Acknowledged edits: changed seq and body.
    pub edits: Vec<(i64, String)>,
    pub deleted: bool,
    /// The lines at which somebody first wanted it deleted, and at which anybody first saw that it is.
    pub deletion_asked_at: Option<u64>,
    pub deletion_seen_at: Option<u64>,
    /// Which reactions were shown, at which change and to whom; with the line at which they first were.
    pub reactions: HashMap<(i64, String, String), u64>,
}

impl Conversation {
    pub fn tries(&mut self, person: &str, client_id: &str) -> &mut Tries {
        self.tries.entry((person.to_owned(), client_id.to_owned())).or_default()
    }

    pub fn door(&mut self, person: &str) -> &mut Door {
        self.doors.entry(person.to_owned()).or_default()
    }

    /// Since when the person has certainly taken no part any more.
    pub fn out_since(&self, person: &str) -> Option<u64> {
        self.doors.get(person)?.out_since()
    }

    pub fn tries_of(&self, person: &str, client_id: &str) -> Option<&Tries> {
        self.tries.get(&(person.to_owned(), client_id.to_owned()))
    }

    pub fn all_tries(&self) -> impl Iterator<Item = (&(String, String), &Tries)> {
        self.tries.iter()
    }

    /// Notes that a `client_id` is this message. The other one, if it was one already.
    pub fn name(&mut self, sender: &str, client_id: &str, id: &str) -> Option<String> {
        let known = self.names.entry((sender.to_owned(), client_id.to_owned())).or_insert_with(|| id.to_owned());
        (known != id).then(|| known.clone())
    }

    /// Where it stands, in which it must agree with everybody.
    pub fn place(&mut self, seen: &Seen) -> Vec<(Rule, String)> {
        let mut wrong = Vec::new();
        let known = self.by_seq.entry(seen.seq).or_insert_with(|| seen.id.clone());
        if *known != seen.id {
            let what = format!("seq {} of {} is {known} and {}", seen.seq, seen.conversation, seen.id);
            wrong.push((Rule::Order, what));
        }
        if let Some(message) = self.messages.get(&seen.id).filter(|message| message.seq != seen.seq) {
            wrong.push((Rule::Order, format!("{} has the seqs {} and {}", seen.id, message.seq, seen.seq)));
        }
        wrong
    }

    /// True when it says something new; and everything in which it contradicts what is known.
    pub fn learn(&mut self, seen: &Seen, line: u64) -> (bool, Vec<(Rule, String)>) {
        let mut wrong = self.place(seen);
        let where_ = &seen.conversation;
        let changed = self.by_change.entry(seen.changed_seq).or_insert_with(|| seen.id.clone());
        if *changed != seen.id {
            let what = format!("change {} of {where_} is of {changed} and of {}", seen.changed_seq, seen.id);
            wrong.push((Rule::Order, what));
        }
        let mut is_news = false;
        let message = self.messages.entry(seen.id.clone()).or_insert_with(|| {
            is_news = true;
            Known {
                seq: seen.seq,
                seen_at: line,
                latest: seen.changed_seq,
                contents: BTreeMap::new(),
                pending: 0,
                edits: Vec::new(),
                deleted: false,
                deletion_asked_at: None,
                deletion_seen_at: None,
                reactions: HashMap::new(),
            }
        });
        if seen.content.is_deleted {
            message.deletion_seen_at.get_or_insert(line);
        }
        if seen.changed_seq > message.latest {
            message.latest = seen.changed_seq;
            is_news = true;
        }
        let content = message.contents.entry(seen.changed_seq).or_insert_with(|| seen.content.clone());
        if *content != seen.content {
            let what = format!("{} at {} is {content:?} and {:?}", seen.id, seen.changed_seq, seen.content);
            wrong.push((Rule::Content, what));
        }
        if let Some(client_id) = seen.content.token()
            && let Some(other) = self.name(&seen.content.sender, client_id, &seen.id)
        {
            wrong.push((Rule::Duplicate, format!("{client_id} is {other} and {}", seen.id)));
        }
        if is_news {
            wrong.extend(self.check_number(seen));
        }
        (is_news, wrong)
    }

    /// Numbers rise with seqs, and only messages that people wrote have one of their own.
    fn check_number(&self, seen: &Seen) -> Option<(Rule, String)> {
        let content_of = |id: &String| self.messages.get(id).and_then(|known| known.contents.values().next());
        let before = self.by_seq.range(..seen.seq).next_back().and_then(|(_, id)| content_of(id));
        let after = self.by_seq.range(seen.seq + 1..).next().and_then(|(_, id)| content_of(id));
        let number = seen.content.number;
        let rises = |lower: i64, higher: i64, is_text: bool| if is_text { lower < higher } else { lower <= higher };
        let fits = before.is_none_or(|before| rises(before.number, number, seen.content.is_text))
            && after.is_none_or(|after| rises(number, after.number, after.is_text));
        (!fits).then(|| {
            let what = format!("message {} of {} has number {number}", seen.seq, seen.conversation);
            (Rule::Order, format!("{what}, which does not fit its neighbours"))
        })
    }

    /// Whether what this person sees does not depend on when they came or went.
    pub fn is_steady(&self, person: &str) -> bool {
        self.founders.contains(person) && !self.churned.contains(person)
    }
}
