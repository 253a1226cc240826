use sqlx::FromRow;
use uuid::Uuid;
use village_db::{Connection, IdList, Tx, execute, fetch_all, fetch_optional};
use village_kernel::{Instant, Limit, SessionId, UserId};

#[derive(FromRow)]
pub(crate) struct SessionRow {
    pub session_id: SessionId,
    pub user_id: UserId,
    pub generation: i64,
    pub rotated_at: Instant,
    pub created_at: Instant,
    pub last_used_at: Instant,
    pub expires_at: Instant,
    pub revoked_at: Option<Instant>,
    pub user_agent: String,
}

pub(crate) async fn insert(tx: &mut Tx, row: &SessionRow) -> village_db::Result<()> {
    let sql = "insert into auth_sessions
                   (session_id, user_id, generation, rotated_at, created_at, last_used_at, expires_at, user_agent)
               values ($1, $2, $3, $4, $5, $6, $7, $8)";
    execute!(
        tx,
        sql,
        row.session_id,
        row.user_id,
        row.generation,
        row.rotated_at,
        row.created_at,
        row.last_used_at,
        row.expires_at,
        &row.user_agent,
    )
    .map(|_| ())
}

/// The new generation, when `presented` is the current one of a live session of an active account.
pub(crate) async fn rotate(
    tx: &mut Tx,
    session: SessionId,
    presented: i64,
    now: Instant,
    expires_at: Instant,
) -> village_db::Result<Option<i64>> {
    let sql = "update auth_sessions
               set generation = generation + 1, rotated_at = $3, last_used_at = $3, expires_at = $4
               where session_id = $1
                 and generation = $2
                 and revoked_at is null
                 and expires_at > $3
                 and exists (
                     select 1
                     from auth_accounts
                     where auth_accounts.user_id = auth_sessions.user_id and auth_accounts.status = 'active'
                 )
               returning generation";
    let rotated: Option<(i64,)> = fetch_optional!(tx, sql, session, presented, now, expires_at)?;
    Ok(rotated.map(|(generation,)| generation))
}

pub(crate) async fn by_id(db: &mut impl Connection, session: SessionId) -> village_db::Result<Option<SessionRow>> {
    let sql = "select session_id, user_id, generation, rotated_at, created_at, last_used_at, expires_at, revoked_at,
                   user_agent
               from auth_sessions
               where session_id = $1";
    fetch_optional!(db, sql, session)
}

/// Live sessions of a person, newest first.
pub(crate) async fn page(
    db: &mut impl Connection,
    user: UserId,
    before: Option<SessionId>,
    limit: Limit,
    now: Instant,
) -> village_db::Result<Vec<SessionRow>> {
    let sql = "select session_id, user_id, generation, rotated_at, created_at, last_used_at, expires_at, revoked_at,
                   user_agent
               from auth_sessions
               where user_id = $1
                 and session_id < $2
                 and revoked_at is null
                 and expires_at > $3
               order by session_id desc
               limit $4";
    fetch_all!(db, sql, user, before.unwrap_or(SessionId(Uuid::max())), now, limit.fetch())
}

/// Marks the session revoked; `owner` when only that person's may be. Whether there was a live one.
pub(crate) async fn revoke_one(
    tx: &mut Tx,
    session: SessionId,
    owner: UserId,
    now: Instant,
) -> village_db::Result<bool> {
    let sql = "update auth_sessions
               set revoked_at = $3
               where session_id = $1 and user_id = $2 and revoked_at is null and expires_at > $3";
    Ok(execute!(tx, sql, session, owner, now)? == 1)
}

/// Marks all live sessions of a person revoked, except one. The account's row must be locked.
pub(crate) async fn revoke_all(
    tx: &mut Tx,
    user: UserId,
    except: Option<SessionId>,
    now: Instant,
) -> village_db::Result<Vec<SessionId>> {
    let sql = "update auth_sessions
               set revoked_at = $3
               where user_id = $1 and session_id <> $2 and revoked_at is null and expires_at > $3
               returning session_id";
    let revoked: Vec<(SessionId,)> = fetch_all!(tx, sql, user, except.unwrap_or(SessionId(Uuid::nil())), now)?;
    Ok(revoked.into_iter().map(|(session,)| session).collect())
}

/// Marks those beyond the `keep` most recently used revoked. The account's row must be locked.
pub(crate) async fn revoke_surplus(
    tx: &mut Tx,
    user: UserId,
    keep: i64,
    now: Instant,
) -> village_db::Result<Vec<SessionId>> {
    let select = "select session_id
                  from auth_sessions
                  where user_id = $1 and revoked_at is null and expires_at > $2
                  order by last_used_at desc, session_id desc
                  limit 1000 offset $3";
    let surplus: Vec<(SessionId,)> = fetch_all!(tx, select, user, now, keep)?;
    if surplus.is_empty() {
        return Ok(Vec::new());
    }
    let update = tx.any_of("update auth_sessions set revoked_at = $2 where session_id = any_of($1)");
    let list: IdList = surplus.iter().map(|(session,)| *session).collect();
    execute!(tx, update, &list, now)?;
    Ok(surplus.into_iter().map(|(session,)| session).collect())
}

pub(crate) async fn delete_ended(tx: &mut Tx, before: Instant, limit: i64) -> village_db::Result<u64> {
    let sql = "delete from auth_sessions
               where session_id in (
                   select session_id
                   from auth_sessions
                   where expires_at < $1
                   order by expires_at
                   limit $2
               )";
    execute!(tx, sql, before, limit)
}
