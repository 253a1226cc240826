//! Writing an event in the transaction of the state it announces.

use std::sync::Arc;

use village_db::{Connection, Tx, execute, fetch_all};
use village_events::{CloudEvent, Event};
use village_kernel::{Clock, EventId};
use village_live::{Hint, SharedLive, Topic};

/// Where use cases publish. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    clock: Arc<dyn Clock>,
    live: SharedLive,
}

impl Outbox {
    pub fn new(clock: Arc<dyn Clock>, live: SharedLive) -> Self {
        Self { clock, live }
    }

    /// Publishes `event` if and only if `tx` commits.
    pub async fn publish<E: Event>(&self, tx: &mut Tx, event: &E) -> village_db::Result<EventId> {
        let (id, json) = self.encode(event)?;
        execute!(tx, "insert into bus_outbox (event_id, event) values ($1, $2)", id, json)?;
        self.wake_after_commit(tx);
        Ok(id)
    }

    /// For a statement that writes the event together with the state it announces, see [`publish_sql!`]. Whoever
    /// executes it calls [`Self::wake_after_commit`]. `event` has [`UNKNOWN`] where it holds the number that only the
    /// statement knows.
    pub fn prepare<E: Event>(&self, event: &E) -> village_db::Result<PreparedEvent> {
        let (id, json) = self.encode(event)?;
        let (before, after) = json.split_once(&UNKNOWN.to_string()).unwrap_or((&json, ""));
        Ok(PreparedEvent { id, before: before.to_owned(), after: after.to_owned() })
    }

    pub fn wake_after_commit(&self, tx: &mut Tx) {
        let live = self.live.clone();
        tx.after_commit(move || live.publish(Hint::new(Topic::Outbox, uuid::Uuid::nil())));
    }

    fn encode<E: Event>(&self, event: &E) -> village_db::Result<(EventId, String)> {
        let now = self.clock.now();
        let id = EventId::new(now);
        let event = CloudEvent::new(id, now, None, event);
        let json = serde_json::to_string(&event).map_err(|error| village_db::Error::Encode(error.into()))?;
        Ok((id, json))
    }

    /// For showing that the torture test finds messages without events.
    #[cfg(feature = "sabotage")]
    pub async fn take_back(&self, tx: &mut Tx, event: EventId) -> village_db::Result<()> {
        execute!(tx, "delete from bus_outbox where event_id = $1", event).map(|_| ())
    }
}

/// Stands in a prepared event for a number that the database gives out: its JSON is cut in two there.
pub const UNKNOWN: i64 = i64::MAX;

/// An event whose row another statement writes.
#[derive(Clone, Debug)]
pub struct PreparedEvent {
    pub id: EventId,
    /// Its JSON before and after the number.
    pub before: String,
    pub after: String,
}

/// The clause that writes the row of a [`PreparedEvent`], which is bound to the three parameters:
/// `publish_sql!("$1", "$2", "$3", "last_seq", "from …")` with the number as the fourth.
#[macro_export]
macro_rules! publish_sql {
    ($id:literal, $before:literal, $after:literal, $number:literal, $from:literal) => {
        concat!(
            "insert into bus_outbox (event_id, event) select ",
            $id,
            ", ",
            $before,
            " || ",
            $number,
            " || ",
            $after,
            " ",
            $from
        )
    };
}

/// Takes up to `limit` committed events out of the outbox; they are gone when `tx` commits.
/// Claimed by what is there, never by a cursor over ids: a transaction that commits late would be skipped.
pub(crate) async fn take(tx: &mut Tx, limit: i64) -> village_db::Result<Vec<CloudEvent>> {
    let sql = match tx.engine() {
        village_db::Engine::Postgres => {
            "delete from bus_outbox
             where event_id in (select event_id from bus_outbox order by event_id limit $1 for update skip locked)
             returning event"
        }
        village_db::Engine::Sqlite => {
            "delete from bus_outbox
             where event_id in (select event_id from bus_outbox order by event_id limit $1)
             returning event"
        }
    };
    let rows: Vec<(String,)> = fetch_all!(tx, sql, limit)?;
    rows.iter()
        .map(|(json,)| serde_json::from_str(json).map_err(|error| village_db::Error::Decode(error.into())))
        .collect()
}
