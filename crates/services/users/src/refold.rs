//! People whose names were folded by other rules than those of now are folded anew.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use village_db::{Pass, Result, transaction};
use village_kernel::text::FOLDING;
use village_kernel::{UserId, every};

use crate::Users;
use crate::look::{self, Look};
use crate::name::search_text;
use crate::store::{looks, refold};

const PASS: Pass = Pass { name: "users_names", version: FOLDING };
const EVERY: Duration = Duration::from_secs(600);
/// Rows read in one batch; few of them change. SQLite's one writer is held meanwhile.
const BATCH: i64 = 200;

impl Users {
    /// Looks now and then, until `stop`, whether a round is due.
    pub async fn refold(self: Arc<Self>, stop: CancellationToken) {
        every(EVERY, stop, || {
            let service = self.clone();
            async move {
                if let Err(error) = service.refold_once().await {
                    tracing::warn!(%error, "names could not be folded anew; trying again later");
                }
            }
        })
        .await;
    }

    /// Makes the round that is due. Returns how many people changed.
    pub async fn refold_once(&self) -> Result<u64> {
        let mut changed = 0;
        loop {
            let now = self.clock.now();
            let Some(position) = PASS.due::<UserId>(&self.db, now).await? else { return Ok(changed) };
            changed += transaction!(&self.db, |tx| -> Result<u64> {
                let rows = refold::people(tx, position.after, BATCH).await?;
                let last = rows.last().map(|row| row.user_id).filter(|_| rows.len() as i64 == BATCH);
                if !PASS.moved(tx, &position, last.as_ref(), now).await? {
                    return Ok(0);
                }
                let people: Vec<UserId> = rows.iter().map(|row| row.user_id).collect();
                let mut known: HashMap<UserId, Vec<Look>> = HashMap::new();
                for (user, look, spelling) in looks::of(tx, &people).await? {
                    known.entry(user).or_default().push(Look { look, spelling });
                }
                let mut changed = 0;
                for row in &rows {
                    let words = search_text(&row.handle, &row.display_name);
                    let mut expected = look::looks(&row.handle, &row.display_name);
                    expected.sort();
                    let is_known = known.get(&row.user_id).is_some_and(|looks| *looks == expected);
                    if (words != row.search_text || !is_known) && refold::put(tx, row, &words).await? == 1 {
                        // A person who bears a misleading name already keeps it.
                        looks::put(tx, row.user_id, &expected).await?;
                        changed += 1;
                    }
                }
                Ok(changed)
            })?;
        }
    }
}
