use sqlx::FromRow;
use village_db::{Connection, Tx, execute, fetch_all};
use village_kernel::{Instant, SigningKeyId};

#[derive(Clone, FromRow)]
pub(crate) struct KeyRow {
    pub key_id: SigningKeyId,
    pub number: i64,
    pub public_key: Vec<u8>,
    /// Nonce and ciphertext (AES-256-GCM).
    pub private_key: Vec<u8>,
    pub created_at: Instant,
    pub retired_at: Option<Instant>,
}

impl KeyRow {
    pub fn is_published(&self, now: Instant) -> bool {
        self.retired_at.is_none_or(|retired_at| now < retired_at)
    }
}

#[derive(FromRow)]
pub(crate) struct PublicKeyRow {
    pub key_id: SigningKeyId,
    pub public_key: Vec<u8>,
    pub retired_at: Option<Instant>,
}

/// Oldest first. There are two or three.
pub(crate) async fn all(db: &mut impl Connection) -> village_db::Result<Vec<KeyRow>> {
    let sql = "select key_id, number, public_key, private_key, created_at, retired_at
               from auth_signing_keys
               order by number";
    fetch_all!(db, sql)
}

pub(crate) async fn published(db: &mut impl Connection, now: Instant) -> village_db::Result<Vec<PublicKeyRow>> {
    let sql = "select key_id, public_key, retired_at
               from auth_signing_keys
               where retired_at is null or retired_at > $1";
    fetch_all!(db, sql, now)
}

/// Whether it was written: another process may have made the key of this number.
pub(crate) async fn insert(tx: &mut Tx, row: &KeyRow) -> village_db::Result<bool> {
    let sql = "insert into auth_signing_keys (key_id, number, public_key, private_key, created_at)
               values ($1, $2, $3, $4, $5)
               on conflict (number) do nothing";
    let written = execute!(tx, sql, row.key_id, row.number, &row.public_key, &row.private_key, row.created_at)?;
    Ok(written == 1)
}

pub(crate) async fn retire_before(tx: &mut Tx, number: i64, at: Instant) -> village_db::Result<u64> {
    let sql = "update auth_signing_keys
               set retired_at = $2
               where number < $1 and retired_at is null";
    execute!(tx, sql, number, at)
}

/// The newest is never retired, so the next number is always known.
pub(crate) async fn delete_retired_before(tx: &mut Tx, before: Instant) -> village_db::Result<u64> {
    execute!(tx, "delete from auth_signing_keys where retired_at < $1", before)
}
