//! Messages: many at once, since people who talk send one after the other.
//!
//! Whoever has been told lately that somebody writes in a conversation, and has not looked yet, is told nothing new by
//! the next message. It goes into the ledger, or in a large conversation not even there: rewriting an item of each
//! member with every message would make talking in a group of 1,000 cost as much as 1,000 conversations. How many are
//! unread, the conversation itself counts.

use std::collections::{HashMap, HashSet};

use village_db::transaction;
use village_kernel::{ConversationId, Instant, UserId};
use village_ports::{Attention, NotificationFeed as _, SentMessage};

use super::Occurrence;
use super::audience::Audience;
use crate::store::decisions::{self, Covered};
use crate::store::items::{self, NAMED, OpenItem};
use crate::store::marks;
use crate::{Kind, Notifications, Outcome};

/// An unread item is renewed by another message after this, so that its time and its place in the list are about right.
const RENEWED_AFTER_SECS: i64 = 60;

/// In conversations of more people than this the ledger has no line for messages that say nothing new.
const SMALL_CONVERSATION: usize = 8;

/// The unread items of a batch's conversations, and what was told since they were read from the database.
#[derive(Default)]
struct Open {
    items: HashMap<ConversationId, HashMap<UserId, Vec<OpenItem>>>,
    /// By conversation and sender.
    told: HashMap<(ConversationId, UserId), HashSet<UserId>>,
}

impl Open {
    /// Those who have no unread item that says all that the occurrence would, and those who have. In a large conversation
    /// an item that names as many people as it can says enough.
    fn split(
        &self,
        people: &[(UserId, Attention)],
        message: &SentMessage,
        at: Instant,
    ) -> (Vec<(UserId, Attention)>, Vec<UserId>) {
        let is_large = people.len() > SMALL_CONVERSATION;
        let items = self.items.get(&message.conversation);
        let told = self.told.get(&(message.conversation, message.sender));
        let says = |person: &UserId| {
            told.is_some_and(|told| told.contains(person))
                || items.and_then(|items| items.get(person)).into_iter().flatten().any(|item| {
                    item.updated_at > at.plus_secs(-RENEWED_AFTER_SECS)
                        && (item.actor_id == Some(message.sender) || is_large && item.actor_count >= NAMED)
                })
        };
        let (mut to_tell, mut know) = (Vec::new(), Vec::new());
        for person in people {
            match person.1 == Attention::Wanted && says(&person.0) {
                true => know.push(person.0),
                false => to_tell.push(*person),
            }
        }
        (to_tell, know)
    }
}

impl Notifications {
    /// Takes messages to the others in their conversations. Whoever writes has read what was there before.
    pub async fn tell_of_messages(&self, occurrences: &[Occurrence]) -> village_db::Result<()> {
        let messages: Vec<(&Occurrence, SentMessage)> =
            occurrences.iter().filter_map(|occurrence| Some((occurrence, occurrence.message()?))).collect();
        let asked: Vec<SentMessage> = messages.iter().map(|(_, message)| *message).collect();
        let listeners = self.deps.conversations.to_notify(&asked).await?;
        let mut open = Open { items: self.open_items(&asked, &listeners).await?, ..Open::default() };
        let mut covered = Vec::new();
        for ((occurrence, message), people) in messages.iter().zip(&listeners) {
            let (to_tell, know) = open.split(people, message, occurrence.at);
            for audience in Audience::chunks(&to_tell) {
                self.tell_chunk(occurrence, &audience).await?;
            }
            if !to_tell.is_empty() {
                let told = open.told.entry((message.conversation, message.sender)).or_default();
                told.extend(to_tell.iter().map(|(person, _)| *person));
            }
            if people.len() <= SMALL_CONVERSATION {
                covered.extend(know.into_iter().map(|user_id| Covered { user_id, event_id: occurrence.event_id }));
            }
        }
        self.note_covered(&covered).await?;
        let senders: HashSet<(UserId, ConversationId)> =
            asked.iter().map(|message| (message.sender, message.conversation)).collect();
        for (sender, conversation) in senders {
            if open.items.get(&conversation).is_some_and(|items| items.contains_key(&sender)) {
                self.sender_has_read(conversation, sender).await?;
            }
        }
        Ok(())
    }

    /// Of everybody in the conversations, those who write included.
    async fn open_items(
        &self,
        messages: &[SentMessage],
        listeners: &[Vec<(UserId, Attention)>],
    ) -> village_db::Result<HashMap<ConversationId, HashMap<UserId, Vec<OpenItem>>>> {
        let senders: HashSet<UserId> = messages.iter().map(|message| message.sender).collect();
        let mut people: HashSet<UserId> = listeners.iter().flatten().map(|(person, _)| *person).collect();
        people.extend(&senders);
        let conversations: HashSet<ConversationId> = messages.iter().map(|message| message.conversation).collect();
        let (people, senders, conversations) =
            (people.into_iter().collect(), senders.into_iter().collect(), conversations.into_iter().collect());
        let mut reader = self.deps.db.reader().await?;
        let rows = items::open_of_conversations(&mut reader, &people, &conversations, &senders).await?;
        let mut items: HashMap<_, HashMap<UserId, Vec<OpenItem>>> = HashMap::new();
        for item in rows {
            items.entry(item.subject_id).or_default().entry(item.user_id).or_default().push(item);
        }
        Ok(items)
    }

    async fn note_covered(&self, covered: &[Covered]) -> village_db::Result<()> {
        if covered.is_empty() {
            return Ok(());
        }
        let now = self.deps.clock.now();
        let new = transaction!(&self.deps.db, |tx| -> village_db::Result<u64> {
            decisions::insert_covered(tx, covered, now).await
        })?;
        super::deliver::count(Kind::MessageSent, Outcome::Collapsed, new as usize);
        Ok(())
    }

    async fn sender_has_read(&self, conversation: ConversationId, sender: UserId) -> village_db::Result<()> {
        transaction!(&self.deps.db, |tx| -> village_db::Result<()> {
            marks::lock(tx, &[sender]).await?;
            match self.deps.conversations.has_unread(tx, conversation, sender).await? {
                true => Ok(()),
                false => self.conversation_read(tx, sender, conversation).await,
            }
        })
    }
}
