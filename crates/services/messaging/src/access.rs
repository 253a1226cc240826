//! The ports by which other services ask who is to hear of a message, and say who has left a channel.

use std::sync::Arc;

use async_trait::async_trait;
use village_db::{Db, Tx};
use village_kernel::{Clock, ConversationId, UserId};
use village_live::SharedLive;
use village_ports::{Attention, ConversationAccess};

use crate::store::{attention, members};
use crate::{MemberState, Messaging, NotifyLevel};

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
    async fn to_notify(
        &self,
        conversation: ConversationId,
        seq: i64,
        sender: UserId,
    ) -> village_db::Result<Vec<(UserId, Attention)>> {
        let mut reader = self.db.reader().await?;
        let Some(mentioned) = attention::mentioned(&mut reader, conversation, seq).await? else {
            return Ok(Vec::new());
        };
        let rows = attention::listeners(&mut reader, conversation, seq, sender).await?;
        let now = self.clock.now();
        let attention = |row: &attention::Listener| match (row.state, row.notify) {
            (MemberState::Requested | MemberState::Declined, _) => Attention::Request,
            _ if row.read_seq >= seq => Attention::AlreadyRead,
            (MemberState::Active, NotifyLevel::None) => Attention::Muted,
            _ if row.muted_until.is_some_and(|until| until > now) => Attention::Muted,
            (MemberState::Active, NotifyLevel::Mentions) if !mentioned.contains(&row.user_id) => {
                Attention::OnlyMentions
            }
            (MemberState::Active, NotifyLevel::All | NotifyLevel::Mentions) => Attention::Wanted,
        };
        Ok(rows.iter().map(|row| (row.user_id, attention(row))).collect())
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
        Ok(members::window(tx, conversation, user).await?.is_some_and(|window| window.unread_count > 0))
    }
}
