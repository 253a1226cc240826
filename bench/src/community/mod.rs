//! A community to measure on: made from a seed, of any size, with the few who have many followers and the many who
//! have few.

mod database;
pub mod ids;
pub mod network;
mod posts;
pub mod random;
pub mod store;
pub mod tables;
mod talk;
mod words;

pub use database::{Loaded, load};

use serde::{Deserialize, Serialize};

/// What a community is made of. Everything follows from this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    pub people: u32,
    /// Audiences with more people are not copied into timelines, as `feed.large_audience` says for the engine.
    pub large_audience: u32,
}

/// Changes when what is generated from a shape does.
const GENERATION: u32 = 2;

/// Entries of a whole timeline; see `timeline_entries` in the settings of posts.
const TIMELINE: usize = 800;
/// Entries of the timelines that no measure reads. They keep the table large without filling the disk.
const UNREAD_TIMELINE: usize = 40;
/// Large audiences that each of [`Shape::with_large`] is part of.
pub const LARGE_SOURCES: u32 = 20;

impl Shape {
    pub fn follows(self) -> u32 {
        self.people * 50
    }

    pub fn posts(self) -> u32 {
        self.people * 10
    }

    pub fn messages(self) -> u32 {
        self.people * 10
    }

    pub fn likes(self) -> u32 {
        self.people * 3
    }

    pub fn channels(self) -> u32 {
        (self.people / 100).max(4)
    }

    pub fn conversations(self) -> u32 {
        self.people
    }

    /// People in whose names measures read and write.
    pub fn readers(self) -> u32 {
        self.people.min(10_000)
    }

    /// The `position`th of them; they are spread over the whole community.
    pub fn reader(self, position: u32) -> u32 {
        position * (self.people / self.readers())
    }

    fn is_reader(self, person: u32) -> bool {
        person.is_multiple_of(self.people / self.readers())
    }

    fn cohort(self) -> u32 {
        (self.people / 500).min(200)
    }

    /// People who follow the authors with the most followers, among others.
    pub fn with_large(self) -> std::ops::Range<u32> {
        self.people - 2 * self.cohort()..self.people - self.cohort()
    }

    /// As many who follow nobody with a large audience, and are in no channel with one.
    pub fn without_large(self) -> std::ops::Range<u32> {
        self.people - self.cohort()..self.people
    }

    fn has_whole_timeline(self, person: u32) -> bool {
        self.is_reader(person) || person >= self.with_large().start
    }

    /// Changes whenever a database that was filled before is of no use any more.
    fn key(self, schema: &str) -> String {
        let text = format!("{GENERATION} {} {} {schema}", self.people, self.large_audience);
        // FNV-1a, which is the same everywhere.
        let hash = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        format!("{hash:016x}")
    }
}
