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

    /// The author or channel (sorted) whose own people are more than `limit`, and the rest of the audience, if there
    /// is any. Each is looked at by itself: else everybody who ever writes into a large channel would count as an
    /// author with a large audience, and every feed would be merged from thousands of them.
    pub(crate) async fn split(self, reader: &mut Reader, limit: u32) -> village_db::Result<(Vec<Uuid>, Option<Self>)> {
        let (mut large, mut rest) = (Vec::new(), Self { followers: false, channel: None, ..self });
        if self.followers {
            let followers = Self { channel: None, ..self };
            match followers.exceeds(reader, limit).await? {
                true => large.push(self.author.0),
                false => rest.followers = true,
            }
        }
        if let Some(channel) = self.channel {
            let members = Self { followers: false, ..self };
            match members.exceeds(reader, limit).await? {
                true => large.push(channel.0),
                false => rest.channel = Some(channel),
            }
        }
        large.sort_unstable();
        Ok((large, (rest.followers || rest.channel.is_some()).then_some(rest)))
    }

    /// Each branch stops at the limit by itself, so that a page costs the same wherever it lies.
    fn page_sql(&self) -> String {
        let branches = match (self.followers, self.channel.is_some()) {
            (true, true) => format!("{FOLLOWERS} union {MEMBERS}"),
            (true, false) => FOLLOWERS.to_owned(),
            (false, _) => MEMBERS.to_owned(),
        };
        format!("select user_id from ({branches}) audience order by user_id limit $4")
    }

    /// People after `after`, in the order of ids.
    pub(crate) async fn page(
        &self,
        reader: &mut Reader,
        after: Option<UserId>,
        limit: u32,
    ) -> village_db::Result<Vec<UserId>> {
        let after = after.map_or(Uuid::nil(), Uuid::from);
        let sql = AssertSqlSafe(self.page_sql());
        let rows: Vec<(UserId,)> = fetch_all!(reader, sql, self.author, self.channel, after, i64::from(limit))?;
        Ok(rows.into_iter().map(|(user,)| user).collect())
    }

    /// Whether there are more people than `limit`; counts no further.
    async fn exceeds(&self, reader: &mut Reader, limit: u32) -> village_db::Result<bool> {
        let sql = AssertSqlSafe(format!("select count(*) from ({}) counted", self.page_sql()));
        let (people,): (i64,) = fetch_one!(reader, sql, self.author, self.channel, Uuid::nil(), i64::from(limit) + 1)?;
        Ok(people > i64::from(limit))
    }
}
