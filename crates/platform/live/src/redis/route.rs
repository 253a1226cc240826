//! Which hint goes to which node.

use std::collections::{HashMap, HashSet};

use redis::{Cmd, RedisResult, Value, cmd};
use uuid::Uuid;

use super::connect::{Keys, Link};
use crate::{Hint, Interest, Topic, wire};

/// Far below what Redis takes, and small enough to be read at once.
const PAYLOAD_LIMIT_BYTES: usize = 32 * 1024;

impl Hint {
    /// Whose hint it is; `None` when it is for every node.
    fn concerns(&self) -> Option<Interest> {
        match self.topic {
            Topic::Conversation | Topic::ReadMark | Topic::Typing => Some(Interest::Conversation(self.key)),
            Topic::Membership | Topic::Notification | Topic::Blocks => Some(Interest::Person(self.key)),
            Topic::Presence => Some(Interest::Watch(self.key)),
            Topic::Session
            | Topic::Account
            | Topic::Profile
            | Topic::Post
            | Topic::Channel
            | Topic::Media
            | Topic::Outbox
            | Topic::Queue => None,
        }
    }
}

/// Sends each hint of the batch to the nodes it concerns: one question for the whole batch, then one message for each
/// node. `lost` tells all nodes that hints were dropped.
pub async fn send(keys: &Keys, mut link: Link, batch: &[Hint], lost: bool) -> RedisResult<()> {
    let mut asked = Vec::new();
    let mut seen = HashSet::new();
    asked.extend(batch.iter().filter_map(Hint::concerns).filter(|interest| seen.insert(*interest)));
    let attending = attending(keys, &mut link, &asked).await?;

    let mut wide = Vec::new();
    let mut narrow: HashMap<Uuid, Vec<Hint>> = HashMap::new();
    for hint in batch {
        let Some(interest) = hint.concerns() else {
            wide.push(*hint);
            continue;
        };
        for node in attending.get(&interest).into_iter().flatten().filter(|node| **node != link.node) {
            narrow.entry(*node).or_default().push(*hint);
        }
    }

    let pack = |hints: &[Hint]| wire::pack(link.origin, hints, PAYLOAD_LIMIT_BYTES);
    let everybody = keys.channel_of_all();
    let mut publish: Vec<Cmd> = pack(&wide).into_iter().map(|payload| to(&everybody, payload)).collect();
    for (node, hints) in &narrow {
        let channel = keys.channel(&node.simple());
        publish.extend(pack(hints).into_iter().map(|payload| to(&channel, payload)));
    }
    if lost {
        publish.push(to(&everybody, wire::pack_lost(link.origin)));
    }
    link.commands.run(&publish).await?;
    metrics::counter!("village_live_published_hints_total").increment(batch.len() as u64);
    Ok(())
}

fn to(channel: &str, payload: String) -> Cmd {
    let mut publish = cmd("PUBLISH");
    publish.arg(channel).arg(payload);
    publish
}

/// The living nodes that attend to each.
async fn attending(keys: &Keys, link: &mut Link, asked: &[Interest]) -> RedisResult<HashMap<Interest, Vec<Uuid>>> {
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    let now = link.clock.now();
    let members = |key: String| {
        let mut range = cmd("ZRANGEBYSCORE");
        range.arg(key).arg(now).arg("+inf");
        range
    };
    let questions: Vec<Cmd> =
        [keys.nodes()].into_iter().chain(asked.iter().map(|interest| keys.interest(*interest))).map(members).collect();
    let mut answers = link.commands.run(&questions).await?.into_iter().map(nodes);
    let alive: HashSet<Uuid> = answers.next().transpose()?.unwrap_or_default().into_iter().collect();
    let mut attending = HashMap::with_capacity(asked.len());
    for (interest, nodes) in asked.iter().zip(answers) {
        let nodes = nodes?.into_iter().filter(|node| alive.contains(node)).collect();
        attending.insert(*interest, nodes);
    }
    Ok(attending)
}

/// What is not an id was not written by us.
fn nodes(answer: Value) -> RedisResult<Vec<Uuid>> {
    let names: Vec<String> = redis::from_redis_value(answer)?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

pub async fn present_among(keys: &Keys, mut link: Link, people: Vec<Uuid>) -> RedisResult<Vec<Uuid>> {
    let asked: Vec<Interest> = people.into_iter().map(Interest::Present).collect();
    let attending = attending(keys, &mut link, &asked).await?;
    let present = attending.into_iter().filter(|(_, nodes)| !nodes.is_empty());
    Ok(present
        .filter_map(|(interest, _)| match interest {
            Interest::Present(person) => Some(person),
            _ => None,
        })
        .collect())
}
