//! What people want to be told of.

use std::collections::HashSet;

use village_db::{Connection, Result, Tx, execute, fetch_all, fetch_optional};
use village_kernel::{UserId, Viewer};

use super::list;
use crate::{Kind, Preferences};

pub async fn find(conn: &mut impl Connection, viewer: &Viewer) -> Result<Option<Preferences>> {
    let sql = "select post_published, comment_added, post_liked, followed, message_sent, channel_invited
               from notifications_preferences
               where user_id = $1";
    fetch_optional!(conn, sql, viewer.user)
}

pub async fn put(tx: &mut Tx, viewer: &Viewer, wanted: &Preferences) -> Result<()> {
    let sql = "insert into notifications_preferences
                   (user_id, post_published, comment_added, post_liked, followed, message_sent, channel_invited)
               values ($1, $2, $3, $4, $5, $6, $7)
               on conflict (user_id) do update
               set post_published = excluded.post_published,
                   comment_added = excluded.comment_added,
                   post_liked = excluded.post_liked,
                   followed = excluded.followed,
                   message_sent = excluded.message_sent,
                   channel_invited = excluded.channel_invited";
    let Preferences { post_published, comment_added, post_liked, followed, message_sent, channel_invited } = *wanted;
    let user = viewer.user;
    execute!(tx, sql, user, post_published, comment_added, post_liked, followed, message_sent, channel_invited)
        .map(|_| ())
}

/// Those among `people` who do not want to be told of this kind.
pub async fn unwanted_among(conn: &mut impl Connection, kind: Kind, people: &[UserId]) -> Result<HashSet<UserId>> {
    macro_rules! without {
        ($column:literal) => {
            concat!("select user_id from notifications_preferences where user_id = any_of($1) and ", $column, " = $2")
        };
    }
    let sql = conn.any_of(match kind {
        Kind::PostPublished => without!("post_published"),
        Kind::CommentAdded => without!("comment_added"),
        Kind::PostLiked => without!("post_liked"),
        Kind::Followed => without!("followed"),
        Kind::MessageSent => without!("message_sent"),
        Kind::ChannelInvited => without!("channel_invited"),
    });
    let rows: Vec<(UserId,)> = fetch_all!(conn, sql, list(people), false)?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}
