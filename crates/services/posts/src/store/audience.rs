//! Whose feed a post belongs in.

use sqlx::AssertSqlSafe;
use uuid::Uuid;
use village_db::{Reader, fetch_all, fetch_one};
use village_kernel::{ChannelId, UserId};
use village_ports::Visibility;

/// Open channel: followers of the author and members; private channel: members; no channel: followers. The author
/// is not part of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Audience {
    author: UserId,
    channel: Option<ChannelId>,
    followers: bool,
}

/// An audience by how it is reached.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    /// The author or channel (sorted) whose own people are more than the limit.
    pub large: Vec<Uuid>,
    /// The rest of the audience, if there is any.
    pub small: Option<Audience>,
    /// How many `small` are at most: a follower who is also a member counts twice.
    pub people: i64,
}

const FOLLOWERS: &str = "select user_id from (
    select f.follower_id as user_id
    from users_follows_v f
    where f.followee_id = $1 and f.follower_id > $3 and f.follower_id <> $1
    order by f.follower_id
    limit $4) followers";

const MEMBERS: &str = "select user_id from (
    select m.user_id
    from posts_channel_members m
    where m.channel_id = $2 and m.user_id > $3 and m.user_id <> $1
    order by m.user_id
    limit $4) members";

impl Audience {
    pub(crate) fn of(author: UserId, channel: Option<(ChannelId, Visibility)>) -> Self {
        match channel {
            None => Self { author, channel: None, followers: true },
            Some((channel, Visibility::Open)) => Self { author, channel: Some(channel), followers: true },
            Some((channel, Visibility::Private)) => Self { author, channel: Some(channel), followers: false },
        }
    }

    /// Each part is looked at by itself: else everybody who ever writes into a large channel would count as an author with
    /// a large audience, and every feed would be merged from thousands of them.
    pub(crate) async fn split(self, reader: &mut Reader, limit: u32) -> village_db::Result<Split> {
        let (mut large, mut rest, mut people) = (Vec::new(), Self { followers: false, channel: None, ..self }, 0);
        if self.followers {
            let followers = Self { channel: None, ..self }.count(reader, limit).await?;
            match followers > i64::from(limit) {
                true => large.push(self.author.0),
                false => (rest.followers, people) = (true, followers),
            }
        }
        if let Some(channel) = self.channel {
            let members = Self { followers: false, ..self }.count(reader, limit).await?;
            match members > i64::from(limit) {
                true => large.push(channel.0),
                false => (rest.channel, people) = (Some(channel), people + members),
            }
        }
        large.sort_unstable();
        Ok(Split { large, small: (people > 0).then_some(rest), people })
    }

    /// Each branch stops at the limit by itself, so that a page costs the same wherever it lies.
    pub(super) fn page_sql(&self) -> String {
        let branches = match (self.followers, self.channel.is_some()) {
            (true, true) => format!("{FOLLOWERS} union {MEMBERS}"),
            (true, false) => FOLLOWERS.to_owned(),
            (false, _) => MEMBERS.to_owned(),
        };
        format!("select user_id from ({branches}) audience order by user_id limit $4")
    }

    /// What stands for `$1` to `$4` in [`Self::page_sql`].
    pub(super) fn bindings(&self, after: Option<UserId>, limit: u32) -> (UserId, Option<ChannelId>, Uuid, i64) {
        (self.author, self.channel, after.map_or(Uuid::nil(), Uuid::from), i64::from(limit))
    }

    /// People after `after`, in the order of ids.
    pub(crate) async fn page(
        &self,
        reader: &mut Reader,
        after: Option<UserId>,
        limit: u32,
    ) -> village_db::Result<Vec<UserId>> {
        let (author, channel, after, limit) = self.bindings(after, limit);
        let rows: Vec<(UserId,)> = fetch_all!(reader, AssertSqlSafe(self.page_sql()), author, channel, after, limit)?;
        Ok(rows.into_iter().map(|(user,)| user).collect())
    }

    /// How many they are; counts one further than `limit`.
    async fn count(&self, reader: &mut Reader, limit: u32) -> village_db::Result<i64> {
        let sql = AssertSqlSafe(format!("select count(*) from ({}) counted", self.page_sql()));
        let (author, channel, after, limit) = self.bindings(None, limit + 1);
        let (people,): (i64,) = fetch_one!(reader, sql, author, channel, after, limit)?;
        Ok(people)
    }
}
