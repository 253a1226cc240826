use village_db::{Connection, Tx, execute, fetch_optional};
use village_kernel::Instant;

/// There is one row at most.
const SLOT: i64 = 1;

/// Salt and tag.
pub(crate) async fn find(db: &mut impl Connection) -> village_db::Result<Option<(Vec<u8>, Vec<u8>)>> {
    fetch_optional!(db, "select salt, tag from auth_master_key where slot = $1", SLOT)
}

/// Does nothing where another process was first.
pub(crate) async fn insert(tx: &mut Tx, salt: &[u8], tag: &[u8], now: Instant) -> village_db::Result<u64> {
    let sql = "insert into auth_master_key (slot, salt, tag, set_at)
               values ($1, $2, $3, $4)
               on conflict (slot) do nothing";
    execute!(tx, sql, SLOT, salt, tag, now)
}

pub(crate) async fn forget(tx: &mut Tx) -> village_db::Result<u64> {
    execute!(tx, "delete from auth_master_key where slot = $1", SLOT)
}
