//! Items that are gone because what they told of was taken back. The marks of their people are locked.

use village_db::{Connection, IdList, Result, Tx, execute, fetch_all};
use village_kernel::{NotificationId, UserId, Viewer};

use super::list;
use super::marks::{self, MarkRow};

/// The newest of each person are kept; a device that was away for longer reads the list anew.
const KEPT: i64 = 200;

/// Removes those of `items` that belong to `people`, each as a change after its person's mark. Returns the marks of
/// those who had one.
pub async fn remove(tx: &mut Tx, people: &[UserId], items: &IdList) -> Result<Vec<MarkRow>> {
    let note = tx.any_of(
        "insert into notifications_removed (user_id, seq, notification_id)
         select i.user_id, m.seq + row_number() over (partition by i.user_id order by i.seq), i.notification_id
         from notifications_items i
         join notifications_marks m on m.user_id = i.user_id
         where i.user_id = any_of($1)
           and i.notification_id = any_of($2)",
    );
    execute!(tx, note, list(people), items)?;
    let delete = tx.any_of(
        "delete from notifications_items
         where user_id = any_of($1)
           and notification_id = any_of($2)
         returning user_id",
    );
    let mut had: Vec<UserId> = {
        let rows: Vec<(UserId,)> = fetch_all!(tx, delete, list(people), items)?;
        rows.into_iter().map(|(user,)| user).collect()
    };
    had.sort_unstable();
    had.dedup();
    if had.is_empty() {
        return Ok(Vec::new());
    }
    let advance = tx.any_of(
        "update notifications_marks
         set seq = (select max(r.seq) from notifications_removed r where r.user_id = notifications_marks.user_id)
         where user_id = any_of($1)
         returning user_id, seq, unread_count, item_count",
    );
    let moved: Vec<MarkRow> = fetch_all!(tx, advance, list(&had))?;
    marks::recount(tx, &had).await?;
    let forget = tx.any_of(
        "delete from notifications_removed
         where user_id = any_of($1)
           and seq <= (
               select r.seq
               from notifications_removed r
               where r.user_id = notifications_removed.user_id
               order by r.seq desc
               limit 1 offset $2)",
    );
    execute!(tx, forget, list(&had), KEPT)?;
    Ok(moved)
}

/// The viewer's own that went after `after`, first first.
pub async fn since(
    conn: &mut impl Connection,
    viewer: &Viewer,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, NotificationId)>> {
    let sql = "select seq, notification_id
               from notifications_removed
               where user_id = $1
                 and seq > $2
               order by seq
               limit $3";
    fetch_all!(conn, sql, viewer.user, after, limit)
}
