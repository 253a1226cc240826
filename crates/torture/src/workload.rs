//! What clients do, drawn from the seed. A draw never depends on what has happened: it names a message or a person by
//! a number that is folded into however many there are, so that each client's draws are the same in every run.

use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::ChaCha12Rng;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Send,
    /// By HTTP instead of the socket.
    SendOverRest,
    /// A `client_id` that was acknowledged already, as an impatient client does.
    SendAgain,
    /// A copy of a message that the sender can see.
    Forward,
    Read,
    Delivered,
    Typing,
    Edit,
    Delete,
    React,
    Pin,
    Ping,
    Resume,
    /// All of a conversation over REST.
    History,
    /// Leaves without a word and comes back elsewhere.
    Reconnect,
    /// As a new device that has nothing yet.
    StartOver,
    Block,
    Add,
    Remove,
    /// Something in a conversation of others.
    Intrude,
}

/// How often each is done, and how long a client waits between two.
#[derive(Clone, Debug)]
pub struct Habits {
    pub pause: (Duration, Duration),
    pub weights: Vec<(Kind, u32)>,
}

impl Default for Habits {
    fn default() -> Self {
        let weights = vec![
            (Kind::Send, 620),
            (Kind::SendOverRest, 40),
            (Kind::SendAgain, 20),
            (Kind::Forward, 12),
            (Kind::Read, 90),
            (Kind::Delivered, 20),
            (Kind::Typing, 20),
            (Kind::Edit, 60),
            (Kind::Delete, 20),
            (Kind::React, 50),
            (Kind::Pin, 10),
            (Kind::Ping, 20),
            (Kind::Resume, 20),
            (Kind::History, 6),
            (Kind::Reconnect, 30),
            (Kind::StartOver, 4),
            (Kind::Block, 4),
            (Kind::Add, 8),
            (Kind::Remove, 8),
            (Kind::Intrude, 20),
        ];
        Self { pause: (Duration::from_millis(200), Duration::from_millis(1_200)), weights }
    }
}

impl Habits {
    /// Only these, as often as said.
    pub fn only(weights: &[(Kind, u32)]) -> Self {
        Self { weights: weights.to_vec(), ..Self::default() }
    }

    pub fn pause(self, shortest_ms: u64, longest_ms: u64) -> Self {
        Self { pause: (Duration::from_millis(shortest_ms), Duration::from_millis(longest_ms)), ..self }
    }

    /// The next thing to do, and when.
    pub fn draw(&self, random: &mut ChaCha12Rng) -> Choice {
        let total: u32 = self.weights.iter().map(|(_, weight)| weight).sum();
        let mut point = random.random_range(0..total.max(1));
        let mut kind = Kind::Ping;
        for (candidate, weight) in &self.weights {
            if point < *weight {
                kind = *candidate;
                break;
            }
            point -= weight;
        }
        let pause = random.random_range(self.pause.0..=self.pause.1);
        // Few conversations are busy and many are quiet, as among people.
        let place = random.random::<f64>().powi(3);
        Choice { kind, pause, place, one: random.random(), other: random.random(), words: random.random_range(1..12) }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Choice {
    pub kind: Kind,
    pub pause: Duration,
    /// Which conversation: 0 the first, just under 1 the last.
    pub place: f64,
    pub one: u32,
    pub other: u32,
    pub words: usize,
}

impl Choice {
    pub fn place_of<'a, T>(&self, places: &'a [T]) -> Option<&'a T> {
        places.get((self.place * places.len() as f64) as usize)
    }

    pub fn one_of<'a, T>(&self, things: &'a [T]) -> Option<&'a T> {
        things.get(self.one as usize % things.len().max(1))
    }

    pub fn other_of<'a, T>(&self, things: &'a [T]) -> Option<&'a T> {
        things.get(self.other as usize % things.len().max(1))
    }
}

const WORDS: [&str; 12] =
    ["she", "slept", "through", "the", "night", "and", "woke", "at", "three", "for", "milk", "again"];

/// What is said after the `client_id`. Now and then it names one of the people, who may take part or not.
pub fn words(choice: &Choice, people: usize) -> String {
    let mut words: Vec<String> =
        (0..choice.words).map(|word| WORDS[(choice.other as usize + word * 5) % WORDS.len()].to_owned()).collect();
    if choice.one.is_multiple_of(10) {
        words.push(format!("@{}", handle(choice.other as usize % people.max(1))));
    }
    words.join(" ")
}

/// By which a person can be named.
pub fn handle(number: usize) -> String {
    format!("person{number}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn a_seed_repeats_what_is_done() {
        let draws = |seed| {
            let mut random = ChaCha12Rng::seed_from_u64(seed);
            (0..50).map(|_| format!("{:?}", Habits::default().draw(&mut random))).collect::<Vec<_>>()
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
    }
}
