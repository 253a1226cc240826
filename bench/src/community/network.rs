//! Who follows whom, and who is in which channel.

use std::collections::HashSet;

use super::random::{Random, Shuffle, Zipf};
use super::{LARGE_SOURCES, Shape};

/// For each of some things a sorted list, all in one piece.
#[derive(Default)]
pub struct Lists {
    starts: Vec<u32>,
    members: Vec<u32>,
}

impl Lists {
    /// From sorted pairs (thing, member), of `count` things.
    fn of(count: u32, pairs: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut lists = Self { starts: Vec::with_capacity(count as usize + 1), members: Vec::new() };
        for (thing, member) in pairs {
            while lists.starts.len() <= thing as usize {
                lists.starts.push(lists.members.len() as u32);
            }
            lists.members.push(member);
        }
        lists.starts.resize(count as usize + 1, lists.members.len() as u32);
        lists
    }

    pub fn get(&self, thing: u32) -> &[u32] {
        let bound = |at: u32| self.starts[at as usize] as usize;
        &self.members[bound(thing)..bound(thing + 1)]
    }

    pub fn count(&self) -> u32 {
        self.starts.len() as u32 - 1
    }

    pub fn pairs(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..self.count()).flat_map(|thing| self.get(thing).iter().map(move |member| (thing, *member)))
    }

    fn turned(&self, count: u32) -> Self {
        let mut pairs: Vec<(u32, u32)> = self.pairs().map(|(thing, member)| (member, thing)).collect();
        pairs.sort_unstable();
        Self::of(count, pairs.into_iter())
    }
}

pub struct Network {
    /// By person, whom they follow.
    pub following: Lists,
    /// By person, who follows them.
    pub followers: Lists,
    /// By channel, its members. The first channels are the largest.
    pub members: Lists,
    /// By person, the channels they are in.
    pub channels: Lists,
    /// From rank (0 has the most followers) to person.
    pub by_rank: Shuffle,
}

impl Network {
    pub fn of(shape: Shape) -> Self {
        let by_rank = Shuffle::new(shape.people);
        let mut random = Random::new(0x0f01_1035);
        let following = Lists::of(shape.people, follows(shape, by_rank, &mut random).into_iter());
        let mut memberships = memberships(shape, &mut random);
        memberships.sort_unstable();
        let members = Lists::of(shape.channels(), memberships.into_iter());
        Self {
            followers: following.turned(shape.people),
            channels: members.turned(shape.people),
            following,
            members,
            by_rank,
        }
    }

    /// Everybody sees it, or members only. The largest are open.
    pub fn is_open(channel: u32) -> bool {
        channel < 4 || !channel.is_multiple_of(3)
    }

    /// The first to join.
    pub fn owner(&self, channel: u32) -> u32 {
        self.members.get(channel)[0]
    }
}

/// Sorted pairs (follower, followee). How many somebody follows, and how many follow them, both fall off as powers.
fn follows(shape: Shape, by_rank: Shuffle, random: &mut Random) -> Vec<(u32, u32)> {
    let popularity = Zipf::new(shape.people, 0.8);
    let large: Vec<u32> = (0..LARGE_SOURCES.min(shape.people / 4)).map(|rank| by_rank.of(rank)).collect();
    let degrees = degrees(shape, random);
    let mut follows = Vec::with_capacity(shape.follows() as usize);
    let mut chosen: HashSet<u32> = HashSet::new();
    for person in 0..shape.people {
        let wanted = degrees[person as usize] as usize;
        chosen.clear();
        let (with, without) = (shape.with_large().contains(&person), shape.without_large().contains(&person));
        if with {
            chosen.extend(large.iter().filter(|followee| **followee != person));
        }
        while chosen.len() < wanted {
            let rank = popularity.draw(random);
            let followee = by_rank.of(rank);
            // These two groups differ in the large audiences and in nothing else: so both leave out all others
            // who have many followers on either engine.
            let is_left_out = (with || without) && rank < shape.people / 200;
            if followee != person && !is_left_out {
                chosen.insert(followee);
            }
        }
        follows.extend(chosen.iter().map(|followee| (person, *followee)));
    }
    follows.sort_unstable();
    follows
}

/// How many people each person follows: a power law between 10 and a thousand, 50 on average and exact in sum.
fn degrees(shape: Shape, random: &mut Random) -> Vec<u32> {
    let most = (shape.people / 4).min(1_000);
    let is_fixed = |person: u32| person >= shape.with_large().start;
    let mut degrees: Vec<u32> = (0..shape.people)
        .map(|person| {
            let pareto = 19.0 * (1.0 - random.share()).powf(-1.0 / 1.6);
            if is_fixed(person) { 50 } else { (pareto as u32).clamp(10, most) }
        })
        .collect();
    let mut sum: i64 = degrees.iter().map(|degree| i64::from(*degree)).sum();
    // What is missing or too much is spread over everybody.
    while sum != i64::from(shape.follows()) {
        let person = random.below(shape.people);
        let degree = &mut degrees[person as usize];
        if is_fixed(person) {
            continue;
        }
        if sum < i64::from(shape.follows()) && *degree < most {
            *degree += 1;
            sum += 1;
        } else if sum > i64::from(shape.follows()) && *degree > 5 {
            *degree -= 1;
            sum -= 1;
        }
    }
    degrees
}

/// Pairs (channel, member): five memberships a person on average, the largest channel with a third of everybody.
fn memberships(shape: Shape, random: &mut Random) -> Vec<(u32, u32)> {
    let sizes = Zipf::new(shape.channels(), 0.8).split(shape.people * 5);
    let mut pairs = Vec::new();
    let mut chosen: HashSet<u32> = HashSet::new();
    for (channel, size) in sizes.into_iter().enumerate() {
        let size = size.clamp(2, shape.people / 3) as usize;
        let spread = Shuffle::new(shape.with_large().start);
        chosen.clear();
        while chosen.len() < size {
            // Nobody of the two groups that are compared is in a channel.
            chosen.insert(spread.of(random.below(shape.with_large().start)));
        }
        pairs.extend(chosen.iter().map(|member| (channel as u32, *member)));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_agree_and_few_have_most_followers() {
        let shape = Shape { people: 2_000, large_audience: 100 };
        let network = Network::of(shape);
        assert_eq!(network.following.pairs().count(), shape.follows() as usize);
        let mut turned: Vec<_> = network.followers.pairs().map(|(followee, follower)| (follower, followee)).collect();
        turned.sort_unstable();
        assert!(network.following.pairs().eq(turned));
        let count = |rank| network.followers.get(network.by_rank.of(rank)).len();
        assert!(count(0) > 10 * count(1_000) && count(5) > count(100), "{} {}", count(0), count(1_000));
    }

    #[test]
    fn the_compared_groups_differ_in_large_audiences_only() {
        let shape = Shape { people: 5_000, large_audience: 800 };
        let network = Network::of(shape);
        let large = |person: u32| {
            let followees = network.following.get(person);
            followees.iter().filter(|followee| network.followers.get(**followee).len() > 800).count()
        };
        assert!(shape.with_large().all(|person| large(person) >= 15));
        assert!(shape.without_large().all(|person| large(person) == 0));
        assert!((shape.with_large().start..5_000).all(|person| network.channels.get(person).is_empty()));
    }
}
