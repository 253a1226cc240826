//! What people are told. Every write here is under the lock of its people's marks, see [`super::marks::lock`].

use std::collections::HashMap;

use uuid::Uuid;
use village_db::{Connection, IdList, Result, Tx, execute, fetch_all};
use village_kernel::{ChannelId, CommentId, ConversationId, Instant, NotificationId, PostId, UserId, Viewer};

use super::list;
use crate::Kind;
use crate::pipeline::{Occurrence, What};

/// Items a person keeps at most; then the oldest goes.
pub const KEPT: i64 = 500;

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ItemRow {
    pub notification_id: NotificationId,
    pub kind: Kind,
    pub subject_id: Uuid,
    pub seq: i64,
    /// The newest change of the item; that it was read by itself, or that somebody took back what they did, is one.
    pub changed_seq: i64,
    pub actor_1: UserId,
    pub actor_2: Option<UserId>,
    pub actor_3: Option<UserId>,
    pub actor_count: i64,
    pub comment_id: Option<CommentId>,
    /// For a conversation: the last message that the item was made of.
    pub last_seq: Option<i64>,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub read: bool,
}

impl ItemRow {
    /// Newest first.
    pub fn actors(&self) -> impl Iterator<Item = UserId> {
        [Some(self.actor_1), self.actor_2, self.actor_3].into_iter().flatten()
    }

    pub fn post(&self) -> Option<PostId> {
        self.kind.is_of_post().then_some(PostId(self.subject_id))
    }

    pub fn channel(&self) -> Option<ChannelId> {
        self.kind.is_of_channel().then_some(ChannelId(self.subject_id))
    }

    pub fn conversation(&self) -> Option<ConversationId> {
        self.kind.is_of_conversation().then_some(ConversationId(self.subject_id))
    }
}

/// The unread item of the same kind and subject that began between `since` and `until`, the newest where there are
/// several.
pub async fn open_of(
    tx: &mut Tx,
    people: &[UserId],
    what: &What,
    since: Instant,
    until: Instant,
) -> Result<HashMap<UserId, NotificationId>> {
    let sql = tx.any_of(
        "select i.user_id, i.notification_id
         from notifications_items i
         join notifications_marks m on m.user_id = i.user_id
         where i.user_id = any_of($1)
           and i.kind = $2
           and i.subject_id = $3
           and i.seq > m.read_seq
           and i.read_seq is null
           and i.created_at > $4
           and i.created_at < $5
         order by i.seq",
    );
    let rows: Vec<(UserId, NotificationId)> =
        fetch_all!(tx, sql, list(people), what.kind(), what.subject(), since, until)?;
    Ok(rows.into_iter().collect())
}

/// Actors that an item names; of others it only counts how many there are.
pub const NAMED: i64 = 3;

/// An unread item about a conversation.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct OpenItem {
    pub user_id: UserId,
    pub subject_id: ConversationId,
    pub updated_at: Instant,
    pub actor_count: i64,
    /// One of those asked for who took part in it; there is a row for each. Also the only one who did.
    pub actor_id: Option<UserId>,
}

pub async fn open_of_conversations(
    db: &mut impl Connection,
    people: &IdList,
    conversations: &IdList,
    actors: &IdList,
) -> Result<Vec<OpenItem>> {
    let sql = db.any_of(
        "select i.user_id, i.subject_id, i.updated_at, i.actor_count,
                case when i.actor_count = 1 then i.actor_1 else a.actor_id end as actor_id
         from notifications_items i
         join notifications_marks m on m.user_id = i.user_id
         left join notifications_actors a
           on a.user_id = i.user_id and a.notification_id = i.notification_id and a.actor_id = any_of($3)
         where i.user_id = any_of($1)
           and i.kind = $4
           and i.subject_id = any_of($2)
           and i.seq > m.read_seq
           and i.read_seq is null",
    );
    fetch_all!(db, sql, people, conversations, actors, Kind::MessageSent)
}

/// A new item for each of `people`, as the change after their marks.
pub async fn insert(tx: &mut Tx, id: NotificationId, people: &[UserId], occurrence: &Occurrence) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    let (actor, event, what) = (occurrence.actor, occurrence.event_id, &occurrence.what);
    let item = tx.any_of(
        "insert into notifications_items
             (user_id, notification_id, kind, subject_id, seq, actor_1, actor_count, comment_id, newest_event_id,
              created_at, updated_at, first_seq, last_seq)
         select m.user_id, $2, $3, $4, m.seq + 1, $5, 1, $6, $7, $8, $8, $9, $9
         from notifications_marks m
         where m.user_id = any_of($1)",
    );
    let (kind, subject, comment) = (what.kind(), what.subject(), what.comment());
    let seq = what.created_seq();
    execute!(tx, item, list(people), id, kind, subject, actor, comment, event, occurrence.at, seq)?;
    insert_comment(tx, id, people, occurrence).await
}

/// What a comment adds to an item: it can be taken back by itself.
async fn insert_comment(tx: &mut Tx, id: NotificationId, people: &[UserId], occurrence: &Occurrence) -> Result<()> {
    let Some(comment) = occurrence.what.comment() else { return Ok(()) };
    let sql = tx.any_of(
        "insert into notifications_comments (user_id, comment_id, notification_id, actor_id, event_id, acted_at)
         select i.user_id, $3, i.notification_id, $4, $5, $6
         from notifications_items i
         where i.user_id = any_of($1)
           and i.notification_id = $2
         on conflict (user_id, comment_id) do nothing",
    );
    execute!(tx, sql, list(people), id, comment, occurrence.actor, occurrence.event_id, occurrence.at).map(|_| ())
}

/// Makes the occurrence part of an item, as the change after the person's mark. What the item says afterwards
/// depends on which events it took in, not on the order in which they came.
pub async fn collapse(tx: &mut Tx, person: UserId, id: NotificationId, occurrence: &Occurrence) -> Result<()> {
    let (actor, event) = (occurrence.actor, occurrence.event_id);
    // Most items take in one event and name its actor themselves; rows of their own cost as much as the item.
    let first = "insert into notifications_actors (user_id, notification_id, actor_id, event_id, acted_at)
                 select user_id, notification_id, actor_1, newest_event_id, updated_at
                 from notifications_items
                 where user_id = $1
                   and notification_id = $2
                   and actor_count = 1
                 on conflict (user_id, notification_id, actor_id) do nothing";
    execute!(tx, first, person, id)?;
    let join = "insert into notifications_actors (user_id, notification_id, actor_id, event_id, acted_at)
                values ($1, $2, $3, $4, $5)
                on conflict (user_id, notification_id, actor_id) do nothing";
    let joined = execute!(tx, join, person, id, actor, event, occurrence.at)? as i64;
    if joined == 0 {
        let again = "update notifications_actors
                     set event_id = $4,
                         acted_at = $5
                     where user_id = $1
                       and notification_id = $2
                       and actor_id = $3
                       and event_id < $4";
        execute!(tx, again, person, id, actor, event, occurrence.at)?;
    }
    insert_comment(tx, id, &[person], occurrence).await?;
    let newest = "select actor_id
                  from notifications_actors
                  where user_id = $1
                    and notification_id = $2
                  order by event_id desc
                  limit 3";
    let newest: Vec<(UserId,)> = fetch_all!(tx, newest, person, id)?;
    let newest = |place: usize| newest.get(place).map(|(actor,)| *actor);
    let change = "update notifications_items
                  set seq = 1 + (select m.seq from notifications_marks m where m.user_id = $1),
                      actor_1 = $3,
                      actor_2 = $4,
                      actor_3 = $5,
                      actor_count = actor_count + $6,
                      comment_id = case when newest_event_id < $7 then $8 else comment_id end,
                      newest_event_id = case when newest_event_id < $7 then $7 else newest_event_id end,
                      created_at = case when $9 < created_at then $9 else created_at end,
                      updated_at = case when updated_at < $9 then $9 else updated_at end,
                      first_seq = case when first_seq < $10 then first_seq else $10 end,
                      last_seq = case when last_seq > $10 then last_seq else $10 end
                  where user_id = $1
                    and notification_id = $2";
    let first = newest(0).unwrap_or(actor);
    let (comment, seq) = (occurrence.what.comment(), occurrence.what.created_seq());
    execute!(tx, change, person, id, first, newest(1), newest(2), joined, event, comment, occurrence.at, seq)
        .map(|_| ())
}

/// Returns whose items went.
pub async fn delete_of_subject(tx: &mut Tx, people: &[UserId], what: &What) -> Result<Vec<UserId>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let sql = tx.any_of(
        "delete from notifications_items
         where user_id = any_of($1)
           and kind = $2
           and subject_id = $3
         returning user_id",
    );
    let rows: Vec<(UserId,)> = fetch_all!(tx, sql, list(people), what.kind(), what.subject())?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// Leaves each of `people` the newest [`KEPT`].
pub async fn delete_oldest(tx: &mut Tx, people: &[UserId]) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    let sql = tx.any_of(
        "delete from notifications_items
         where user_id = any_of($1)
           and seq <= (
               select i.seq
               from notifications_items i
               where i.user_id = notifications_items.user_id
               order by i.seq desc
               limit 1 offset $2)",
    );
    execute!(tx, sql, list(people), KEPT).map(|_| ())
}

macro_rules! items_where {
    ($condition:literal) => {
        concat!(
            "select i.notification_id, i.kind, i.subject_id, i.seq,
                    case
                        when i.changed_seq > i.seq and i.changed_seq > coalesce(i.read_seq, 0) then i.changed_seq
                        when i.read_seq > i.seq then i.read_seq
                        else i.seq
                    end as changed_seq,
                    i.actor_1, i.actor_2, i.actor_3, i.actor_count, i.comment_id, i.last_seq, i.created_at,
                    i.updated_at, i.seq <= m.read_seq or i.read_seq is not null as read
             from notifications_items i
             join notifications_marks m on m.user_id = i.user_id
             where i.user_id = $1 and ",
            $condition
        )
    };
}

/// The viewer's own, last changed first, before `before`.
pub async fn page(conn: &mut impl Connection, viewer: &Viewer, before: i64, limit: i64) -> Result<Vec<ItemRow>> {
    let sql = items_where!("i.seq < $2 order by i.seq desc limit $3");
    fetch_all!(conn, sql, viewer.user, before, limit)
}

/// The viewer's own that changed after `after`, oldest change first.
pub async fn since(conn: &mut impl Connection, viewer: &Viewer, after: i64, limit: i64) -> Result<Vec<ItemRow>> {
    let sql = items_where!(
        "(i.seq > $2 or i.read_seq > $2 or i.changed_seq > $2)
         order by changed_seq
         limit $3"
    );
    fetch_all!(conn, sql, viewer.user, after, limit)
}

/// The unread item of the conversation is read, as the change after the person's mark, which is locked. `false` when
/// there is none.
pub async fn read_conversation(tx: &mut Tx, user: UserId, conversation: ConversationId) -> Result<bool> {
    let sql = "update notifications_items
               set read_seq = 1 + (select m.seq from notifications_marks m where m.user_id = $1)
               where user_id = $1
                 and kind = $2
                 and subject_id = $3
                 and read_seq is null
                 and seq > (select m.read_seq from notifications_marks m where m.user_id = $1)";
    Ok(execute!(tx, sql, user, Kind::MessageSent, conversation)? > 0)
}

/// Gives the newest item that is read the change after the person's mark, which is locked. `false` when none is.
pub async fn tell_newest_read(tx: &mut Tx, user: UserId) -> Result<bool> {
    let sql = "update notifications_items
               set read_seq = 1 + (select m.seq from notifications_marks m where m.user_id = $1)
               where user_id = $1
                 and seq = (
                     select max(i.seq)
                     from notifications_items i
                     where i.user_id = $1
                       and i.seq <= (select m.read_seq from notifications_marks m where m.user_id = $1))";
    Ok(execute!(tx, sql, user)? > 0)
}
