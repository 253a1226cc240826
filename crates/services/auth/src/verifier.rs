//! Says whose access token this is, in every process: locally, from memory, and mindful of what was revoked.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use async_trait::async_trait;
use jsonwebtoken::DecodingKey;
use metrics::Counter;
use moka::sync::Cache;
use tokio::sync::Mutex;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use village_db::Db;
use village_kernel::secret::sha256;
use village_kernel::{Clock, Instant, SessionId, SigningKeyId, UserId, Viewer};
use village_live::{Received, SharedLive, Topic};
use village_ports::{AccessTokens, TokenError, VerifiedToken};

use crate::store::{keys, revocations};
use crate::{AuthSettings, access_token};

/// Verdicts kept; an entry takes some 150 bytes.
const VERDICTS: u64 = 100_000;

/// Kept, since one of them is counted up with every request.
static HITS: LazyLock<Counter> = LazyLock::new(|| reads("hit"));
static MISSES: LazyLock<Counter> = LazyLock::new(|| reads("miss"));

fn reads(outcome: &'static str) -> Counter {
    metrics::counter!("village_cache_reads_total", "cache" => "tokens", "outcome" => outcome)
}

/// How often the table of revocations is read when no hint says that it changed.
const BEAT: Duration = Duration::from_secs(2);

/// Each beat reads the revocations of the last while, so that one whose transaction was slow to commit, or whose
/// node's clock is behind, is not skipped. Every so many beats all of them are read, and the keys.
const OVERLAP: Duration = Duration::from_secs(180);
const BEATS_TO_FULL: u32 = 15;

/// Verifies access tokens. [`Verifier::run`] must run beside it: without it no revocation by another node is heard.
pub struct Verifier {
    db: Db,
    clock: Arc<dyn Clock>,
    live: SharedLive,
    issuer: String,
    lookup_pause: Duration,
    /// By SHA-256 of the token: who reads the memory of this process finds no tokens.
    verdicts: Cache<[u8; 32], VerifiedToken>,
    keys: RwLock<HashMap<SigningKeyId, VerifyingKey>>,
    revoked: RwLock<Revoked>,
    loaded: AtomicBool,
    loading: Mutex<Loading>,
}

struct VerifyingKey {
    key: Arc<DecodingKey>,
    retired_at: Option<Instant>,
}

/// What is revoked, until when it matters.
#[derive(Default)]
struct Revoked {
    sessions: HashMap<SessionId, Instant>,
    users: HashMap<UserId, Instant>,
}

/// When the keys were last looked for, so that forged tokens cannot make us ask the database all the time.
#[derive(Default)]
struct Loading {
    tried_at: Option<tokio::time::Instant>,
    failed: bool,
}

impl Verifier {
    pub fn new(db: Db, clock: Arc<dyn Clock>, live: SharedLive, settings: &AuthSettings) -> Arc<Self> {
        access_token::install_crypto_provider();
        Arc::new(Self {
            db,
            clock,
            live,
            issuer: settings.public_url.clone(),
            lookup_pause: settings.key_lookup_pause,
            verdicts: Cache::builder().max_capacity(VERDICTS).time_to_live(settings.access_token_ttl).build(),
            keys: RwLock::default(),
            revoked: RwLock::default(),
            loaded: AtomicBool::new(false),
            loading: Mutex::default(),
        })
    }

    /// Keeps keys and revocations up to date until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        let mut hints = self.live.subscribe(&[Topic::Session, Topic::Account]);
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut beats, mut listening, mut healthy) = (0_u32, true, true);
        loop {
            let everything = tokio::select! {
                () = stop.cancelled() => return,
                _ = beat.tick() => {
                    beats = beats.wrapping_add(1);
                    beats % BEATS_TO_FULL == 1
                }
                received = hints.next(), if listening => match received {
                    None => { listening = false; continue }
                    Some(Received::Missed) => true,
                    Some(Received::Hint(hint)) => match hint.topic {
                        Topic::Session => false,
                        Topic::Account => true,
                        _ => continue,
                    },
                },
            };
            let outcome = if everything { self.refresh().await } else { self.read_recent_revocations().await };
            match (&outcome, healthy) {
                (Err(error), true) => tracing::warn!(%error, "revocations cannot be read; the last known ones stand"),
                (Ok(()), false) => tracing::info!("revocations are read again"),
                _ => {}
            }
            healthy = outcome.is_ok();
        }
    }

    /// Reads all keys and revocations now; what [`Verifier::run`] does regularly.
    pub async fn refresh(&self) -> village_db::Result<()> {
        let now = self.clock.now();
        let mut reader = self.db.reader().await?;
        let keys = keys::published(&mut reader, now).await?;
        let revocations = revocations::all(&mut reader, now).await?;
        drop(reader);

        let keys = keys.into_iter().map(|row| {
            let key = Arc::new(DecodingKey::from_ed_der(&row.public_key));
            (row.key_id, VerifyingKey { key, retired_at: row.retired_at })
        });
        *write(&self.keys) = keys.collect();
        {
            let mut revoked = write(&self.revoked);
            // Accounts come back, sessions never do: one that was noted here after our snapshot must stay.
            revoked.users.clear();
            revoked.sessions.retain(|_, expires_at| *expires_at > now);
            revoked.add(revocations);
        }
        self.loaded.store(true, Ordering::Release);
        Ok(())
    }

    /// What one beat of [`Verifier::run`] does.
    pub async fn read_recent_revocations(&self) -> village_db::Result<()> {
        let now = self.clock.now();
        let recent = revocations::since(&mut self.db.reader().await?, now.minus(OVERLAP), now).await?;
        write(&self.revoked).add(recent);
        Ok(())
    }

    /// Revoked by this process a moment ago: known here before any hint or beat.
    pub(crate) fn note_revoked_session(&self, session: SessionId, expires_at: Instant) {
        write(&self.revoked).sessions.insert(session, expires_at);
    }

    /// Suspended until tokens have expired, or back with `None`.
    pub(crate) fn note_account(&self, user: UserId, suspended_until: Option<Instant>) {
        let mut revoked = write(&self.revoked);
        match suspended_until {
            Some(expires_at) => revoked.users.insert(user, expires_at),
            None => revoked.users.remove(&user),
        };
    }

    fn known_key(&self, kid: SigningKeyId, now: Instant) -> Option<Arc<DecodingKey>> {
        if !self.loaded.load(Ordering::Acquire) {
            return None;
        }
        let keys = read(&self.keys);
        let key = keys.get(&kid)?;
        key.retired_at.is_none_or(|retired_at| now < retired_at).then(|| key.key.clone())
    }

    /// The key, asking the database when it is not known: one caller asks, the others wait for the answer.
    async fn key(&self, kid: SigningKeyId, now: Instant) -> Result<Arc<DecodingKey>, TokenError> {
        if let Some(key) = self.known_key(kid, now) {
            return Ok(key);
        }
        let mut loading = self.loading.lock().await;
        if let Some(key) = self.known_key(kid, now) {
            return Ok(key);
        }
        if loading.tried_at.is_none_or(|tried_at| tried_at.elapsed() >= self.lookup_pause) {
            let outcome = self.refresh().await;
            if let Err(error) = &outcome {
                tracing::warn!(%error, "the keys for verifying access tokens cannot be read");
            }
            *loading = Loading { tried_at: Some(tokio::time::Instant::now()), failed: outcome.is_err() };
        }
        match self.known_key(kid, now) {
            Some(key) => Ok(key),
            None if loading.failed => Err(TokenError::Unavailable),
            None => Err(TokenError::Invalid),
        }
    }
}

#[async_trait]
impl AccessTokens for Verifier {
    async fn verify(&self, token: &str) -> Result<VerifiedToken, TokenError> {
        let digest = sha256(token.as_bytes());
        let verdict = match self.verdicts.get(&digest) {
            Some(verdict) => {
                HITS.increment(1);
                verdict
            }
            None => {
                MISSES.increment(1);
                let kid = access_token::key_id_of(token)?;
                let now = self.clock.now();
                let key = self.key(kid, now).await?;
                let verdict = access_token::verify(token, &key, &self.issuer, now)?;
                self.verdicts.insert(digest, verdict);
                verdict
            }
        };
        if verdict.expires_at <= self.clock.now() {
            return Err(TokenError::Expired);
        }
        if self.is_revoked(&verdict.viewer) {
            return Err(TokenError::Revoked);
        }
        Ok(verdict)
    }

    fn is_revoked(&self, viewer: &Viewer) -> bool {
        let revoked = read(&self.revoked);
        revoked.sessions.contains_key(&viewer.session) || revoked.users.contains_key(&viewer.user)
    }
}

impl Revoked {
    fn add(&mut self, rows: Vec<revocations::RevocationRow>) {
        for row in rows {
            match row.kind {
                revocations::Kind::Session => self.sessions.insert(SessionId(row.subject_id), row.expires_at),
                revocations::Kind::User => self.users.insert(UserId(row.subject_id), row.expires_at),
            };
        }
    }
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(|poisoned| poisoned.into_inner())
}
