//! Hints as text. It crosses the wire between versions, so a name never changes its meaning, and unknown ones are
//! skipped: they come from a newer version.

use std::collections::HashSet;
use std::fmt::Write as _;

use uuid::Uuid;

use crate::{Hint, Topic};

const TOPICS: [(Topic, &str); 15] = [
    (Topic::Conversation, "conversation"),
    (Topic::Membership, "membership"),
    (Topic::ReadMark, "read"),
    (Topic::Notification, "notification"),
    (Topic::Typing, "typing"),
    (Topic::Presence, "presence"),
    (Topic::Blocks, "blocks"),
    (Topic::Session, "session"),
    (Topic::Account, "account"),
    (Topic::Profile, "profile"),
    (Topic::Post, "post"),
    (Topic::Channel, "channel"),
    (Topic::Media, "media"),
    (Topic::Outbox, "outbox"),
    (Topic::Queue, "queue"),
];

/// Says that hints were lost on their way: whoever reads it tells its subscribers.
const LOST: &str = "lost";

/// What one payload says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Payload {
    pub hints: Vec<Hint>,
    pub lost: bool,
}

/// The batch without repetitions, packed in order into as few payloads as the limit allows. Each begins with its
/// origin, so that a node knows its own.
pub fn pack(origin: Uuid, batch: &[Hint], limit_bytes: usize) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut payloads = Vec::new();
    let mut current = origin.simple().to_string();
    let empty = current.len();
    for hint in batch.iter().filter(|hint| seen.insert(**hint)) {
        let text = encode(hint);
        if current.len() + 1 + text.len() > limit_bytes {
            payloads.push(std::mem::replace(&mut current, origin.simple().to_string()));
        }
        current.push(';');
        current.push_str(&text);
    }
    if current.len() > empty {
        payloads.push(current);
    }
    payloads
}

pub fn pack_lost(origin: Uuid) -> String {
    format!("{};{LOST}", origin.simple())
}

/// `None` when `own` sent it.
pub fn unpack(own: Uuid, payload: &str) -> Option<Payload> {
    let mut parts = payload.split(';');
    if parts.next()?.parse::<Uuid>() == Ok(own) {
        return None;
    }
    let mut unpacked = Payload::default();
    for part in parts {
        match part {
            LOST => unpacked.lost = true,
            hint => unpacked.hints.extend(decode(hint)),
        }
    }
    Some(unpacked)
}

fn encode(hint: &Hint) -> String {
    let name = TOPICS.iter().find(|(topic, _)| *topic == hint.topic).map_or("", |(_, name)| name);
    let mut text = format!("{name}:{}:{}", hint.key.simple(), hint.mark);
    if let Some(other) = hint.other {
        let _ = write!(text, ":{}", other.simple());
    }
    text
}

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

    const ONE: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    #[test]
    fn every_topic_survives_the_wire() {
        for (topic, _) in TOPICS {
            let hint = Hint::new(topic, Uuid::from_u128(7)).mark(-3).other(Uuid::from_u128(9));
            let plain = Hint::new(topic, Uuid::from_u128(7));
            let payloads = pack(ONE, &[hint, plain], 1_000);
            assert_eq!(unpack(OTHER, &payloads[0]).unwrap().hints, [hint, plain]);
            assert_eq!(unpack(ONE, &payloads[0]), None, "its own");
        }
    }

    #[test]
    fn what_is_not_understood_is_skipped() {
        let hint = Hint::new(Topic::Post, ONE);
        let payload = format!("{};tomorrow:00:1;post;;post:x:y;{}", ONE.simple(), encode(&hint));
        assert_eq!(unpack(OTHER, &payload), Some(Payload { hints: vec![hint], lost: false }));
        assert_eq!(unpack(OTHER, ""), Some(Payload::default()));
        assert!(unpack(OTHER, &pack_lost(ONE)).unwrap().lost);
    }

    #[test]
    fn payloads_stay_under_the_limit_and_repeat_nothing() {
        let hint = |n: u128| Hint::new(Topic::Conversation, Uuid::from_u128(n)).mark(i64::MAX);
        let batch: Vec<Hint> = (0..500).chain(0..500).map(hint).collect();
        let payloads = pack(ONE, &batch, 7_900);
        assert!(payloads.iter().all(|payload| payload.len() <= 7_900));
        let unpacked: Vec<Hint> = payloads.iter().flat_map(|payload| unpack(OTHER, payload).unwrap().hints).collect();
        assert_eq!(unpacked, (0..500).map(hint).collect::<Vec<_>>(), "in order");
    }
}
