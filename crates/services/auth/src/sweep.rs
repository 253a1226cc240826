//! What runs beside the requests of a process that has the auth role.

use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use village_db::transaction;

use crate::store::{invitations, keys, resets, revocations, sessions};
use crate::{Auth, AuthError};

const EVERY: Duration = Duration::from_secs(60);

/// Rows of each kind deleted at a time; on SQLite the one writer is held meanwhile.
const AT_ONCE: i64 = 500;

/// Ended things stay a day, for whoever looks into what happened.
const KEPT: Duration = Duration::from_secs(24 * 3600);

impl Auth {
    /// Sweeps and forgets until `stop`. Several processes may do so at the same time.
    pub async fn run(&self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            self.throttles.forget_idle();
            if let Err(error) = self.sweep().await {
                tracing::warn!(%error, "expired rows could not be swept");
            }
            // Makes the next signing key when it is due, even when nobody logs in.
            if let Err(error) = self.signing_keys.published().await {
                tracing::warn!(%error, "the signing keys could not be read");
            }
        }
    }

    /// Deletes what has expired, some hundred rows of each kind. Returns how many.
    pub async fn sweep(&self) -> Result<u64, AuthError> {
        let now = self.clock.now();
        let before = now.minus(KEPT);
        transaction!(&self.db, |tx| -> Result<u64, AuthError> {
            let mut swept = revocations::delete_expired(tx, before, AT_ONCE).await?;
            swept += resets::delete_expired(tx, before, AT_ONCE).await?;
            swept += invitations::delete_expired(tx, before, AT_ONCE).await?;
            swept += sessions::delete_ended(tx, before, AT_ONCE).await?;
            swept += keys::delete_retired_before(tx, before).await?;
            Ok(swept)
        })
    }
}
