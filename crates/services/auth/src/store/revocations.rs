use sqlx::FromRow;
use uuid::Uuid;
use village_db::{Connection, IdList, Tx, execute, fetch_all};
use village_kernel::{Instant, SessionId, UserId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub(crate) enum Kind {
    Session,
    User,
}

#[derive(FromRow)]
pub(crate) struct RevocationRow {
    pub subject_id: Uuid,
    pub kind: Kind,
    pub expires_at: Instant,
}

/// Everything that may still be met: what was revoked within the lifetime of an access token.
pub(crate) async fn all(db: &mut impl Connection, now: Instant) -> village_db::Result<Vec<RevocationRow>> {
    let sql = "select subject_id, kind, expires_at
               from auth_revocations
               where expires_at > $1";
    fetch_all!(db, sql, now)
}

pub(crate) async fn since(
    db: &mut impl Connection,
    since: Instant,
    now: Instant,
) -> village_db::Result<Vec<RevocationRow>> {
    let sql = "select subject_id, kind, expires_at
               from auth_revocations
               where revoked_at > $1 and expires_at > $2";
    fetch_all!(db, sql, since, now)
}

pub(crate) async fn insert_sessions(
    tx: &mut Tx,
    sessions: &[SessionId],
    now: Instant,
    expires_at: Instant,
) -> village_db::Result<()> {
    if sessions.is_empty() {
        return Ok(());
    }
    let sql = tx.any_of(
        "insert into auth_revocations (subject_id, kind, revoked_at, expires_at)
         select session_id, 'session', $2, $3
         from auth_sessions
         where session_id = any_of($1)
         on conflict (subject_id, kind) do nothing",
    );
    let list: IdList = sessions.iter().copied().collect();
    execute!(tx, sql, &list, now, expires_at).map(|_| ())
}

pub(crate) async fn insert_user(
    tx: &mut Tx,
    user: UserId,
    now: Instant,
    expires_at: Instant,
) -> village_db::Result<u64> {
    let sql = "insert into auth_revocations (subject_id, kind, revoked_at, expires_at)
               values ($1, 'user', $2, $3)
               on conflict (subject_id, kind) do update
               set revoked_at = excluded.revoked_at, expires_at = excluded.expires_at";
    execute!(tx, sql, user, now, expires_at)
}

pub(crate) async fn delete_user(tx: &mut Tx, user: UserId) -> village_db::Result<u64> {
    execute!(tx, "delete from auth_revocations where subject_id = $1 and kind = 'user'", user)
}

pub(crate) async fn delete_expired(tx: &mut Tx, now: Instant, limit: i64) -> village_db::Result<u64> {
    let sql = "delete from auth_revocations
               where (subject_id, kind) in (
                   select subject_id, kind
                   from auth_revocations
                   where expires_at < $1
                   order by expires_at
                   limit $2
               )";
    execute!(tx, sql, now, limit)
}
