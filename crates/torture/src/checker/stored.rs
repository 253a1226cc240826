//! What the end of a history holds: the database, the last views, and what was said over REST.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::checker::events::Events;
use crate::checker::reactions::Given;
use crate::history::{Event, Mark, Stored};
use crate::seen::{Content, Seen};

#[derive(Default)]
pub(super) struct Finale {
    pub settled: bool,
    pub views: Vec<FinalView>,
    pub unread: Vec<(String, Mark)>,
    pub inboxes: Vec<Inbox>,
    /// Last seq and count of messages.
    pub conversations: BTreeMap<String, (i64, i64)>,
    pub messages: BTreeMap<String, BTreeMap<i64, Seen>>,
    pub changes: HashMap<String, Vec<i64>>,
    pub given: Given,
    pub events: Events,
    members: BTreeMap<(String, String), Member>,
    /// Every window a person ever had, by its beginning.
    windows: HashMap<(String, String), BTreeMap<i64, BTreeSet<i64>>>,
    /// By id.
    client_ids: HashMap<String, String>,
}

pub(super) struct FinalView {
    pub client: u32,
    pub person: String,
    pub conversation: String,
    pub position: i64,
    pub read_seq: i64,
    pub messages: Vec<(i64, i64, String)>,
    pub reactions: BTreeMap<i64, String>,
}

pub(super) struct Inbox {
    pub client: u32,
    pub person: String,
    pub listed: Vec<Mark>,
    pub unread_count: i64,
}

#[derive(Clone, Copy)]
pub(super) struct Member {
    pub joined_seq: i64,
    pub left_seq: Option<i64>,
    pub read_seq: i64,
    pub read_number: i64,
    pub is_active: bool,
}

impl Member {
    pub fn may_see(self, seq: i64) -> bool {
        seq >= self.joined_seq && self.left_seq.is_none_or(|left| seq <= left)
    }
}

impl Finale {
    pub fn view(&mut self, event: &Event) {
        if let Event::View { client, person, conversation, position, read_seq, messages, reactions } = event {
            self.views.push(FinalView {
                client: *client,
                person: person.clone(),
                conversation: conversation.clone(),
                position: *position,
                read_seq: *read_seq,
                messages: messages.clone(),
                reactions: reactions.iter().cloned().collect(),
            });
        }
    }

    pub fn inbox(&mut self, client: u32, person: &str, listed: &[Mark], unread_count: i64) {
        let (person, listed) = (person.to_owned(), listed.to_vec());
        self.inboxes.push(Inbox { client, person, listed, unread_count });
    }

    pub fn unread(&mut self, person: &str, mark: Mark) {
        self.unread.push((person.to_owned(), mark));
    }

    pub fn store(&mut self, row: &Stored) {
        match row.clone() {
            Stored::Conversation { conversation, last_seq, message_count } => {
                self.conversations.insert(conversation, (last_seq, message_count));
            }
            Stored::Member { conversation, person, joined_seq, left_seq, read_seq, read_number, is_active } => {
                let member = Member { joined_seq, left_seq, read_seq, read_number, is_active };
                self.members.insert((conversation, person), member);
            }
            Stored::Message {
                conversation,
                seq,
                changed_seq,
                id,
                number,
                is_text,
                person: sender,
                client_id,
                body,
                is_deleted,
                is_forwarded,
                is_pinned,
                mut mentions,
            } => {
                mentions.sort_unstable();
                self.client_ids.insert(id.clone(), client_id);
                let content = Content { number, sender, body, is_text, is_deleted, is_forwarded, is_pinned, mentions };
                let rows = self.messages.entry(conversation.clone()).or_default();
                rows.insert(seq, Seen { id, conversation, seq, changed_seq, content, reactions: String::new() });
            }
            Stored::Reaction { conversation, seq, changed_seq, emoji, person, on } => {
                self.given.note((conversation, seq), changed_seq, &emoji, &person, on);
            }
            Stored::Change { conversation, changed_seq, .. } => {
                self.changes.entry(conversation).or_default().push(changed_seq);
            }
            Stored::Window { conversation, person, joined_seq, left_seq } => {
                let ends = self.windows.entry((conversation, person)).or_default().entry(joined_seq).or_default();
                ends.insert(left_seq.unwrap_or(i64::MAX));
            }
            Stored::Sent { event, message } => self.events.sent(&event, &message),
            Stored::Queued { event, subscriber } => self.events.queued(&event, &subscriber),
            Stored::Waiting { event, place } => self.events.waiting(&event, place),
        }
    }

    pub fn last_seq(&self, conversation: &str) -> Option<i64> {
        self.conversations.get(conversation).map(|(last_seq, _)| *last_seq)
    }

    pub fn rows(&self, conversation: &str) -> impl Iterator<Item = &Seen> {
        self.messages.get(conversation).into_iter().flat_map(BTreeMap::values)
    }

    pub fn row(&self, conversation: &str, seq: i64) -> Option<&Seen> {
        self.messages.get(conversation)?.get(&seq)
    }

    pub fn client_id(&self, message: &str) -> &str {
        self.client_ids.get(message).map_or("", String::as_str)
    }

    /// How many messages there are up to a seq.
    pub fn number_at(&self, conversation: &str, seq: i64) -> i64 {
        let rows = self.messages.get(conversation);
        rows.and_then(|rows| rows.range(..=seq).next_back()).map_or(0, |(_, seen)| seen.content.number)
    }

    pub fn member(&self, conversation: &str, person: &str) -> Option<&Member> {
        self.members.get(&(conversation.to_owned(), person.to_owned()))
    }

    /// Whether the change was a message of this person's.
    pub fn is_own(&self, conversation: &str, person: &str, seq: i64) -> bool {
        self.row(conversation, seq).is_some_and(|seen| seen.content.is_text && seen.content.sender == person)
    }

    /// Messages after a read mark that are deleted. The change that such a row was left by is its deletion.
    pub fn deleted_after(&self, conversation: &str, read_seq: i64) -> impl Iterator<Item = &Seen> {
        self.rows(conversation).filter(move |seen| seen.content.is_deleted && seen.seq > read_seq)
    }

    /// What a member has not read: what was deleted nobody has to read.
    pub fn unread_of(&self, conversation: &str, member: &Member) -> i64 {
        if member.left_seq.is_some() {
            return 0;
        }
        let texts = self.rows(conversation).filter(|seen| seen.content.is_text && !seen.content.is_deleted);
        texts.filter(|seen| seen.seq > member.read_seq && member.may_see(seen.seq)).count() as i64
    }

    /// The conversations in which somebody takes part.
    pub fn inbox_of(&self, person: &str) -> impl Iterator<Item = (&str, &Member)> {
        let own = self.members.iter().filter(move |((_, who), _)| who == person);
        let own = own.filter(|(_, member)| member.left_seq.is_none() && member.is_active);
        own.map(|((conversation, _), member)| (conversation.as_str(), member))
    }

    /// The windows of a person, each with its end, which is never reached while it is open.
    fn windows(&self, conversation: &str, person: &str) -> impl Iterator<Item = (i64, i64)> {
        let key = (conversation.to_owned(), person.to_owned());
        let now = self.members.get(&key).copied();
        self.windows.get(&key).into_iter().flatten().map(move |(joined, ends)| {
            // A window is open until it is closed; the end that stands is the one it was closed with.
            let is_open = now.is_some_and(|now| now.joined_seq == *joined && now.left_seq.is_none());
            let closed = ends.iter().rfind(|end| **end != i64::MAX).copied();
            (*joined, if is_open { i64::MAX } else { closed.unwrap_or(i64::MAX) })
        })
    }

    /// Where the window ended through which a person saw a message in the state of this change; `None` when no window
    /// of theirs ever showed it.
    pub fn seen_until(&self, conversation: &str, person: &str, seq: i64, changed_seq: i64) -> Option<i64> {
        let windows = self.windows(conversation, person);
        windows.filter(|(joined, end)| seq >= *joined && changed_seq <= *end).map(|(_, end)| end).max()
    }

    /// Whether a conversation can have been at `last_seq` while the window that began at `joined_seq` was open.
    pub fn is_within(&self, conversation: &str, person: &str, joined_seq: i64, last_seq: i64) -> bool {
        self.windows(conversation, person).any(|(joined, end)| joined == joined_seq && last_seq <= end)
    }

    pub fn is_end(&self, conversation: &str, person: &str, seq: i64) -> bool {
        self.windows(conversation, person).any(|(_, end)| end == seq)
    }

    pub fn last_end(&self, conversation: &str, person: &str) -> Option<i64> {
        self.windows(conversation, person).map(|(_, end)| end).max()
    }
}
