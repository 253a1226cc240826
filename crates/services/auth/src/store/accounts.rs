use sqlx::FromRow;
use village_db::{Connection, Tx, execute, fetch_one, fetch_optional};
use village_kernel::{Instant, Role, UserId};

use crate::email::Email;

#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub(crate) enum Status {
    Active,
    Suspended,
}

#[derive(Clone, FromRow)]
pub(crate) struct Account {
    pub user_id: UserId,
    pub email: String,
    pub password_hash: String,
    pub role: Role,
    pub status: Status,
    pub created_at: Instant,
    /// Grows when the password or the status changes: what was checked before is void then.
    pub version: i64,
}

const COLUMNS: &str = "user_id, email, password_hash, role, status, created_at, version";

/// Why an account was not written.
pub(crate) enum Refused {
    EmailTaken,
    OwnerExists,
}

pub(crate) async fn insert(tx: &mut Tx, account: &Account, email: &Email) -> village_db::Result<Result<(), Refused>> {
    let sql = "insert into auth_accounts
                   (user_id, email, email_folded, password_hash, role, status, created_at, last_login_at, version)
               values ($1, $2, $3, $4, $5, $6, $7, $7, $8)
               on conflict do nothing";
    let written = execute!(
        tx,
        sql,
        account.user_id,
        email.typed(),
        email.folded(),
        &account.password_hash,
        account.role,
        account.status,
        account.created_at,
        account.version,
    )?;
    if written == 1 {
        return Ok(Ok(()));
    }
    Ok(Err(if account.role == Role::Owner && has_owner(tx).await? {
        Refused::OwnerExists
    } else {
        Refused::EmailTaken
    }))
}

pub(crate) async fn has_owner(db: &mut impl Connection) -> village_db::Result<bool> {
    let (exists,): (bool,) = fetch_one!(db, "select exists (select 1 from auth_accounts where role = 'owner')")?;
    Ok(exists)
}

pub(crate) async fn by_email(db: &mut impl Connection, email: &Email) -> village_db::Result<Option<Account>> {
    let sql = sqlx::AssertSqlSafe(format!("select {COLUMNS} from auth_accounts where email_folded = $1"));
    fetch_optional!(db, sql, email.folded())
}

pub(crate) async fn by_id(db: &mut impl Connection, user: UserId) -> village_db::Result<Option<Account>> {
    let sql = sqlx::AssertSqlSafe(format!("select {COLUMNS} from auth_accounts where user_id = $1"));
    fetch_optional!(db, sql, user)
}

/// Whether the person may log in now: the account is as it was when the password was checked, and active. Locks the
/// row, so that a change of password or a suspension at the same time also sees the session that follows.
pub(crate) async fn note_login(tx: &mut Tx, user: UserId, version: i64, now: Instant) -> village_db::Result<bool> {
    let sql = "update auth_accounts
               set last_login_at = $3
               where user_id = $1 and version = $2 and status = 'active'";
    Ok(execute!(tx, sql, user, version, now)? == 1)
}

/// Stores the same password under today's parameters. Voids nothing.
pub(crate) async fn rehash(tx: &mut Tx, user: UserId, version: i64, hash: &str) -> village_db::Result<u64> {
    let sql = "update auth_accounts
               set password_hash = $3
               where user_id = $1 and version = $2";
    execute!(tx, sql, user, version, hash)
}

/// Whether it was written: not when the account changed since `version`.
pub(crate) async fn set_password(tx: &mut Tx, user: UserId, version: i64, hash: &str) -> village_db::Result<bool> {
    let sql = "update auth_accounts
               set password_hash = $3, version = version + 1
               where user_id = $1 and version = $2";
    Ok(execute!(tx, sql, user, version, hash)? == 1)
}

/// Whether the account changed.
pub(crate) async fn set_status(tx: &mut Tx, user: UserId, status: Status) -> village_db::Result<bool> {
    let sql = "update auth_accounts
               set status = $2, version = version + 1
               where user_id = $1 and status <> $2";
    Ok(execute!(tx, sql, user, status)? == 1)
}
