//! Channels, their members and invitations.

use sqlx::AssertSqlSafe;
use village_db::{Connection, Engine, Reader, Tx, execute, fetch_all, fetch_optional, starts_of_words};
use village_kernel::{ChannelId, Instant, UserId, Viewer};
use village_ports::Visibility;

use super::shown;
use crate::access::in_sight;
use crate::channel::{Channel, ChannelRef, ChannelRole, Membership, search_text};

#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct ChannelRow {
    channel_id: ChannelId,
    slug: String,
    name: String,
    description: String,
    visibility: Visibility,
    member_count: i64,
    version: i64,
    created_at: Instant,
    role: Option<ChannelRole>,
    invited: bool,
}

impl From<ChannelRow> for Channel {
    fn from(row: ChannelRow) -> Self {
        let membership = match row.role {
            Some(ChannelRole::Owner) => Some(Membership::Owner),
            Some(ChannelRole::Member) => Some(Membership::Member),
            None => row.invited.then_some(Membership::Invited),
        };
        Self {
            id: row.channel_id,
            slug: row.slug,
            name: row.name,
            visibility: row.visibility,
            description: row.description,
            member_count: row.member_count,
            membership,
            created_at: row.created_at,
            version: row.version,
        }
    }
}

/// Channels with what viewer `$1` is there; only those the viewer may know of.
fn known() -> String {
    known_with("")
}

/// As [`known`], with more columns. What whoever is not in sight has invited to is like what nobody has: a block, or a
/// suspension, looks the same as an invitation that was withdrawn.
pub(super) fn known_with(more: &str) -> String {
    format!(
        "{blocks}
         select c.channel_id, c.slug, c.name, c.description, c.visibility, {members} as member_count, c.version,
             c.created_at, m.role, i.user_id is not null as invited{more}
         from posts_channels c
         left join posts_channel_members m on m.channel_id = c.channel_id and m.user_id = $1
         left join posts_channel_invitations i on i.channel_id = c.channel_id and i.user_id = $1
             and {in_sight}
         where (c.visibility = 'open' or m.user_id is not null or i.user_id is not null)",
        blocks = shown::WITH_BLOCKS,
        members = shown::members(),
        in_sight = in_sight("$1", "i.invited_by")
    )
}

/// The channel, if the viewer may know of it.
pub(crate) async fn find(
    conn: &mut impl Connection,
    viewer: &Viewer,
    channel: &ChannelRef,
) -> village_db::Result<Option<Channel>> {
    let row: Option<ChannelRow> = match channel {
        ChannelRef::Id(id) => {
            fetch_optional!(conn, AssertSqlSafe(format!("{} and c.channel_id = $2", known())), viewer.user, *id)?
        }
        ChannelRef::Slug(slug) => {
            fetch_optional!(conn, AssertSqlSafe(format!("{} and c.slug = $2", known())), viewer.user, slug)?
        }
    };
    Ok(row.map(Channel::from))
}

/// Those among `ids` that the viewer may know of.
pub(crate) async fn known_among(
    reader: &mut Reader,
    viewer: &Viewer,
    ids: &[ChannelId],
) -> village_db::Result<Vec<Channel>> {
    let sql = reader.any_of(&format!("{} and c.channel_id = any_of($2)", known()));
    let list: village_db::IdList = ids.iter().copied().collect();
    let rows: Vec<ChannelRow> = fetch_all!(reader, sql, viewer.user, &list)?;
    Ok(rows.into_iter().map(Channel::from).collect())
}

/// Whether `user` is a member, whom nobody takes out until `tx` ends.
pub(crate) async fn hold_membership(tx: &mut Tx, channel: ChannelId, user: UserId) -> village_db::Result<bool> {
    let sql = match tx.engine() {
        Engine::Postgres => {
            "select user_id from posts_channel_members where channel_id = $1 and user_id = $2 for share"
        }
        // There the whole transaction is alone.
        Engine::Sqlite => "select user_id from posts_channel_members where channel_id = $1 and user_id = $2",
    };
    let row: Option<(UserId,)> = fetch_optional!(tx, sql, channel, user)?;
    Ok(row.is_some())
}

/// Channels the viewer may know of, by slug: those of whose slug and name each of the first five of `terms` starts a
/// word.
pub(crate) async fn page(
    reader: &mut Reader,
    viewer: &Viewer,
    terms: &[String],
    mine: bool,
    after: Option<String>,
    limit: i64,
) -> village_db::Result<Vec<Channel>> {
    let sql = AssertSqlSafe(format!(
        "{known} and c.slug > $2
             and (m.user_id is not null or $3)
             and c.search_text like $4 escape '\\'
             and c.search_text like $5 escape '\\'
             and c.search_text like $6 escape '\\'
             and c.search_text like $7 escape '\\'
             and c.search_text like $8 escape '\\'
         order by c.slug
         limit $9",
        known = known()
    ));
    let after = after.unwrap_or_default();
    let [one, two, three, four, five] = starts_of_words(terms);
    let rows: Vec<ChannelRow> = fetch_all!(reader, sql, viewer.user, after, !mine, one, two, three, four, five, limit)?;
    Ok(rows.into_iter().map(Channel::from).collect())
}

#[derive(Clone, Copy)]
pub(crate) struct NewRow<'a> {
    pub id: ChannelId,
    pub slug: &'a str,
    pub name: &'a str,
    pub description: &'a str,
    pub visibility: Visibility,
    pub owner: UserId,
    pub created_at: Instant,
}

/// Creates the channel with its owner as the first member; `false` when the slug is taken.
pub(crate) async fn insert(tx: &mut Tx, channel: &NewRow<'_>) -> village_db::Result<bool> {
    let NewRow { id, slug, name, description, visibility, owner, created_at } = channel;
    let sql = "insert into posts_channels
                   (channel_id, slug, name, description, visibility, owner_id, member_count, version, created_at,
                    search_text)
               values ($1, $2, $3, $4, $5, $6, 1, 1, $7, $8)
               on conflict (slug) do nothing";
    let words = search_text(slug, name);
    if execute!(tx, sql, *id, *slug, *name, *description, *visibility, *owner, *created_at, words)? == 0 {
        return Ok(false);
    }
    insert_member(tx, *id, *owner, ChannelRole::Owner, *created_at).await?;
    Ok(true)
}

/// A suspended person becomes a member of nothing any more (see [`shown::trace`]).
async fn insert_member(
    tx: &mut Tx,
    channel: ChannelId,
    user: UserId,
    role: ChannelRole,
    now: Instant,
) -> village_db::Result<bool> {
    let sql = "insert into posts_channel_members (channel_id, user_id, role, joined_at)
               select $1, $2, $3, $4
               where not exists (select 1 from auth_suspended_v s where s.user_id = $2)
               on conflict (channel_id, user_id) do nothing";
    Ok(execute!(tx, sql, channel, user, role, now)? == 1)
}

/// Changes what is given, if `owner` owns the channel and it still has `version` (when that is given).
pub(crate) async fn update(
    tx: &mut Tx,
    channel: ChannelId,
    owner: UserId,
    name: Option<&str>,
    description: Option<&str>,
    version: Option<i64>,
) -> village_db::Result<bool> {
    let sql = "update posts_channels
               set name = coalesce($3, name), description = coalesce($4, description), version = version + 1
               where channel_id = $1 and owner_id = $2 and version = coalesce($5, version)
               returning slug, name";
    let updated: Option<(String, String)> = fetch_optional!(tx, sql, channel, owner, name, description, version)?;
    if let (Some(_), Some((slug, name))) = (name, &updated) {
        let sql = "update posts_channels set search_text = $2 where channel_id = $1";
        execute!(tx, sql, channel, search_text(slug, name))?;
    }
    Ok(updated.is_some())
}

/// Makes `user` a member and counts them; `false` when they were one already.
pub(crate) async fn join(tx: &mut Tx, channel: ChannelId, user: UserId, now: Instant) -> village_db::Result<bool> {
    if !insert_member(tx, channel, user, ChannelRole::Member, now).await? {
        return Ok(false);
    }
    add_to_count(tx, channel, 1).await?;
    Ok(true)
}

/// Ends a membership that is not the owner's; `false` when there was none.
pub(crate) async fn leave(tx: &mut Tx, channel: ChannelId, user: UserId) -> village_db::Result<bool> {
    let sql = "delete from posts_channel_members where channel_id = $1 and user_id = $2 and role = 'member'";
    if execute!(tx, sql, channel, user)? == 0 {
        return Ok(false);
    }
    add_to_count(tx, channel, -1).await?;
    Ok(true)
}

async fn add_to_count(tx: &mut Tx, channel: ChannelId, change: i64) -> village_db::Result<()> {
    let sql = "update posts_channels set member_count = member_count + $2 where channel_id = $1";
    execute!(tx, sql, channel, change).map(|_| ())
}

#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct MemberRow {
    pub user_id: UserId,
    pub role: ChannelRole,
    pub joined_at: Instant,
}

/// Members in the order of their ids, without those whom the viewer does not see.
pub(crate) async fn members(
    reader: &mut Reader,
    viewer: &Viewer,
    channel: ChannelId,
    after: Option<UserId>,
    limit: i64,
) -> village_db::Result<Vec<MemberRow>> {
    let after = after.unwrap_or(UserId(uuid::Uuid::nil()));
    let sql = AssertSqlSafe(format!(
        "select m.user_id, m.role, m.joined_at
         from posts_channel_members m
         where m.channel_id = $2 and m.user_id > $3 and {in_sight}
         order by m.user_id
         limit $4",
        in_sight = in_sight("$1", "m.user_id")
    ));
    fetch_all!(reader, sql, viewer.user, channel, after, limit)
}

/// Whether there is such a person whom the viewer sees.
pub(crate) async fn knows_person(tx: &mut Tx, viewer: &Viewer, user: UserId) -> village_db::Result<bool> {
    let sql = AssertSqlSafe(format!(
        "select u.user_id from users_people_v u where u.user_id = $2 and {}",
        in_sight("$1", "u.user_id")
    ));
    let row: Option<(UserId,)> = fetch_optional!(tx, sql, viewer.user, user)?;
    Ok(row.is_some())
}

/// Invites `user`, unless they are a member; `false` when that is nothing new.
pub(crate) async fn invite(
    tx: &mut Tx,
    channel: ChannelId,
    user: UserId,
    by: UserId,
    now: Instant,
) -> village_db::Result<bool> {
    let sql = "insert into posts_channel_invitations (channel_id, user_id, invited_by, created_at)
               select channel_id, $2, $3, $4
               from posts_channels
               where channel_id = $1
                   and not exists (
                       select 1 from posts_channel_members where channel_id = $1 and user_id = $2)
               on conflict (channel_id, user_id) do nothing";
    Ok(execute!(tx, sql, channel, user, by, now)? == 1)
}

/// Takes an invitation away; returns who had invited.
pub(crate) async fn take_invitation(
    tx: &mut Tx,
    channel: ChannelId,
    user: UserId,
) -> village_db::Result<Option<UserId>> {
    let sql = "delete from posts_channel_invitations where channel_id = $1 and user_id = $2 returning invited_by";
    let row: Option<(UserId,)> = fetch_optional!(tx, sql, channel, user)?;
    Ok(row.map(|(by,)| by))
}
