//! The default bus: the database's own queue, for one process and for many.
//!
//! A delivery is leased by moving its `available_at` into the future, on the database's clock, so that nodes
//! whose clocks differ agree.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, QueryBuilder};
use village_db::{Connection, Db, Engine, IdList, Tx, execute, fetch_all, fetch_optional, on, transaction};
use village_events::CloudEvent;
use village_kernel::{EventId, Instant};

use crate::{Bus, Delivery, Subscription};

/// Rows in one statement at most.
const ROWS: usize = 100;

#[derive(Clone)]
pub struct DatabaseBus {
    db: Db,
    subscriptions: Vec<Subscription>,
}

/// An event that a subscriber gave up on.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DeadEvent {
    pub subscriber: String,
    pub event_id: EventId,
    pub event: String,
    pub attempts: i64,
    pub last_error: String,
    pub died_at: Instant,
}

/// The database's clock, as SQL, in the column type of instants.
fn now_sql(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "clock_timestamp()",
        Engine::Sqlite => "cast(unixepoch('subsec') * 1000000 as integer)",
    }
}

/// An instant `$n` microseconds from the database's now.
fn later_sql(engine: Engine, parameter: u8) -> String {
    match engine {
        Engine::Postgres => format!("clock_timestamp() + ${parameter} * interval '1 microsecond'"),
        Engine::Sqlite => format!("{} + ${parameter}", now_sql(engine)),
    }
}

impl DatabaseBus {
    /// `subscriptions` are those of all services, not only of the roles this process runs.
    pub fn new(db: Db, subscriptions: Vec<Subscription>) -> Self {
        Self { db, subscriptions }
    }

    /// Deliveries that wait, and the age of the oldest: a scaling signal.
    pub async fn depth(&self) -> village_db::Result<i64> {
        let mut reader = self.db.reader().await?;
        let sql = "select (select count(*) from bus_queue) + (select count(*) from bus_outbox)";
        on!(&mut reader, conn => sqlx::query_scalar(sql).fetch_one(conn).await)
    }

    /// Dead events, oldest first.
    pub async fn dead(&self, limit: i64) -> village_db::Result<Vec<DeadEvent>> {
        let mut reader = self.db.reader().await?;
        let sql = "select subscriber, event_id, event, attempts, last_error, died_at
                   from bus_dead
                   order by died_at, subscriber, event_id
                   limit $1";
        on!(&mut reader, conn => sqlx::query_as(sql).bind(limit).fetch_all(conn).await)
    }

    /// Puts a dead event back into its subscriber's queue. `false` when there is none such.
    pub async fn replay(&self, subscriber: &str, event: EventId) -> village_db::Result<bool> {
        transaction!(&self.db, |tx| -> village_db::Result<bool> {
            let requeue = format!(
                "insert into bus_queue (subscriber, event_id, event, attempts, available_at)
                 select subscriber, event_id, event, 0, {now} from bus_dead
                 where subscriber = $1 and event_id = $2
                 on conflict (subscriber, event_id) do nothing",
                now = now_sql(tx.engine())
            );
            execute!(tx, AssertSqlSafe(requeue), subscriber, event)?;
            let forget = "delete from bus_dead where subscriber = $1 and event_id = $2";
            Ok(execute!(tx, forget, subscriber, event)? == 1)
        })
    }
}

fn ids(deliveries: &[Delivery]) -> IdList {
    deliveries.iter().map(|delivery| delivery.event.id).collect()
}

async fn delete(tx: &mut Tx, deliveries: &[Delivery]) -> village_db::Result<()> {
    let Some(first) = deliveries.first() else { return Ok(()) };
    let sql = tx.any_of("delete from bus_queue where subscriber = $1 and event_id = any_of($2)");
    execute!(tx, sql, first.subscriber, ids(deliveries)).map(|_| ())
}

#[async_trait]
impl Bus for DatabaseBus {
    async fn accept(&self, tx: &mut Tx, events: &[CloudEvent]) -> village_db::Result<Vec<&'static str>> {
        let now = now_sql(tx.engine());
        let mut rows = Vec::new();
        let mut subscribers = Vec::new();
        for subscription in &self.subscriptions {
            let before = rows.len();
            for event in events.iter().filter(|event| subscription.event_types.contains(&event.event_type.as_str())) {
                let json = serde_json::to_string(event).map_err(|error| village_db::Error::Encode(error.into()))?;
                rows.push((subscription.subscriber, event.id, json));
            }
            if rows.len() > before {
                subscribers.push(subscription.subscriber);
            }
        }
        for rows in rows.chunks(ROWS) {
            on!(tx, conn => {
                let insert = "insert into bus_queue (subscriber, event_id, event, available_at) ";
                let mut insert = QueryBuilder::new(insert);
                insert.push_values(rows, |mut row, (subscriber, id, json)| {
                    row.push_bind(*subscriber).push_bind(*id).push_bind(json).push(now);
                });
                insert.push(" on conflict (subscriber, event_id) do nothing");
                // Each number of rows is another statement: they are not worth keeping.
                insert.build().persistent(false).execute(conn).await.map(|_| ())
            })?;
        }
        Ok(subscribers)
    }

    async fn receive(
        &self,
        subscriber: &'static str,
        limit: u32,
        lease: Duration,
    ) -> village_db::Result<Vec<Delivery>> {
        // Looking first keeps an idle subscriber off the write path.
        let mut reader = self.db.reader().await?;
        let waiting = format!(
            "select 1 from bus_queue where subscriber = $1 and available_at <= {} limit 1",
            now_sql(reader.engine())
        );
        let waiting: Option<(i32,)> = fetch_optional!(&mut reader, AssertSqlSafe(waiting), subscriber)?;
        drop(reader);
        if waiting.is_none() {
            return Ok(Vec::new());
        }
        let rows = transaction!(&self.db, |tx| -> village_db::Result<Vec<(String, i64)>> {
            let engine = tx.engine();
            let sql = format!(
                "update bus_queue
                 set attempts = attempts + 1, available_at = {later}
                 where subscriber = $1 and event_id in (
                     select event_id from bus_queue
                     where subscriber = $1 and available_at <= {now}
                     order by available_at, event_id
                     limit $3 {lock}
                 )
                 returning event, attempts",
                later = later_sql(engine, 2),
                now = now_sql(engine),
                lock = if engine == Engine::Postgres { "for update skip locked" } else { "" },
            );
            fetch_all!(tx, AssertSqlSafe(sql), subscriber, lease.as_micros() as i64, i64::from(limit))
        })?;
        rows.into_iter()
            .map(|(json, attempts)| {
                let event = serde_json::from_str(&json).map_err(|error| village_db::Error::Decode(error.into()))?;
                Ok(Delivery { subscriber, event, attempts })
            })
            .collect()
    }

    async fn extend(&self, deliveries: &[Delivery], lease: Duration) -> village_db::Result<()> {
        let Some(first) = deliveries.first() else { return Ok(()) };
        transaction!(&self.db, |tx| -> village_db::Result<()> {
            let sql = format!(
                "update bus_queue set available_at = {} where subscriber = $1 and event_id = any_of($2)",
                later_sql(tx.engine(), 3)
            );
            let sql = tx.any_of(&sql);
            execute!(tx, sql, first.subscriber, ids(deliveries), lease.as_micros() as i64)?;
            Ok(())
        })
    }

    async fn done(&self, deliveries: &[Delivery]) -> village_db::Result<()> {
        transaction!(&self.db, |tx| -> village_db::Result<()> { delete(tx, deliveries).await })
    }

    async fn retry(&self, delivery: &Delivery, pause: Duration, error: &str) -> village_db::Result<()> {
        let error: String = error.chars().take(500).collect();
        transaction!(&self.db, |tx| -> village_db::Result<()> {
            let sql = format!(
                "update bus_queue set available_at = {}, last_error = $4 where subscriber = $1 and event_id = $2",
                later_sql(tx.engine(), 3)
            );
            let pause = pause.as_micros() as i64;
            execute!(tx, AssertSqlSafe(sql), delivery.subscriber, delivery.event.id, pause, &error)?;
            Ok(())
        })
    }

    async fn bury(&self, delivery: &Delivery, error: &str) -> village_db::Result<()> {
        let error: String = error.chars().take(500).collect();
        transaction!(&self.db, |tx| -> village_db::Result<()> {
            let sql = format!(
                "insert into bus_dead (subscriber, event_id, event, attempts, last_error, died_at)
                 select subscriber, event_id, event, attempts, $3, {} from bus_queue
                 where subscriber = $1 and event_id = $2
                 on conflict (subscriber, event_id) do nothing",
                now_sql(tx.engine())
            );
            execute!(tx, AssertSqlSafe(sql), delivery.subscriber, delivery.event.id, &error)?;
            delete(tx, std::slice::from_ref(delivery)).await
        })
    }
}
