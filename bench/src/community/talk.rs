//! Who writes with whom, and how much.

use std::collections::HashSet;

use super::Shape;
use super::network::Network;
use super::random::{Random, Shuffle, Zipf};

/// A conversation of two who know each other.
pub struct Talk {
    pub one: u32,
    pub other: u32,
    pub messages: u32,
}

/// The first [`Shape::readers`] belong to the readers, one each.
pub fn talks(shape: Shape, network: &Network) -> Vec<Talk> {
    let mut random = Random::new(0x7a1c_0000);
    let sizes = Zipf::new(shape.conversations(), 0.8).split(shape.messages());
    let by_size = Shuffle::new(shape.conversations());
    let mut pairs = HashSet::new();
    (0..shape.conversations())
        .map(|number| {
            let mut tries = 0;
            loop {
                let one = if number < shape.readers() { shape.reader(number) } else { random.below(shape.people) };
                let known = network.following.get(one);
                // Who has a conversation with everybody they follow writes with a stranger.
                tries += 1;
                let other = match tries {
                    ..100 => known[random.below(known.len() as u32) as usize],
                    _ => random.below(shape.people),
                };
                if one != other && pairs.insert((one.min(other), one.max(other))) {
                    return Talk { one, other, messages: sizes[by_size.of(number) as usize] };
                }
            }
        })
        .collect()
}
