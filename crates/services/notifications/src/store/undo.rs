//! What is left of items when somebody takes back what they did. The marks of their people are locked.

use uuid::Uuid;
use village_db::{Connection, Result, Tx, execute, fetch_all, fetch_one, fetch_optional};
use village_kernel::{CommentId, EventId, Instant, NotificationId, UserId};

use super::list;
use crate::Kind;

/// An item in which somebody takes part.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Part {
    pub user_id: UserId,
    pub notification_id: NotificationId,
    pub comment_id: Option<CommentId>,
    pub first_seq: Option<i64>,
    pub updated_at: Instant,
}

/// The items of `people` about the subject in which `actor` takes part.
pub async fn parts_of(
    conn: &mut impl Connection,
    people: &[UserId],
    kind: Kind,
    subject: Uuid,
    actor: UserId,
) -> Result<Vec<Part>> {
    let sql = conn.any_of(
        "select i.user_id, i.notification_id, i.comment_id, i.first_seq, i.updated_at
         from notifications_items i
         where i.user_id = any_of($1)
           and i.kind = $2
           and i.subject_id = $3
           and case
               when i.actor_count = 1 then i.actor_1 = $4
               else exists (
                   select 1
                   from notifications_actors a
                   where a.user_id = i.user_id
                     and a.notification_id = i.notification_id
                     and a.actor_id = $4)
           end
         order by i.user_id, i.seq",
    );
    fetch_all!(conn, sql, list(people), kind, subject, actor)
}

/// The items of `people` about the subject, of any of the kinds.
pub async fn of_subject(
    conn: &mut impl Connection,
    people: &[UserId],
    kind: Kind,
    subject: Uuid,
) -> Result<Vec<(UserId, NotificationId)>> {
    let sql = conn.any_of(
        "select user_id, notification_id
         from notifications_items
         where user_id = any_of($1)
           and kind = $2
           and subject_id = $3
         order by user_id, seq",
    );
    fetch_all!(conn, sql, list(people), kind, subject)
}

/// Takes `actor` out of the item. Returns how many are left; with none it is to be removed.
pub async fn take_out(tx: &mut Tx, person: UserId, item: NotificationId, actor: UserId) -> Result<i64> {
    let sql = "delete from notifications_actors
               where user_id = $1
                 and notification_id = $2
                 and actor_id = $3";
    execute!(tx, sql, person, item, actor)?;
    let sql = "update notifications_items
               set actor_count = actor_count - 1
               where user_id = $1
                 and notification_id = $2
               returning actor_count";
    let (left,): (i64,) = fetch_one!(tx, sql, person, item)?;
    Ok(left)
}

/// The comment is no part of an item any more. Returns of which it was, and whose.
pub async fn forget_comment(
    tx: &mut Tx,
    person: UserId,
    comment: CommentId,
) -> Result<Option<(NotificationId, UserId)>> {
    let sql = "delete from notifications_comments
               where user_id = $1
                 and comment_id = $2
               returning notification_id, actor_id";
    fetch_optional!(tx, sql, person, comment)
}

/// The newest event of `actor` in the item is that of their newest comment in it. `false` when there is none.
pub async fn fall_back(tx: &mut Tx, person: UserId, item: NotificationId, actor: UserId) -> Result<bool> {
    let sql = "select event_id, acted_at
               from notifications_comments
               where user_id = $1
                 and notification_id = $2
                 and actor_id = $3
               order by event_id desc
               limit 1";
    let newest: Option<(EventId, Instant)> = fetch_optional!(tx, sql, person, item, actor)?;
    let Some((event, acted_at)) = newest else { return Ok(false) };
    let sql = "update notifications_actors
               set event_id = $4,
                   acted_at = $5
               where user_id = $1
                 and notification_id = $2
                 and actor_id = $3";
    execute!(tx, sql, person, item, actor, event, acted_at)?;
    Ok(true)
}

/// The item names the newest of those who are left, as the change after the person's mark. Its place in the list stays,
/// and it is as read as it was. Where its comments are not known, `comment` is the newest.
pub async fn refresh(tx: &mut Tx, person: UserId, item: NotificationId, comment: Option<CommentId>) -> Result<()> {
    let sql = "select actor_id, event_id, acted_at
               from notifications_actors
               where user_id = $1
                 and notification_id = $2
               order by event_id desc
               limit 3";
    let named: Vec<(UserId, EventId, Option<Instant>)> = fetch_all!(tx, sql, person, item)?;
    let sql = "select comment_id, event_id, acted_at
               from notifications_comments
               where user_id = $1
                 and notification_id = $2
               order by event_id desc
               limit 1";
    let newest: Option<(CommentId, EventId, Instant)> = fetch_optional!(tx, sql, person, item)?;
    let actor = |place: usize| named.get(place).map(|(actor, ..)| *actor);
    let (comment, event, acted_at) = match (newest, named.first()) {
        (Some((comment, event, acted_at)), _) => (Some(comment), Some(event), Some(acted_at)),
        (None, Some((_, event, acted_at))) => (comment, Some(*event), *acted_at),
        (None, None) => (comment, None, None),
    };
    let sql = "update notifications_items
               set changed_seq = 1 + (select m.seq from notifications_marks m where m.user_id = $1),
                   actor_1 = coalesce($3, actor_1),
                   actor_2 = $4,
                   actor_3 = $5,
                   comment_id = $6,
                   newest_event_id = coalesce($7, newest_event_id),
                   updated_at = coalesce($8, updated_at)
               where user_id = $1
                 and notification_id = $2";
    execute!(tx, sql, person, item, actor(0), actor(1), actor(2), comment, event, acted_at).map(|_| ())
}
