//! Invitations that wait for an answer, for those who were invited. A member's does not wait, and neither does one from
//! somebody whom the invited person does not see.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;
use village_db::{Connection, IdList, Reader, Tx, fetch_all, fetch_optional};
use village_kernel::{ChannelId, Instant, UserId, Viewer};
use village_ports::{ChannelSummary, Visibility};

use super::channels::{ChannelRow, known_with};
use super::likes::LATEST;
use crate::access::in_sight;
use crate::channel::Channel;

#[derive(Clone, Debug, sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    channel: ChannelRow,
    invited_by: UserId,
    invited_at: Instant,
}

#[derive(Clone, Debug)]
pub(crate) struct Invitation {
    pub channel: Channel,
    pub by: UserId,
    pub at: Instant,
}

/// The viewer's, newest first, before `before`.
pub(crate) async fn page(
    reader: &mut Reader,
    viewer: &Viewer,
    before: Option<(Instant, ChannelId)>,
    limit: i64,
) -> village_db::Result<Vec<Invitation>> {
    let (at, channel) = before.unwrap_or((Instant::from_micros(LATEST), ChannelId(uuid::Uuid::max())));
    let sql = AssertSqlSafe(format!(
        "{known} and m.user_id is null and i.user_id is not null
             and (i.created_at, i.channel_id) < ($2, $3)
         order by i.created_at desc, i.channel_id desc
         limit $4",
        known = known_with(", i.invited_by, i.created_at as invited_at")
    ));
    let rows: Vec<Row> = fetch_all!(reader, sql, viewer.user, at, channel, limit)?;
    let invitation = |row: Row| Invitation { channel: row.channel.into(), by: row.invited_by, at: row.invited_at };
    Ok(rows.into_iter().map(invitation).collect())
}

/// Whether `user`, who is no member, is invited.
pub(crate) async fn waits(tx: &mut Tx, channel: ChannelId, user: UserId) -> village_db::Result<bool> {
    let sql = "select i.user_id
               from posts_channel_invitations i
               where i.channel_id = $1 and i.user_id = $2
                   and not exists (
                       select 1 from posts_channel_members m where m.channel_id = $1 and m.user_id = $2)";
    let row: Option<(UserId,)> = fetch_optional!(tx, sql, channel, user)?;
    Ok(row.is_some())
}

/// Those among `pairs` of a person and a channel in which an invitation is shown to the person now. One query.
pub(crate) async fn shown_among(
    reader: &mut Reader,
    pairs: &[(UserId, ChannelId)],
) -> village_db::Result<HashMap<(UserId, ChannelId), ChannelSummary>> {
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = reader.any_of(&format!(
        "select asked.one, c.channel_id, c.slug, c.name, c.visibility
         from pairs_of($1) asked
         join posts_channel_invitations i on i.channel_id = asked.other and i.user_id = asked.one
         join posts_channels c on c.channel_id = asked.other
         where {in_sight}
             and not exists (
                 select 1 from posts_channel_members m where m.channel_id = asked.other and m.user_id = asked.one)",
        in_sight = in_sight("asked.one", "i.invited_by")
    ));
    let rows: Vec<(UserId, ChannelId, String, String, Visibility)> =
        fetch_all!(reader, sql, IdList::of_pairs(pairs.iter().copied()))?;
    let shown = rows
        .into_iter()
        .map(|(user, id, slug, name, visibility)| ((user, id), ChannelSummary { id, slug, name, visibility }));
    Ok(shown.collect())
}
