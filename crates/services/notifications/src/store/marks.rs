//! Where each person's notifications stand.

use village_db::{Connection, Engine, Result, Tx, execute, fetch_all, fetch_optional};
use village_kernel::UserId;

use super::list;

#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct MarkRow {
    pub user_id: UserId,
    pub seq: i64,
    pub unread_count: i64,
    pub item_count: i64,
}

/// Makes other changes to the notifications of these people wait until `tx` ends. In the order of ids, so that no
/// two wait for each other. People who do not exist are passed over, here and in what follows.
pub async fn lock(tx: &mut Tx, people: &[UserId]) -> Result<()> {
    let sql = tx.any_of(
        "insert into notifications_marks (user_id, seq, read_seq, unread_count, item_count)
         select p.user_id, 0, 0, 0, 0
         from users_people_v p
         where p.user_id = any_of($1)
           and not exists (select 1 from notifications_marks m where m.user_id = p.user_id)
         order by p.user_id
         on conflict (user_id) do nothing",
    );
    execute!(tx, sql, list(people))?;
    if tx.engine() == Engine::Postgres {
        let sql = tx.any_of(
            "select user_id
             from notifications_marks
             where user_id = any_of($1)
             order by user_id
             for update",
        );
        execute!(tx, sql, list(people))?;
    }
    Ok(())
}

/// One change, and `new_items` more items (0 or 1), for each of `people`.
pub async fn advance(tx: &mut Tx, people: &[UserId], new_items: i64) -> Result<Vec<MarkRow>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let sql = tx.any_of(
        "update notifications_marks
         set seq = seq + 1,
             unread_count = unread_count + $2,
             item_count = item_count + $2
         where user_id = any_of($1)
         returning user_id, seq, unread_count, item_count",
    );
    fetch_all!(tx, sql, list(people), new_items)
}

/// Counts again, after items were deleted. Their marks are locked, so the counts are exact.
pub async fn recount(tx: &mut Tx, people: &[UserId]) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    let sql = tx.any_of(
        "update notifications_marks
         set item_count = (
                 select count(*)
                 from notifications_items i
                 where i.user_id = notifications_marks.user_id),
             unread_count = (
                 select count(*)
                 from notifications_items i
                 where i.user_id = notifications_marks.user_id
                   and i.seq > notifications_marks.read_seq
                   and i.read_seq is null)
         where user_id = any_of($1)",
    );
    execute!(tx, sql, list(people)).map(|_| ())
}

/// All up to `seq` are read; never moves back, and never past the newest. `false` when that changed nothing.
pub async fn read_up_to(tx: &mut Tx, user: UserId, seq: i64) -> Result<bool> {
    let sql = "update notifications_marks
               set read_seq = case when seq < $2 then seq else $2 end
               where user_id = $1
                 and read_seq < seq
                 and read_seq < $2";
    Ok(execute!(tx, sql, user, seq)? == 1)
}

pub async fn find(conn: &mut impl Connection, user: UserId) -> Result<Option<MarkRow>> {
    let sql = "select user_id, seq, unread_count, item_count
               from notifications_marks
               where user_id = $1";
    fetch_optional!(conn, sql, user)
}

pub async fn of(conn: &mut impl Connection, users: &[UserId]) -> Result<Vec<MarkRow>> {
    let sql = conn.any_of(
        "select user_id, seq, unread_count, item_count
         from notifications_marks
         where user_id = any_of($1)",
    );
    fetch_all!(conn, sql, list(users))
}
