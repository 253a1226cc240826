//! Writing an event in the transaction of the state it announces.

use std::sync::Arc;

use village_db::{Connection, Tx, execute, fetch_all};
use village_events::{CloudEvent, Event};
use village_kernel::{Clock, EventId};
use village_live::{Hint, Live, SharedLive, Topic};

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
        let now = self.clock.now();
        let id = EventId::new(now);
        let event = CloudEvent::new(id, now, None, event);
        let json = serde_json::to_string(&event).map_err(|error| village_db::Error::Encode(error.into()))?;
        execute!(tx, "insert into bus_outbox (event_id, event) values ($1, $2)", id, json)?;
        let live = self.live.clone();
        tx.after_commit(move || wake(&*live));
        Ok(id)
    }
}

/// Tells relays and workers everywhere that there is work; losing it costs one polling interval.
pub(crate) fn wake(live: &dyn Live) {
    live.publish(Hint::new(Topic::Queue, uuid::Uuid::nil()));
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
