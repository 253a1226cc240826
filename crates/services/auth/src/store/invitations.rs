use sqlx::FromRow;
use uuid::Uuid;
use village_db::{Connection, Tx, execute, fetch_one, fetch_optional};
use village_kernel::{Instant, UserId};

use crate::InvitationRole;

#[derive(FromRow)]
pub(crate) struct InvitationRow {
    pub invitation_id: Uuid,
    pub role: InvitationRole,
    pub uses_left: i64,
    pub expires_at: Instant,
}

/// Whether it was written: not when `created_by` has `most` live ones already.
pub(crate) async fn insert(
    tx: &mut Tx,
    row: &InvitationRow,
    code_mac: &[u8],
    created_by: Option<UserId>,
    now: Instant,
    most: i64,
) -> village_db::Result<bool> {
    let sql = "insert into auth_invitations
                   (invitation_id, code_mac, role, created_by, uses_left, created_at, expires_at)
               select $1, $2, $3, $4, $5, $6, $7
               where $8 > (
                   select count(*)
                   from auth_invitations
                   where created_by = $4 and uses_left > 0 and expires_at > $6
               )";
    let written = execute!(
        tx,
        sql,
        row.invitation_id,
        code_mac,
        row.role,
        created_by,
        row.uses_left,
        now,
        row.expires_at,
        most,
    )?;
    Ok(written == 1)
}

/// The id of the first invitation, making it of `fresh` when there is none yet. It can be used once from now on.
pub(crate) async fn open_first(
    tx: &mut Tx,
    fresh: Uuid,
    code_mac: impl Fn(Uuid) -> Vec<u8>,
    now: Instant,
    expires_at: Instant,
) -> village_db::Result<InvitationRow> {
    let insert = "insert into auth_invitations
                      (invitation_id, code_mac, role, slot, uses_left, created_at, expires_at)
                  values ($1, $2, 'owner', 'first', 1, $3, $4)
                  on conflict (slot) do nothing";
    execute!(tx, insert, fresh, code_mac(fresh), now, expires_at)?;
    let select = "select invitation_id from auth_invitations where slot = 'first'";
    let (invitation,): (Uuid,) = fetch_one!(tx, select)?;
    // The hash again: the master key may have been replaced since.
    let update = "update auth_invitations
                  set code_mac = $2, uses_left = 1, expires_at = $3
                  where invitation_id = $1
                  returning invitation_id, role, uses_left, expires_at";
    fetch_one!(tx, update, invitation, code_mac(invitation), expires_at)
}

/// One that can be used now.
pub(crate) async fn find_usable(
    db: &mut impl Connection,
    code_mac: &[u8],
    now: Instant,
) -> village_db::Result<Option<InvitationRow>> {
    let sql = "select invitation_id, role, uses_left, expires_at
               from auth_invitations
               where code_mac = $1 and uses_left > 0 and expires_at > $2";
    fetch_optional!(db, sql, code_mac, now)
}

pub(crate) async fn by_id(db: &mut impl Connection, invitation: Uuid) -> village_db::Result<Option<InvitationRow>> {
    let sql = "select invitation_id, role, uses_left, expires_at
               from auth_invitations
               where invitation_id = $1";
    fetch_optional!(db, sql, invitation)
}

/// Uses it once; its id and the role it gives, or `None` when it cannot be used (any more).
pub(crate) async fn use_once(
    tx: &mut Tx,
    code_mac: &[u8],
    now: Instant,
) -> village_db::Result<Option<(Uuid, InvitationRole)>> {
    let sql = "update auth_invitations
               set uses_left = uses_left - 1
               where code_mac = $1 and uses_left > 0 and expires_at > $2
               returning invitation_id, role";
    fetch_optional!(tx, sql, code_mac, now)
}

pub(crate) async fn delete_expired(tx: &mut Tx, before: Instant, limit: i64) -> village_db::Result<u64> {
    let sql = "delete from auth_invitations
               where invitation_id in (
                   select invitation_id
                   from auth_invitations
                   where expires_at < $1 and slot is null
                   order by expires_at
                   limit $2
               )";
    execute!(tx, sql, before, limit)
}
