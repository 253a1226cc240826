//! The ledger.

use sqlx::QueryBuilder;
use village_db::{Connection, Result, Tx, execute, fetch_all, on};
use village_kernel::{EventId, Instant, Limit, UserId, Viewer};

use super::list;
use crate::pipeline::Occurrence;
use crate::{Kind, Outcome, Reason};

#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct DecisionRow {
    pub event_id: EventId,
    pub kind: Kind,
    pub outcome: Outcome,
    pub reason: Reason,
    pub decided_at: Instant,
}

/// Returns those for whom this is the first decision on the event. Their marks are locked.
pub async fn insert(
    tx: &mut Tx,
    occurrence: &Occurrence,
    outcome: Outcome,
    reason: Reason,
    people: &[UserId],
    now: Instant,
) -> Result<Vec<UserId>> {
    let sql = tx.any_of(
        "insert into notifications_decisions (user_id, event_id, kind, outcome, reason, decided_at)
         select m.user_id, $2, $3, $4, $5, $6
         from notifications_marks m
         where m.user_id = any_of($1)
         order by m.user_id
         on conflict (user_id, event_id) do nothing
         returning user_id",
    );
    let kind = occurrence.what.kind();
    let new: Vec<(UserId,)> = fetch_all!(tx, sql, list(people), occurrence.event_id, kind, outcome, reason, now)?;
    Ok(new.into_iter().map(|(user,)| user).collect())
}

/// An event that tells somebody nothing which their unread item does not say.
#[derive(Clone, Copy, Debug)]
pub struct Covered {
    pub user_id: UserId,
    pub event_id: EventId,
}

/// Rows in one statement at most.
const ROWS: usize = 100;

/// Returns how many of them were not decided before.
pub async fn insert_covered(tx: &mut Tx, covered: &[Covered], now: Instant) -> Result<u64> {
    let mut new = 0;
    for rows in covered.chunks(ROWS) {
        new += on!(tx, conn => {
            let insert = "insert into notifications_decisions (user_id, event_id, kind, outcome, reason, decided_at) ";
            let mut insert = QueryBuilder::new(insert);
            insert.push_values(rows, |mut row, Covered { user_id, event_id }| {
                row.push_bind(*user_id).push_bind(*event_id).push_bind(Kind::MessageSent);
                row.push_bind(Outcome::Collapsed).push_bind(Reason::InConversation).push_bind(now);
            });
            insert.push(" on conflict (user_id, event_id) do nothing");
            // Each number of rows is another statement: they are not worth keeping.
            insert.build().persistent(false).execute(conn).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(new)
}

pub async fn mark_collapsed(tx: &mut Tx, event: EventId, people: &[UserId]) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    let sql = tx.any_of(
        "update notifications_decisions
         set outcome = $3
         where user_id = any_of($1)
           and event_id = $2",
    );
    execute!(tx, sql, list(people), event, Outcome::Collapsed).map(|_| ())
}

/// The viewer's own, newest event first, before `before`. Left out are those that would tell of a block: where it is
/// the reason, and where somebody's post was no longer visible, of which a block that came just then may be the cause.
pub async fn page(
    conn: &mut impl Connection,
    viewer: &Viewer,
    before: Option<EventId>,
    limit: Limit,
) -> Result<Vec<DecisionRow>> {
    let sql = "select event_id, kind, outcome, reason, decided_at
               from notifications_decisions
               where user_id = $1
                 and event_id < $2
                 and reason <> $4
                 and (kind <> $5 or reason <> $6)
               order by event_id desc
               limit $3";
    let before = before.unwrap_or(EventId(uuid::Uuid::max()));
    let (blocked, published, not_visible) = (Reason::Blocked, Kind::PostPublished, Reason::NotVisible);
    fetch_all!(conn, sql, viewer.user, before, limit.fetch(), blocked, published, not_visible)
}

/// Deletes at most `limit` decisions older than `before`.
pub async fn forget(tx: &mut Tx, before: Instant, limit: i64) -> Result<u64> {
    let sql = "delete from notifications_decisions
               where (user_id, event_id) in (
                   select user_id, event_id
                   from notifications_decisions
                   where decided_at < $1
                   order by decided_at
                   limit $2)";
    execute!(tx, sql, before, limit)
}
