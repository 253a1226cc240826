//! The ports by which other services ask who is to hear of a message, and say who has left a channel.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use village_db::{Db, IdList, Tx};
use village_kernel::{Clock, ConversationId, UserId};
use village_live::SharedLive;
use village_ports::{Attention, ConversationAccess, SentMessage, StandingMessages};

use crate::Messaging;
use crate::store::attention::Listener;
use crate::store::{attention, windows};

/// Messages of one sender that are read to find out whether what was told of them still stands.
const STANDING_MAX: i64 = 500;

/// The part of messaging that other services ask. It needs no other service, so that it can be handed over before the
/// rest, which in turn asks them.
#[derive(Clone)]
pub struct Participants {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) live: SharedLive,
}

impl Participants {
    pub fn new(db: Db, clock: Arc<dyn Clock>, live: SharedLive) -> Self {
        Self { db, clock, live }
    }
}

impl Messaging {
    pub fn participants(&self) -> Participants {
        Participants::new(self.db.clone(), self.clock.clone(), self.live.clone())
    }
}

#[async_trait]
impl ConversationAccess for Participants {
    async fn to_notify(&self, messages: &[SentMessage]) -> village_db::Result<Vec<Vec<(UserId, Attention)>>> {
        let conversations: HashSet<ConversationId> = messages.iter().map(|message| message.conversation).collect();
        let conversations: IdList = conversations.into_iter().collect();
        let ids: IdList = messages.iter().map(|message| message.message).collect();
        let mut reader = self.db.reader().await?;
        let mentioned = attention::mentioned(&mut reader, &conversations, &ids).await?;
        let mut listeners: HashMap<ConversationId, Vec<Listener>> = HashMap::new();
        for listener in attention::listeners(&mut reader, &conversations).await? {
            listeners.entry(listener.conversation_id).or_default().push(listener);
        }
        drop(reader);
        let now = self.clock.now();
        let people = |sent: &SentMessage| {
            let Some(mentioned) = mentioned.get(&sent.message) else { return Vec::new() };
            let listeners = listeners.get(&sent.conversation).into_iter().flatten();
            listeners
                .filter(|listener| listener.user_id != sent.sender && listener.joined_seq <= sent.seq)
                .map(|listener| (listener.user_id, listener.attention(sent.seq, mentioned, now)))
                .collect()
        };
        Ok(messages.iter().map(people).collect())
    }

    async fn mentioned_among(
        &self,
        tx: &mut Tx,
        message: &SentMessage,
        people: &[UserId],
    ) -> village_db::Result<Option<Vec<UserId>>> {
        let conversation = [message.conversation].into_iter().collect();
        let messages = [message.message].into_iter().collect();
        let mentioned = attention::mentioned(tx, &conversation, &messages).await?.remove(&message.message);
        Ok(mentioned.map(|mentioned| mentioned.into_iter().filter(|person| people.contains(person)).collect()))
    }

    async fn standing(
        &self,
        tx: &mut Tx,
        conversation: ConversationId,
        sender: UserId,
        since_seq: i64,
        people: &[UserId],
    ) -> village_db::Result<StandingMessages> {
        let mut messages = attention::standing(tx, conversation, sender, since_seq, STANDING_MAX + 1).await?;
        let is_cut = messages.len() as i64 > STANDING_MAX;
        messages.truncate(STANDING_MAX as usize);
        let only_mentions = attention::only_mentions_among(tx, conversation, people).await?;
        Ok(StandingMessages { messages, is_cut, only_mentions })
    }

    async fn members(&self, conversation: ConversationId) -> village_db::Result<Vec<UserId>> {
        attention::members(&mut self.db.reader().await?, conversation).await
    }

    async fn taking_part(
        &self,
        pairs: &[(UserId, ConversationId)],
    ) -> village_db::Result<Vec<(UserId, ConversationId, i64)>> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        attention::taking_part(&mut self.db.reader().await?, pairs).await
    }

    async fn have_read(
        &self,
        tx: &mut Tx,
        conversation: ConversationId,
        seq: i64,
        people: &[UserId],
    ) -> village_db::Result<Vec<UserId>> {
        attention::have_read(tx, conversation, seq, people).await
    }

    async fn has_unread(&self, tx: &mut Tx, conversation: ConversationId, user: UserId) -> village_db::Result<bool> {
        Ok(windows::find(tx, conversation, user).await?.is_some_and(|window| window.unread_count > 0))
    }
}
