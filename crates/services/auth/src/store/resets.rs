use village_db::{Connection, Tx, execute, fetch_optional};
use village_kernel::{Instant, UserId};

pub(crate) async fn insert(
    tx: &mut Tx,
    token_hash: &[u8],
    user: UserId,
    now: Instant,
    expires_at: Instant,
) -> village_db::Result<u64> {
    let sql = "insert into auth_password_resets (token_hash, user_id, created_at, expires_at)
               values ($1, $2, $3, $4)";
    execute!(tx, sql, token_hash, user, now, expires_at)
}

/// Whose password an unused token resets.
pub(crate) async fn find_user(
    db: &mut impl Connection,
    token_hash: &[u8],
    now: Instant,
) -> village_db::Result<Option<UserId>> {
    let sql = "select user_id
               from auth_password_resets
               where token_hash = $1 and used_at is null and expires_at > $2";
    let found: Option<(UserId,)> = fetch_optional!(db, sql, token_hash, now)?;
    Ok(found.map(|(user,)| user))
}

/// Whether it could be used: once, and in time.
pub(crate) async fn use_once(tx: &mut Tx, token_hash: &[u8], now: Instant) -> village_db::Result<bool> {
    let sql = "update auth_password_resets
               set used_at = $2
               where token_hash = $1 and used_at is null and expires_at > $2";
    Ok(execute!(tx, sql, token_hash, now)? == 1)
}

/// Voids the other tokens of the person. The account's row must be locked.
pub(crate) async fn void_all(tx: &mut Tx, user: UserId, now: Instant) -> village_db::Result<u64> {
    let sql = "update auth_password_resets
               set used_at = $2
               where user_id = $1 and used_at is null";
    execute!(tx, sql, user, now)
}

pub(crate) async fn delete_expired(tx: &mut Tx, before: Instant, limit: i64) -> village_db::Result<u64> {
    let sql = "delete from auth_password_resets
               where token_hash in (
                   select token_hash
                   from auth_password_resets
                   where expires_at < $1
                   order by expires_at
                   limit $2
               )";
    execute!(tx, sql, before, limit)
}
