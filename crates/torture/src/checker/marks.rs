//! Read marks and what is unread: everything that anybody is told of either, and whether it can have been so.
//!
//! A count of what is unread is the count of messages at some moment without the number of the last one that is read, and
//! without those after it that were deleted. The moment lies between the asking and the answer: by then all had been
//! committed that anybody had seen before the first, and nothing that was sent or asked for only after the second.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::checker::finale::Findings;
use crate::checker::outsider::Kind;
use crate::checker::stored::{Finale, Inbox, Member};
use crate::checker::truth::Conversation;
use crate::checker::{Checker, Rule};
use crate::history::Mark;

/// Somebody was told, at a line, how far a person has read.
pub(super) struct Told {
    line: u64,
    conversation: String,
    person: String,
    kind: Kind,
    seq: i64,
    unread: Option<Unread>,
}

enum Unread {
    /// Counted at some moment after this line; `None` when that is as the mark was set.
    Since(Option<u64>, i64),
    /// Counted together with the last seq, by a member with a window from `joined_seq` on.
    At { last_seq: i64, joined_seq: i64, count: i64 },
    /// By somebody who has left: where that was, too.
    Left { last_seq: i64, count: i64 },
}

/// When the messages of a conversation were committed, as far as that is known: by their number, from 1 on.
struct Course {
    /// A count was less than this number until then.
    not_before: Vec<u64>,
    /// And at least this number from then on.
    from: Vec<u64>,
}

impl Course {
    fn of(known: Option<&Conversation>, finale: &Finale, conversation: &str) -> Self {
        let mut course = Self { not_before: Vec::new(), from: Vec::new() };
        let mut invoked = 0;
        for seen in finale.rows(conversation).filter(|seen| seen.content.is_text) {
            let tries = known.and_then(|known| known.tries_of(&seen.content.sender, finale.client_id(&seen.id)));
            invoked = tries.and_then(|tries| tries.first_invoked).unwrap_or_default().max(invoked);
            course.not_before.push(invoked);
            let message = known.and_then(|known| known.messages.get(&seen.id));
            course.from.push(message.map_or(u64::MAX, |message| message.seen_at));
        }
        let mut seen = u64::MAX;
        for from in course.from.iter_mut().rev() {
            seen = seen.min(*from);
            *from = seen;
        }
        course
    }

    /// The least and the greatest count between two lines.
    fn counts(&self, since: u64, until: u64) -> (i64, i64) {
        let least = self.from.partition_point(|from| *from < since);
        let greatest = self.not_before.partition_point(|invoked| *invoked < until);
        (least as i64, greatest as i64)
    }
}

impl Checker {
    /// A person is told of a read mark of their own: in an answer to what was asked at `since`, or in a frame.
    pub(super) fn note_read(&mut self, conversation: &str, person: &str, seq: i64, count: i64, since: Option<u64>) {
        let unread = Some(Unread::Since(since, count));
        self.note_told(conversation, person, Kind::Read, seq, unread);
    }

    pub(super) fn note_mark_of_other(&mut self, conversation: &str, user: &str, kind: Kind, seq: i64) {
        self.note_told(conversation, user, kind, seq, None);
    }

    /// A conversation as a member sees it.
    pub(super) fn note_conversation(&mut self, person: &str, shown: &Value) {
        let number = |key: &str| shown[key].as_i64().unwrap_or(-1);
        let (last_seq, joined_seq, count) = (number("last_seq"), number("joined_seq"), number("unread_count"));
        let unread = match shown["state"] == "left" {
            true => Unread::Left { last_seq, count },
            false => Unread::At { last_seq, joined_seq, count },
        };
        let conversation = shown["id"].as_str().unwrap_or_default();
        self.note_told(conversation, person, Kind::Read, number("read_seq"), Some(unread));
    }

    fn note_told(&mut self, conversation: &str, person: &str, kind: Kind, seq: i64, unread: Option<Unread>) {
        let (line, conversation, person) = (self.line, conversation.to_owned(), person.to_owned());
        self.told.push(Told { line, conversation, person, kind, seq, unread });
    }

    /// Everything that was told on the way.
    pub(super) fn check_told(&self, finale: &Finale, wrong: &mut Findings) {
        let mut courses: BTreeMap<&str, Course> = BTreeMap::new();
        for told in &self.told {
            let Told { line, conversation, person, seq, .. } = told;
            let course = courses
                .entry(conversation)
                .or_insert_with(|| Course::of(self.conversations.get(conversation), finale, conversation));
            let is_steady = self.is_steady(conversation, person);
            if is_steady && !self.is_mark(finale, told) {
                let what = format!("at line {line} {person} has {seq} of {conversation}");
                wrong.push((Rule::Ghost, format!("{what} as {:?}, which nobody set", told.kind)));
                continue;
            }
            let read = finale.number_at(conversation, *seq);
            let (least, greatest, count) = match told.unread {
                Some(Unread::At { last_seq, joined_seq, count }) => {
                    if !is_steady && !finale.is_within(conversation, person, joined_seq, last_seq) {
                        let what = format!("at line {line} {person} was told that {conversation} is at {last_seq}");
                        wrong.push((Rule::Outsider, format!("{what}, which is not in their window from {joined_seq}")));
                    }
                    let deleted = finale.deleted_after(conversation, *seq).filter(|seen| seen.changed_seq <= last_seq);
                    let unread = finale.number_at(conversation, last_seq) - read - deleted.count() as i64;
                    (unread, unread, count)
                }
                Some(Unread::Left { last_seq, count }) => {
                    if !finale.is_end(conversation, person, last_seq) {
                        let what = format!("at line {line} {person}, who has left {conversation}, was told");
                        wrong.push((Rule::Outsider, format!("{what} that it is at {last_seq}")));
                    }
                    (0, 0, count)
                }
                Some(Unread::Since(since, count)) if is_steady => {
                    // A message of one's own is a mark from when it is sent, however often it is set there later: a
                    // frame that tells of it may have been on its way since.
                    let set_at = || self.stirs.set_at(conversation, person, Kind::Read, *seq).filter(|set| set < line);
                    let since =
                        since.or_else(|| if finale.is_own(conversation, person, *seq) { None } else { set_at() });
                    let since = since.unwrap_or_default();
                    let (least, greatest) = course.counts(since, *line);
                    let (surely, perhaps) = self.deleted_between(finale, conversation, *seq, since, *line);
                    ((least - read - perhaps).max(0), greatest - read - surely, count)
                }
                Some(Unread::Since(..)) | None => continue,
            };
            if count < least || count > greatest {
                let what = format!("at line {line} {person} was told of {count} unread in {conversation} after {seq}");
                wrong.push((Rule::Unread, format!("{what}; it can have been {least} to {greatest}")));
            }
        }
    }

    /// How many messages after a read mark were certainly deleted before a line, and may have been before another.
    fn deleted_between(&self, finale: &Finale, conversation: &str, seq: i64, since: u64, until: u64) -> (i64, i64) {
        let known = self.conversations.get(conversation);
        let (mut surely, mut perhaps) = (0, 0);
        for seen in finale.deleted_after(conversation, seq) {
            let message = known.and_then(|known| known.messages.get(&seen.id));
            let seen_at = message.and_then(|message| message.deletion_seen_at);
            let asked_at = message.and_then(|message| message.deletion_asked_at);
            surely += i64::from(seen_at.is_some_and(|seen_at| seen_at < since));
            perhaps += i64::from(asked_at.unwrap_or_default() < until);
        }
        (surely, perhaps)
    }

    /// Whether the person, or the beginning of the conversation, has put a mark there before it was told of.
    fn is_mark(&self, finale: &Finale, told: &Told) -> bool {
        let Told { line, conversation, person, kind, seq, .. } = told;
        if self.stirs.set_at(conversation, person, *kind, *seq).is_some_and(|set| set < *line) {
            return true;
        }
        if finale.number_at(conversation, *seq) == 0 {
            return true;
        }
        finale.is_own(conversation, person, *seq)
    }

    /// What is told in the end: of one conversation, and of all of them, on each device.
    pub(super) fn check_unread(&self, finale: &Finale, wrong: &mut Findings) {
        for (person, mark) in &finale.unread {
            let conversation = &mark.conversation;
            let Some(member) = finale.member(conversation, person) else {
                wrong.push((Rule::Outsider, format!("{person} may look at {conversation}")));
                continue;
            };
            self.check_mark(finale, person, mark, member, wrong);
        }
        for Inbox { client, person, listed, unread_count: sum } in &finale.inboxes {
            let who = format!("client {client} of {person}");
            let expected: BTreeMap<&str, &Member> = finale.inbox_of(person).collect();
            for mark in listed {
                match expected.get(mark.conversation.as_str()) {
                    Some(member) => self.check_mark(finale, person, mark, member, wrong),
                    None => wrong.push((Rule::Outsider, format!("{who} is listed {}", mark.conversation))),
                }
            }
            let is_listed = |id: &str| listed.iter().any(|mark| mark.conversation == id);
            for conversation in expected.keys().filter(|id| !is_listed(id)) {
                wrong.push((Rule::Lost, format!("{who} is not listed {conversation}")));
            }
            let unread: i64 = expected.iter().map(|(id, member)| finale.unread_of(id, member)).sum();
            if unread != *sum {
                wrong.push((Rule::Unread, format!("{who} is told of {sum} unread in all, and has {unread}")));
            }
        }
        for view in &finale.views {
            let (conversation, person) = (&view.conversation, &view.person);
            let Some(member) = finale.member(conversation, person) else { continue };
            if member.left_seq.is_none() && self.is_steady(conversation, person) && view.read_seq != member.read_seq {
                let what = format!("in the end client {} of {person} has read {conversation}", view.client);
                wrong.push((Rule::Unread, format!("{what} to {}, not {}", view.read_seq, member.read_seq)));
            }
        }
    }

    fn check_mark(&self, finale: &Finale, person: &str, mark: &Mark, member: &Member, wrong: &mut Findings) {
        let Mark { conversation, read_seq, unread_count } = mark;
        let expected = finale.unread_of(conversation, member);
        if *unread_count != expected {
            let what = format!("{person} is told of {unread_count} unread in {conversation}");
            wrong.push((Rule::Unread, format!("{what}; {expected} came after what was read")));
        }
        if !self.is_steady(conversation, person) {
            return;
        }
        let acknowledged = self.reads.get(&(conversation.clone(), person.to_owned())).copied().unwrap_or_default();
        let least = acknowledged.max(self.last_own(conversation, person));
        if member.left_seq.is_none() && (member.read_seq < least || *read_seq != member.read_seq) {
            let has = member.read_seq;
            let what = format!("{person} has read {conversation} to {least}; stored {has}, told {read_seq}");
            wrong.push((Rule::Unread, what));
        }
        let number = finale.number_at(conversation, member.read_seq);
        if number != member.read_number {
            let has = member.read_number;
            wrong.push((Rule::Unread, format!("{person} has read {number} messages of {conversation}, not {has}")));
        }
    }

    /// One's own messages are read.
    fn last_own(&self, conversation: &str, person: &str) -> i64 {
        let tries = self.conversations.get(conversation).into_iter().flat_map(|known| known.all_tries());
        let own = tries.filter(|((sender, _), _)| sender == person);
        own.filter_map(|(_, tries)| tries.acknowledged.as_ref().map(|(_, seq, _)| *seq)).max().unwrap_or_default()
    }
}
