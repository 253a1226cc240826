//! Whom and what a person is shown. The list and its count ask here, so that they agree.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;
use village_db::{Connection, IdList, Result, fetch_all};
use village_kernel::{CommentId, NotificationId, UserId, Viewer};

use super::list;
use crate::Kind;

/// SQL: whether `$viewer` is shown what `$actor` did. No block stands between them, in either direction, and the
/// account of the actor is not suspended.
macro_rules! in_sight {
    ($viewer:literal, $actor:literal) => {
        concat!(
            "not exists (select 1 from auth_suspended_v s where s.user_id = ",
            $actor,
            ")
             and not exists (
                 select 1 from users_blocks_v b where b.blocker_id = ",
            $viewer,
            " and b.blocked_id = ",
            $actor,
            ")
             and not exists (
                 select 1 from users_blocks_v b where b.blocker_id = ",
            $actor,
            " and b.blocked_id = ",
            $viewer,
            ")"
        )
    };
}

/// Those among `people` whom the viewer is not shown.
pub async fn hidden_among(conn: &mut impl Connection, viewer: UserId, people: &[UserId]) -> Result<HashSet<UserId>> {
    if people.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = conn.any_of(
        "select user_id from auth_suspended_v where user_id = any_of($2)
         union
         select blocked_id from users_blocks_v where blocker_id = $1 and blocked_id = any_of($2)
         union
         select blocker_id from users_blocks_v where blocked_id = $1 and blocker_id = any_of($2)",
    );
    let rows: Vec<(UserId,)> = fetch_all!(conn, sql, viewer, list(people))?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// How many of those who took part in each of the viewer's `items` are not shown; items without any are left out.
pub async fn hidden_actors(
    conn: &mut impl Connection,
    viewer: &Viewer,
    items: &IdList,
) -> Result<HashMap<NotificationId, i64>> {
    let sql = conn.any_of(
        "select a.notification_id, count(*)
         from notifications_actors a
         where a.user_id = $1
           and a.notification_id = any_of($2)
           and a.actor_id in (
               select b.blocked_id from users_blocks_v b where b.blocker_id = $1
               union
               select b.blocker_id from users_blocks_v b where b.blocked_id = $1
               union
               select s.user_id from auth_suspended_v s)
         group by a.notification_id",
    );
    let rows: Vec<(NotificationId, i64)> = fetch_all!(conn, sql, viewer.user, items)?;
    Ok(rows.into_iter().collect())
}

/// The newest three of each of the viewer's `items` who are shown, newest first.
pub async fn shown_actors(
    conn: &mut impl Connection,
    viewer: &Viewer,
    items: &IdList,
) -> Result<HashMap<NotificationId, Vec<UserId>>> {
    let sql = conn.any_of(concat!(
        "select newest.notification_id, newest.actor_id
         from (
             select a.notification_id, a.actor_id,
                    row_number() over (partition by a.notification_id order by a.event_id desc) as place
             from notifications_actors a
             where a.user_id = $1
               and a.notification_id = any_of($2)
               and ",
        in_sight!("$1", "a.actor_id"),
        ") newest
         where newest.place <= 3
         order by newest.notification_id, newest.place"
    ));
    let rows: Vec<(NotificationId, UserId)> = fetch_all!(conn, sql, viewer.user, items)?;
    let mut shown: HashMap<NotificationId, Vec<UserId>> = HashMap::new();
    for (item, actor) in rows {
        shown.entry(item).or_default().push(actor);
    }
    Ok(shown)
}

/// The newest comment of each of the viewer's `items` whose author is shown.
pub async fn shown_comments(
    conn: &mut impl Connection,
    viewer: &Viewer,
    items: &IdList,
) -> Result<HashMap<NotificationId, CommentId>> {
    let sql = conn.any_of(concat!(
        "select newest.notification_id, newest.comment_id
         from (
             select k.notification_id, k.comment_id,
                    row_number() over (partition by k.notification_id order by k.event_id desc) as place
             from notifications_comments k
             where k.user_id = $1
               and k.notification_id = any_of($2)
               and ",
        in_sight!("$1", "k.actor_id"),
        ") newest
         where newest.place = 1"
    ));
    let rows: Vec<(NotificationId, CommentId)> = fetch_all!(conn, sql, viewer.user, items)?;
    Ok(rows.into_iter().collect())
}

/// An unread item, somebody of which is shown to its person.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct UnreadRow {
    pub user_id: UserId,
    pub kind: Kind,
    pub subject_id: Uuid,
    pub last_seq: Option<i64>,
}

/// For all of `people`; whether they may see what it is about is for its owner to say.
pub async fn unread_of(conn: &mut impl Connection, people: &[UserId]) -> Result<Vec<UnreadRow>> {
    let sql = conn.any_of_together(concat!(
        "select i.user_id, i.kind, i.subject_id, i.last_seq
         from notifications_marks m
         join notifications_items i on i.user_id = m.user_id and i.seq > m.read_seq
         where m.user_id = any_of($1)
           and i.read_seq is null
           and case
               when i.actor_count = 1 then ",
        in_sight!("i.user_id", "i.actor_1"),
        "
               else exists (
                   select 1
                   from notifications_actors a
                   where a.user_id = i.user_id
                     and a.notification_id = i.notification_id
                     and ",
        in_sight!("i.user_id", "a.actor_id"),
        ")
           end"
    ));
    fetch_all!(conn, sql, list(people))
}
