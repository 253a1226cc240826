//! Whether the process holds the master key that the database was made with. With another one, sessions and invitations
//! are void and signing keys cannot be read, so a start with it is refused before it changes anything.

use village_db::transaction;
use village_kernel::secret::random;

use crate::store::master_key;
use crate::{Auth, AuthError};

impl Auth {
    /// When several processes start at once on an empty database, the first decides which key is right. A database from
    /// before there was this check is judged by its signing keys.
    pub async fn has_right_master_key(&self) -> Result<bool, AuthError> {
        let known = master_key::find(&mut self.db.reader().await?).await?;
        match known {
            Some((salt, tag)) => Ok(self.key_check.verify(&[&salt], &tag)),
            None if self.signing_keys.are_foreign().await? => Ok(false),
            None => self.set_master_key(false).await,
        }
    }

    /// Takes this process's key for the right one from now on: the one before is lost.
    pub async fn adopt_master_key(&self) -> Result<(), AuthError> {
        self.set_master_key(true).await.map(|_| ())
    }

    async fn set_master_key(&self, replaces: bool) -> Result<bool, AuthError> {
        let salt: [u8; 16] = random();
        let tag = self.key_check.mac(&[&salt]);
        let now = self.clock.now();
        transaction!(&self.db, |tx| -> Result<bool, AuthError> {
            if replaces {
                master_key::forget(tx).await?;
            }
            master_key::insert(tx, &salt, &tag, now).await?;
            let known = master_key::find(tx).await?;
            Ok(known.is_some_and(|(salt, tag)| self.key_check.verify(&[&salt], &tag)))
        })
    }
}
