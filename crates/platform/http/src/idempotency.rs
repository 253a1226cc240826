//! `Idempotency-Key`: a creating request that is sent again finds what the first one made.
//!
//! The key is stored in the transaction of the creation, with the id of what was made; a retry shows that thing
//! as it is now, so access is checked anew and no answer is kept.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Serialize;
use uuid::Uuid;
use village_db::{Db, Tx, WriteError, execute, fetch_one, transaction};
use village_kernel::secret::sha256;
use village_kernel::{Instant, UserId};

use crate::Problem;

/// How long a key is remembered.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// The caller's key, if one was sent, bound to the operation.
#[derive(Clone, Debug)]
pub struct Idempotency {
    key: Option<String>,
    operation: String,
}

/// For documentation: `params(IdempotencyKeyHeader)`.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub struct IdempotencyKeyHeader {
    /// Makes a retry safe: with the same key and body, within 24 hours, nothing is made twice. 1 to 64 characters
    /// of `A-Z a-z 0-9 _ -`; a fresh random one for each thing you create.
    #[param(rename = "Idempotency-Key", required = false, pattern = "^[A-Za-z0-9_-]{1,64}$")]
    idempotency_key: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum IdempotencyError {
    #[error("the key was used with another request")]
    Reused,
    #[error(transparent)]
    Database(#[from] village_db::Error),
}

impl From<IdempotencyError> for Problem {
    fn from(error: IdempotencyError) -> Self {
        match error {
            IdempotencyError::Reused => Problem::conflict(
                "idempotency_key_reused",
                "This Idempotency-Key was used for a different request. Use a fresh key for each thing you create.",
            ),
            IdempotencyError::Database(error) => Problem::from_database(&error),
        }
    }
}

impl WriteError for IdempotencyError {
    fn database(&self) -> Option<&village_db::Error> {
        match self {
            Self::Database(error) => Some(error),
            Self::Reused => None,
        }
    }
}

impl Idempotency {
    /// Claims the key for `resource`, the id of what is about to be created in `tx`. `Some(id)` when an earlier
    /// request with this key made `id`: then create nothing and answer with that. `None` when this is the first
    /// (or no key was sent). Call it first in the transaction: a concurrent retry waits here.
    pub async fn claim(
        &self,
        tx: &mut Tx,
        user: UserId,
        request: &impl Serialize,
        resource: impl Into<Uuid>,
        now: Instant,
    ) -> Result<Option<Uuid>, IdempotencyError> {
        let Some(key) = &self.key else { return Ok(None) };
        let request = serde_json::to_vec(request).map_err(|error| village_db::Error::Encode(error.into()))?;
        let mut bytes = self.operation.clone().into_bytes();
        bytes.push(b'\n');
        bytes.extend(request);
        let fingerprint = sha256(&bytes).to_vec();
        let insert =
            "insert into http_idempotency_keys (user_id, idempotency_key, fingerprint, resource_id, created_at)
                      values ($1, $2, $3, $4, $5)
                      on conflict (user_id, idempotency_key) do nothing";
        if execute!(tx, insert, user, key, &fingerprint, resource.into(), now)? == 1 {
            return Ok(None);
        }
        let select = "select fingerprint, resource_id
                      from http_idempotency_keys
                      where user_id = $1 and idempotency_key = $2";
        let (stored, made): (Vec<u8>, Uuid) = fetch_one!(tx, select, user, key)?;
        if stored == fingerprint { Ok(Some(made)) } else { Err(IdempotencyError::Reused) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Idempotency {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let key = match parts.headers.get("idempotency-key") {
            None => None,
            Some(value) => Some(
                value
                    .to_str()
                    .ok()
                    .filter(|key| (1..=64).contains(&key.len()))
                    .filter(|key| key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'))
                    .ok_or_else(|| {
                        Problem::invalid_field(
                            "Idempotency-Key",
                            "invalid",
                            "must be 1 to 64 characters of letters, digits, `_` and `-`",
                        )
                    })?
                    .to_owned(),
            ),
        };
        Ok(Self { key, operation: format!("{} {}", parts.method, parts.uri.path()) })
    }
}

/// Forgets keys older than a day, some thousand at a time. Returns how many.
pub async fn forget_old_keys(db: &Db, now: Instant) -> village_db::Result<u64> {
    let before = now.minus(KEPT);
    transaction!(db, |tx| -> village_db::Result<u64> {
        let sql = "delete from http_idempotency_keys
                   where (user_id, idempotency_key) in (
                       select user_id, idempotency_key
                       from http_idempotency_keys
                       where created_at < $1
                       order by created_at
                       limit 2000
                   )";
        execute!(tx, sql, before)
    })
}
