//! Shutting a person out, and letting them back in: for `village admin` and later for moderators.

use village_db::transaction;
use village_http::SecurityEvent;
use village_kernel::UserId;

use crate::store::accounts::{self, Status};
use crate::store::{revocations, sessions};
use crate::{Auth, AuthError};

impl Auth {
    /// Ends all sessions of the person, keeps them from logging in, and hides what they wrote. What they
    /// left is in no count from then on. Every node honours it within seconds. Suspending twice changes nothing.
    pub async fn suspend(&self, user: UserId) -> Result<(), AuthError> {
        let now = self.clock.now();
        let ended = transaction!(&self.db, |tx| -> Result<Option<usize>, AuthError> {
            if !accounts::set_status(tx, user, Status::Suspended).await? {
                self.must_exist(tx, user).await?;
                // The version before this one suspended without telling anybody; doing it again makes up for that.
                self.traces.suspended(tx, user).await?;
                return Ok(None);
            }
            self.traces.suspended(tx, user).await?;
            revocations::insert_user(tx, user, now, self.revocation_expiry()).await?;
            let ended = sessions::revoke_all(tx, user, None, now).await?;
            let count = ended.len();
            self.write_revocations(tx, ended, now).await?;
            self.announce_account(tx, user, true);
            Ok(Some(count))
        })?;
        if let Some(count) = ended {
            SecurityEvent::new("account_suspended").user(user).count(count).log();
        }
        Ok(())
    }

    /// Lets the person log in again. The sessions of before stay ended.
    pub async fn unsuspend(&self, user: UserId) -> Result<(), AuthError> {
        let changed = transaction!(&self.db, |tx| -> Result<bool, AuthError> {
            if !accounts::set_status(tx, user, Status::Active).await? {
                return self.must_exist(tx, user).await.map(|()| false);
            }
            revocations::delete_user(tx, user).await?;
            self.announce_account(tx, user, false);
            Ok(true)
        })?;
        if changed {
            SecurityEvent::new("account_reinstated").user(user).log();
        }
        Ok(())
    }

    /// The id of the account with this e-mail address, for commands that name people so.
    pub async fn user_by_email(&self, email: &str) -> Result<UserId, AuthError> {
        let email = crate::email::Email::parse(email)?;
        let account = accounts::by_email(&mut self.db.reader().await?, &email).await?;
        account.map(|account| account.user_id).ok_or(AuthError::NotFound)
    }

    async fn must_exist(&self, tx: &mut village_db::Tx, user: UserId) -> Result<(), AuthError> {
        accounts::by_id(tx, user).await?.map(|_| ()).ok_or(AuthError::NotFound)
    }
}
