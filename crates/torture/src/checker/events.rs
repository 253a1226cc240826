//! The bus, in the end: each message has its event, and each event has come to whoever is to hear of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::checker::Rule;
use crate::checker::finale::Findings;
use crate::history::Waiting;

/// Who tells of messages.
const SUBSCRIBER: &str = "notifications.tell_of_message";

#[derive(Default)]
pub(super) struct Events {
    /// Event → message.
    sent: BTreeMap<String, String>,
    /// Events that were sent twice under one id.
    again: Vec<String>,
    /// Event and subscriber → how often it was put into that queue.
    queued: HashMap<(String, String), u64>,
    waiting: HashMap<String, Waiting>,
}

impl Events {
    pub fn sent(&mut self, event: &str, message: &str) {
        if self.sent.insert(event.to_owned(), message.to_owned()).is_some() {
            self.again.push(event.to_owned());
        }
    }

    pub fn queued(&mut self, event: &str, subscriber: &str) {
        *self.queued.entry((event.to_owned(), subscriber.to_owned())).or_default() += 1;
    }

    pub fn waiting(&mut self, event: &str, place: Waiting) {
        self.waiting.insert(event.to_owned(), place);
    }

    /// Events of messages, and how many of them were handled.
    pub fn counts(&self) -> (u64, u64) {
        let is_handled = |event: &&String| {
            self.queued.contains_key(&((*event).clone(), SUBSCRIBER.to_owned())) && !self.waiting.contains_key(*event)
        };
        (self.sent.len() as u64, self.sent.keys().filter(is_handled).count() as u64)
    }

    /// `texts` are messages, which must have an event each; `rows` is everything of which there may be one.
    pub fn check(&self, texts: &HashSet<&str>, rows: &HashSet<&str>, wrong: &mut Findings) {
        let mut of_message: HashMap<&str, u64> = HashMap::new();
        for message in self.sent.values() {
            *of_message.entry(message).or_default() += 1;
        }
        for id in texts {
            match of_message.get(id).copied().unwrap_or_default() {
                1 => {}
                count => wrong.push((Rule::Event, format!("the message {id} has {count} events"))),
            }
        }
        for (event, message) in &self.sent {
            if !rows.contains(message.as_str()) {
                wrong.push((Rule::Event, format!("there is an event of {message}, and no such message")));
            }
            let queued = self.queued.get(&(event.clone(), SUBSCRIBER.to_owned())).copied().unwrap_or_default();
            let is = match (queued, self.waiting.get(event)) {
                (_, Some(Waiting::Outbox)) => "was never taken out of the outbox".to_owned(),
                (0, _) => "was taken out of the outbox and put into no queue".to_owned(),
                (1, Some(Waiting::Queue)) => "was handed to nobody".to_owned(),
                (1, Some(Waiting::Dead)) => "was given up".to_owned(),
                (1, Some(Waiting::Again) | None) => continue,
                (times, _) => format!("was put into the queue {times} times"),
            };
            wrong.push((Rule::Event, format!("the event {event} of the message {message} {is}")));
        }
        wrong.extend(self.again.iter().map(|event| (Rule::Event, format!("the event {event} was published twice"))));
    }
}
