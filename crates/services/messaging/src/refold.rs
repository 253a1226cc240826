//! Messages and reactions that were stored by other rules than those of now are stored anew: words by which messages are
//! found, and emoji that were kept in several forms.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use village_db::{Pass, transaction};
use village_kernel::every;
use village_kernel::text::{FOLDING, index_words};
use village_live::{Hint, Topic};

use crate::emoji::Emoji;
use crate::store::refold::{self, MessageKey, ReactionKey};
use crate::{Messaging, MessagingError};

const WORDS: Pass = Pass { name: "messaging_words", version: FOLDING };
const REACTIONS: Pass = Pass { name: "messaging_reactions", version: 1 };
const EVERY: Duration = Duration::from_secs(600);
/// Rows read in one batch. SQLite's one writer is held meanwhile.
const BATCH: i64 = 200;

impl Messaging {
    /// Looks now and then, until `stop`, whether a round is due.
    pub async fn refold(self: Arc<Self>, stop: CancellationToken) {
        every(EVERY, stop, || {
            let service = self.clone();
            async move {
                if let Err(error) = service.refold_once().await {
                    tracing::warn!(%error, "messages could not be folded anew; trying again later");
                }
            }
        })
        .await;
    }

    /// Makes the rounds that are due. Returns how many messages and reactions changed.
    pub async fn refold_once(&self) -> Result<u64, MessagingError> {
        Ok(self.refold_words().await? + self.unify_reactions().await?)
    }

    async fn refold_words(&self) -> Result<u64, MessagingError> {
        let mut changed = 0;
        loop {
            let now = self.clock.now();
            let Some(position) = WORDS.due::<MessageKey>(&self.db, now).await? else { return Ok(changed) };
            changed += transaction!(&self.db, |tx| -> Result<u64, MessagingError> {
                let rows = refold::messages(tx, position.after, BATCH).await?;
                let last = rows.last().map(refold::Said::key).filter(|_| rows.len() as i64 == BATCH);
                if !WORDS.moved(tx, &position, last.as_ref(), now).await? {
                    return Ok(0);
                }
                let mut changed = 0;
                for row in &rows {
                    let words = index_words(&row.body);
                    if words != row.words.as_deref().unwrap_or_default() {
                        changed += refold::put(tx, row, &words).await?;
                    }
                }
                Ok(changed)
            })?;
        }
    }

    /// One person's two forms of an emoji become one. Whoever shows the message hears of it as of any reaction.
    async fn unify_reactions(&self) -> Result<u64, MessagingError> {
        let mut changed = 0;
        loop {
            let now = self.clock.now();
            let Some(position) = REACTIONS.due::<ReactionKey>(&self.db, now).await? else { return Ok(changed) };
            changed += transaction!(&self.db, |tx| -> Result<u64, MessagingError> {
                let rows = refold::reactions(tx, position.after.as_ref(), BATCH).await?;
                let last = rows.last().filter(|_| rows.len() as i64 == BATCH);
                if !REACTIONS.moved(tx, &position, last, now).await? {
                    return Ok(0);
                }
                let mut changed = 0;
                for row in &rows {
                    let (conversation, _, emoji, _) = row;
                    let Some(normal) = Emoji::parse(emoji).ok().filter(|normal| normal.as_str() != emoji) else {
                        continue;
                    };
                    if let Some(seq) = refold::rename(tx, row, normal.as_str()).await? {
                        changed += 1;
                        let (live, hint) = (self.live.clone(), Hint::new(Topic::Conversation, *conversation).mark(seq));
                        tx.after_commit(move || live.publish(hint));
                    }
                }
                Ok(changed)
            })?;
        }
    }
}
