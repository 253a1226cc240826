//! What is made anew of profiles when the rules of folding change.

use uuid::Uuid;
use village_db::{Result, Tx, execute, fetch_all};
use village_kernel::UserId;

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Named {
    pub user_id: UserId,
    pub handle: String,
    pub display_name: String,
    pub search_text: String,
}

/// In the order of ids, after `after`.
pub async fn people(tx: &mut Tx, after: Option<UserId>, limit: i64) -> Result<Vec<Named>> {
    let sql = "select user_id, handle, display_name, search_text
               from users_profiles
               where user_id > $1
               order by user_id
               limit $2";
    fetch_all!(tx, sql, after.unwrap_or(UserId(Uuid::nil())), limit)
}

/// Unless the person was renamed meanwhile.
pub async fn put(tx: &mut Tx, row: &Named, search_text: &str) -> Result<u64> {
    let sql = "update users_profiles
               set search_text = $3
               where user_id = $1 and display_name = $2";
    execute!(tx, sql, row.user_id, &row.display_name, search_text)
}
