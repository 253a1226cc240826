//! What is made anew of channels when the rules of folding change.

use uuid::Uuid;
use village_db::{Result, Tx, execute, fetch_all};
use village_kernel::ChannelId;

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Named {
    pub channel_id: ChannelId,
    pub slug: String,
    pub name: String,
    pub search_text: String,
}

/// In the order of ids, after `after`.
pub(crate) async fn channels(tx: &mut Tx, after: Option<ChannelId>, limit: i64) -> Result<Vec<Named>> {
    let sql = "select channel_id, slug, name, search_text
               from posts_channels
               where channel_id > $1
               order by channel_id
               limit $2";
    fetch_all!(tx, sql, after.unwrap_or(ChannelId(Uuid::nil())), limit)
}

/// Unless the channel was renamed meanwhile.
pub(crate) async fn put(tx: &mut Tx, row: &Named, search_text: &str) -> Result<u64> {
    let sql = "update posts_channels
               set search_text = $3
               where channel_id = $1 and name = $2";
    execute!(tx, sql, row.channel_id, &row.name, search_text)
}
