//! Which handles and names look like which.

use village_db::{Connection, Engine, IdList, Result, Tx, execute, fetch_all, fetch_one};
use village_kernel::UserId;

use crate::look::Look;

/// Whether nobody but `user` has one of these looks with another spelling. Whoever wants one of them at the same time
/// waits for the end of the transaction.
pub async fn are_free(tx: &mut Tx, user: UserId, looks: &[Look]) -> Result<bool> {
    let mut looks: Vec<&Look> = looks.iter().collect();
    // In one order, so that no two wait for each other.
    looks.sort();
    for Look { look, spelling } in looks {
        match tx.engine() {
            Engine::Postgres => {
                execute!(tx, "select pg_advisory_xact_lock(hashtextextended($1, 0))", look)?;
            }
            // There the whole transaction is alone.
            Engine::Sqlite => {}
        }
        let sql = "select count(*)
                   from users_profiles p
                   where p.user_id in (
                       select l.user_id from users_looks l where l.look = $1 and l.spelling < $2 and l.user_id <> $3
                       union all
                       select l.user_id from users_looks l where l.look = $1 and l.spelling > $2 and l.user_id <> $3
                   )";
        let (others,): (i64,) = fetch_one!(tx, sql, look, spelling, user)?;
        if others > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// In the place of those that the person had.
pub async fn put(tx: &mut Tx, user: UserId, looks: &[Look]) -> Result<()> {
    execute!(tx, "delete from users_looks where user_id = $1", user)?;
    for Look { look, spelling } in looks {
        let sql = "insert into users_looks (look, spelling, user_id) values ($1, $2, $3)";
        execute!(tx, sql, look, spelling, user)?;
    }
    Ok(())
}

/// Those of each of `people`, in their order.
pub async fn of(tx: &mut Tx, people: &[UserId]) -> Result<Vec<(UserId, String, String)>> {
    let sql = tx.any_of(
        "select user_id, look, spelling
         from users_looks
         where user_id = any_of($1)
         order by user_id, look, spelling",
    );
    fetch_all!(tx, sql, people.iter().copied().collect::<IdList>())
}
