//! For several processes over one PostgreSQL database without Redis: `listen`/`notify`, ids only.
//!
//! Hints wait a few milliseconds in a bounded queue and leave together in one statement, because each
//! `notify` takes a database-wide lock at commit. Own hints reach local subscribers directly; their echo is dropped.

use std::fmt::Write as _;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Hint, InProcessLive, Live, Received, Subscription, Topic};

const CHANNEL: &str = "village_live";
/// PostgreSQL refuses payloads of 8,000 bytes and more.
const PAYLOAD_LIMIT_BYTES: usize = 7_900;
const QUEUE: usize = 8_192;
const GATHER: Duration = Duration::from_millis(2);

pub struct PostgresLive {
    local: InProcessLive,
    outgoing: mpsc::Sender<Hint>,
}

impl PostgresLive {
    /// Starts listening and sending; both end with `stop`.
    pub async fn start(pool: PgPool, stop: CancellationToken) -> sqlx::Result<Self> {
        let node = Uuid::new_v4();
        let local = InProcessLive::default();
        let (outgoing, queue) = mpsc::channel(QUEUE);
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(CHANNEL).await?;
        tokio::spawn(receive(listener, node, local.clone(), stop.clone()));
        tokio::spawn(send(pool, node, queue, stop));
        Ok(Self { local, outgoing })
    }
}

impl Live for PostgresLive {
    fn publish(&self, hint: Hint) {
        self.local.publish(hint);
        if self.outgoing.try_send(hint).is_err() {
            metrics_dropped();
        }
    }

    fn subscribe(&self) -> Subscription {
        self.local.subscribe()
    }
}

fn metrics_dropped() {
    tracing::debug!("the queue of hints is full; one was dropped");
}

async fn receive(mut listener: PgListener, node: Uuid, local: InProcessLive, stop: CancellationToken) {
    let own = node.simple().to_string();
    loop {
        let received = tokio::select! {
            () = stop.cancelled() => return,
            received = listener.try_recv() => received,
        };
        match received {
            Ok(Some(notification)) => {
                let mut parts = notification.payload().split(';');
                if parts.next() == Some(own.as_str()) {
                    continue;
                }
                for hint in parts.filter_map(decode) {
                    local.publish(hint);
                }
            }
            // The connection was lost and made again: anything may have been said meanwhile.
            Ok(None) => {
                let _ = local.sender.send(Received::Missed);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot listen for hints; trying again");
                tokio::time::sleep(Duration::from_secs(1)).await;
                let _ = local.sender.send(Received::Missed);
            }
        }
    }
}

async fn send(pool: PgPool, node: Uuid, mut queue: mpsc::Receiver<Hint>, stop: CancellationToken) {
    let mut batch = Vec::new();
    loop {
        batch.clear();
        tokio::select! {
            () = stop.cancelled() => return,
            received = queue.recv_many(&mut batch, 256) => if received == 0 { return },
        }
        tokio::time::sleep(GATHER).await;
        while batch.len() < 1_024 {
            match queue.try_recv() {
                Ok(hint) => batch.push(hint),
                Err(_) => break,
            }
        }
        for payload in payloads(node, &batch) {
            let sent = sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(payload).execute(&pool).await;
            if let Err(error) = sent {
                tracing::debug!(%error, "hints could not be sent");
            }
        }
    }
}

/// The batch without repetitions, packed into as few payloads as the limit allows.
fn payloads(node: Uuid, batch: &[Hint]) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let mut payloads = Vec::new();
    let mut current = node.simple().to_string();
    let empty = current.len();
    for hint in batch.iter().filter(|hint| seen.insert(**hint)) {
        let text = encode(hint);
        if current.len() + 1 + text.len() > PAYLOAD_LIMIT_BYTES {
            payloads.push(std::mem::replace(&mut current, node.simple().to_string()));
        }
        current.push(';');
        current.push_str(&text);
    }
    if current.len() > empty {
        payloads.push(current);
    }
    payloads
}

const TOPICS: [(Topic, &str); 11] = [
    (Topic::Conversation, "conversation"),
    (Topic::Membership, "membership"),
    (Topic::ReadMark, "read"),
    (Topic::Notification, "notification"),
    (Topic::Session, "session"),
    (Topic::Account, "account"),
    (Topic::Profile, "profile"),
    (Topic::Post, "post"),
    (Topic::Channel, "channel"),
    (Topic::Media, "media"),
    (Topic::Queue, "queue"),
];

fn encode(hint: &Hint) -> String {
    let name = TOPICS.iter().find(|(topic, _)| *topic == hint.topic).map_or("", |(_, name)| name);
    let mut text = format!("{name}:{}:{}", hint.key.simple(), hint.mark);
    if let Some(other) = hint.other {
        let _ = write!(text, ":{}", other.simple());
    }
    text
}

/// `None` for what a newer version may send.
fn decode(text: &str) -> Option<Hint> {
    let mut parts = text.split(':');
    let name = parts.next()?;
    let topic = TOPICS.iter().find(|(_, known)| *known == name)?.0;
    let key = parts.next()?.parse().ok()?;
    let mark = parts.next()?.parse().ok()?;
    let other = match parts.next() {
        Some(other) => Some(other.parse().ok()?),
        None => None,
    };
    Some(Hint { topic, key, other, mark })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_survives_the_wire() {
        for (topic, _) in TOPICS {
            let hint = Hint::new(topic, Uuid::from_u128(7)).mark(-3).other(Uuid::from_u128(9));
            assert_eq!(decode(&encode(&hint)), Some(hint));
            let plain = Hint::new(topic, Uuid::from_u128(7));
            assert_eq!(decode(&encode(&plain)), Some(plain));
        }
        assert_eq!(decode("tomorrow:00:1"), None);
    }

    #[test]
    fn payloads_stay_under_the_limit_and_repeat_nothing() {
        let hint = |n: u128| Hint::new(Topic::Conversation, Uuid::from_u128(n)).mark(i64::MAX);
        let batch: Vec<Hint> = (0..500).chain(0..500).map(hint).collect();
        let payloads = payloads(Uuid::nil(), &batch);
        assert!(payloads.iter().all(|payload| payload.len() <= PAYLOAD_LIMIT_BYTES));
        assert_eq!(payloads.iter().map(|payload| payload.split(';').count() - 1).sum::<usize>(), 500);
    }
}
