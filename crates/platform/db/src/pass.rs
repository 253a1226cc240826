//! Passes over all rows of a table that an upgrade needs and SQL cannot do, such as folding texts anew.
//!
//! A pass goes in small batches beside the running server. It keeps its position with each batch, so it goes on where
//! it stopped, and several processes may do it at once. A second round a day later mends what an earlier version wrote
//! behind the first one while it was being replaced.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use village_kernel::Instant;

use crate::{Db, Result, Tx, execute, fetch_optional, transaction};

const ROUNDS: i64 = 2;
const BETWEEN_ROUNDS: Duration = Duration::from_secs(24 * 3600);

/// A pass by its name; each version of it is made once.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    pub name: &'static str,
    pub version: i64,
}

/// Where a pass goes on: after the row with the key `K`, at the start when that is `None`.
#[derive(Clone, Debug)]
pub struct Position<K> {
    pub after: Option<K>,
    round: i64,
    stored: String,
}

impl Pass {
    /// Where to go on, unless everything is done, or for today.
    pub async fn due<K: DeserializeOwned>(&self, db: &Db, now: Instant) -> Result<Option<Position<K>>> {
        let sql = "select round, position, due_at from db_passes where name = $1 and version = $2";
        let row: Option<(i64, String, Instant)> =
            fetch_optional!(&mut db.reader().await?, sql, self.name, self.version)?;
        let (round, stored, due_at) = match row {
            Some(row) => row,
            None => {
                transaction!(db, |tx| -> Result<u64> {
                    let sql = "insert into db_passes (name, version, round, position, due_at)
                               values ($1, $2, 1, '', $3)
                               on conflict (name, version) do nothing";
                    execute!(tx, sql, self.name, self.version, now)
                })?;
                (1, String::new(), now)
            }
        };
        if round > ROUNDS || due_at > now {
            return Ok(None);
        }
        let after = match stored.as_str() {
            "" => None,
            key => Some(serde_json::from_str(key).map_err(|error| crate::Error::Decode(error.into()))?),
        };
        Ok(Some(Position { after, round, stored }))
    }

    /// Moves on to `last`, the key of the last row of the batch that `tx` writes; `None` ends the round. `false` when
    /// another process was faster, which has done the same.
    pub async fn moved<K: Serialize>(
        &self,
        tx: &mut Tx,
        from: &Position<K>,
        last: Option<&K>,
        now: Instant,
    ) -> Result<bool> {
        let (round, position, due_at) = match last {
            Some(key) => {
                let key = serde_json::to_string(key).map_err(|error| crate::Error::Encode(error.into()))?;
                (from.round, key, now)
            }
            None => (from.round + 1, String::new(), now.plus_secs(BETWEEN_ROUNDS.as_secs() as i64)),
        };
        let sql = "update db_passes
                   set round = $5, position = $6, due_at = $7
                   where name = $1 and version = $2 and round = $3 and position = $4";
        Ok(execute!(tx, sql, self.name, self.version, from.round, &from.stored, round, position, due_at)? == 1)
    }
}
