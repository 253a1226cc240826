//! The port by which other services ask who takes part and what they have read.

use async_trait::async_trait;
use village_db::Db;
use village_kernel::{ConversationId, UserId};
use village_ports::ConversationAccess;

use crate::{Messaging, store};

/// Who takes part in what: the part of messaging that notifications asks. It needs the database only, so that it
/// can be handed over before the rest, which in turn asks notifications.
#[derive(Clone)]
pub struct Participants {
    db: Db,
}

impl Participants {
    pub fn new(db: Db) -> Self {
        Self { db }
    }
}

impl Messaging {
    pub fn participants(&self) -> Participants {
        Participants::new(self.db.clone())
    }
}

#[async_trait]
impl ConversationAccess for Participants {
    async fn members(&self, conversation: ConversationId) -> village_db::Result<Vec<UserId>> {
        store::members::present(&mut self.db.reader().await?, conversation).await
    }

    async fn has_read(&self, conversation: ConversationId, user: UserId, seq: i64) -> village_db::Result<bool> {
        let window = store::members::window(&mut self.db.reader().await?, conversation, user).await?;
        Ok(window.is_some_and(|window| window.read_seq >= seq))
    }
}
