//! The keys that sign access tokens: rows that every auth process shares, encrypted under the master key.
//!
//! A key is replaced at a certain age. Its successor is published first and signs only once every verifier has had
//! time to learn of it; the old one stays published until nothing signed with it can be valid.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use jsonwebtoken::EncodingKey;
use tokio::sync::Mutex;
use village_db::{Db, transaction};
use village_kernel::secret::{DerivedKey, MasterKey, random};
use village_kernel::{Clock, Instant, SigningKeyId, Viewer};

use crate::store::keys::{self, KeyRow};
use crate::{AuthError, AuthSettings, access_token};

/// How old the keys in memory may be; much shorter than the time a new key is published before it signs.
const FRESH: Duration = Duration::from_secs(300);

pub(crate) struct SigningKeys {
    db: Db,
    clock: Arc<dyn Clock>,
    secret: DerivedKey,
    issuer: String,
    token_ttl: Duration,
    rotation: Duration,
    grace: Duration,
    loaded: RwLock<Arc<Loaded>>,
    refreshing: Mutex<()>,
}

#[derive(Default)]
struct Loaded {
    at: Instant,
    /// By number, oldest first.
    keys: Vec<SigningKey>,
}

struct SigningKey {
    row: KeyRow,
    /// Absent when it was encrypted under another master key.
    private: Option<EncodingKey>,
}

impl SigningKeys {
    pub fn new(db: Db, clock: Arc<dyn Clock>, master_key: &MasterKey, settings: &AuthSettings) -> Self {
        Self {
            db,
            clock,
            secret: master_key.derive("auth signing keys"),
            issuer: settings.public_url.clone(),
            token_ttl: settings.access_token_ttl,
            rotation: settings.key_rotation,
            grace: settings.key_grace,
            loaded: RwLock::default(),
            refreshing: Mutex::default(),
        }
    }

    /// An access token for `viewer`.
    pub async fn sign(&self, viewer: &Viewer) -> Result<String, AuthError> {
        let (loaded, now) = (self.loaded().await?, self.clock.now());
        let key = loaded.signer(now, self.grace).ok_or(AuthError::Crypto("there is no signing key"))?;
        let private = key.private.as_ref().ok_or(AuthError::Crypto("the signing key cannot be read"))?;
        access_token::sign(private, key.row.key_id, &self.issuer, viewer, now, self.token_ttl)
    }

    /// Whether there are keys, and all of them were encrypted under another master key.
    pub async fn are_foreign(&self) -> Result<bool, AuthError> {
        let keys = self.read().await?.keys;
        Ok(!keys.is_empty() && keys.iter().all(|key| key.private.is_none()))
    }

    /// The public keys that a valid token may be signed with.
    pub async fn published(&self) -> Result<Vec<(SigningKeyId, Vec<u8>)>, AuthError> {
        let (loaded, now) = (self.loaded().await?, self.clock.now());
        let live = loaded.keys.iter().filter(|key| key.row.is_published(now));
        Ok(live.map(|key| (key.row.key_id, key.row.public_key.clone())).collect())
    }

    async fn loaded(&self) -> Result<Arc<Loaded>, AuthError> {
        let loaded = self.in_memory();
        let now = self.clock.now();
        let usable = loaded.signer(now, self.grace).is_some();
        if usable && now.since(loaded.at) < FRESH {
            return Ok(loaded);
        }
        let _refreshing = match self.refreshing.try_lock() {
            Ok(turn) => turn,
            // Somebody is reading them; what we have serves meanwhile.
            Err(_) if usable => return Ok(loaded),
            Err(_) => self.refreshing.lock().await,
        };
        let latest = self.in_memory();
        if latest.at > loaded.at {
            return Ok(latest);
        }
        match self.refresh().await {
            Err(error) if usable => {
                tracing::warn!(%error, "the signing keys could not be read; those in memory serve on");
                Ok(loaded)
            }
            outcome => outcome,
        }
    }

    fn in_memory(&self) -> Arc<Loaded> {
        self.loaded.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Reads the keys, makes the first or the next one when it is due, and keeps them.
    async fn refresh(&self) -> Result<Arc<Loaded>, AuthError> {
        let mut loaded = self.read().await?;
        let now = self.clock.now();
        let newest_usable = loaded.keys.iter().rev().find(|key| key.private.is_some());
        if newest_usable.is_none_or(|key| now.since(key.row.created_at) >= self.rotation) {
            self.make_next(loaded.keys.last().map_or(1, |key| key.row.number + 1), now).await?;
            loaded = self.read().await?;
        }
        let loaded = Arc::new(loaded);
        *self.loaded.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = loaded.clone();
        Ok(loaded)
    }

    async fn read(&self) -> Result<Loaded, AuthError> {
        let now = self.clock.now();
        let rows = keys::all(&mut self.db.reader().await?).await?;
        let keys = rows.into_iter().map(|row| SigningKey { private: self.open(&row), row }).collect();
        Ok(Loaded { at: now, keys })
    }

    /// Of several processes that get here at once, one makes the key; the others find it.
    async fn make_next(&self, number: i64, now: Instant) -> Result<(), AuthError> {
        let row = self.generate(number, now)?;
        let retire_others_at = now.plus(self.grace).plus(self.token_ttl).plus(access_token::LEEWAY * 2);
        let made = transaction!(&self.db, |tx| -> Result<bool, AuthError> {
            let made = keys::insert(tx, &row).await?;
            if made {
                keys::retire_before(tx, number, retire_others_at).await?;
            }
            Ok(made)
        })?;
        if made {
            tracing::info!(key = %row.key_id, number, "made a key for signing access tokens");
        }
        Ok(())
    }

    fn generate(&self, number: i64, now: Instant) -> Result<KeyRow, AuthError> {
        let failed = |_| AuthError::Crypto("a signing key could not be made");
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(failed)?;
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref())
            .map_err(|_| AuthError::Crypto("a signing key could not be read back"))?;
        let key_id = SigningKeyId::new(now);
        let nonce: [u8; NONCE_LEN] = random();
        let mut private_key = document.as_ref().to_vec();
        self.cipher()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(key_id.0.as_bytes()),
                &mut private_key,
            )
            .map_err(failed)?;
        private_key.splice(0..0, nonce);
        let public_key = pair.public_key().as_ref().to_vec();
        Ok(KeyRow { key_id, number, public_key, private_key, created_at: now, retired_at: None })
    }

    fn open(&self, row: &KeyRow) -> Option<EncodingKey> {
        let (nonce, sealed) = row.private_key.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = sealed.to_vec();
        let aad = Aad::from(row.key_id.0.as_bytes());
        match self.cipher().ok()?.open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut sealed) {
            Ok(document) => Some(EncodingKey::from_ed_der(document)),
            Err(_) => {
                tracing::error!(key = %row.key_id, "a signing key was encrypted under another master key");
                None
            }
        }
    }

    fn cipher(&self) -> Result<LessSafeKey, AuthError> {
        UnboundKey::new(&AES_256_GCM, self.secret.as_bytes())
            .map(LessSafeKey::new)
            .map_err(|_| AuthError::Crypto("the key for signing keys is not usable"))
    }
}

impl Loaded {
    /// The newest key that has been published long enough, or else the oldest: before it there was none.
    fn signer(&self, now: Instant, grace: Duration) -> Option<&SigningKey> {
        let usable = || self.keys.iter().filter(|key| key.private.is_some() && key.row.is_published(now));
        usable().rfind(|key| key.row.created_at.plus(grace) <= now).or_else(|| usable().next())
    }
}
