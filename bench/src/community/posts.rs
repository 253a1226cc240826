//! What was posted, and whose timelines it is in: as if each post had been fanned out when it was written.

use std::collections::HashMap;

use super::ids::{CHANNEL, POST, person, thing};
use super::network::Network;
use super::random::{Random, Zipf};
use super::{Shape, TIMELINE, UNREAD_TIMELINE};

#[derive(Clone, Copy)]
pub struct Post {
    pub author: u32,
    pub channel: Option<u32>,
    pub likes: u32,
}

pub struct Posts {
    /// In the order in which they were written.
    pub posts: Vec<Post>,
    /// Pairs (post, person), sorted.
    pub likes: Vec<(u32, u32)>,
    /// By person, posts from new to old.
    pub timelines: Vec<Vec<u32>>,
    /// By person or channel whose audience is large, recent posts from new to old.
    pub large: HashMap<uuid::Uuid, Vec<u32>>,
}

impl Posts {
    pub fn of(shape: Shape, network: &Network) -> Self {
        let mut random = Random::new(0x0705_7500);
        // Who has many followers writes more, but not by as much.
        let activity = Zipf::new(shape.people, 0.5);
        let mut posts: Vec<Post> = (0..shape.posts())
            .map(|_| {
                let author = network.by_rank.of(activity.draw(&mut random));
                let channels = network.channels.get(author);
                let in_channel = !channels.is_empty() && random.below(2) == 0;
                let channel = in_channel.then(|| channels[random.below(channels.len() as u32) as usize]);
                Post { author, channel, likes: 0 }
            })
            .collect();
        let likes = likes(shape, &mut posts, &mut random);
        let (timelines, large) = fanned_out(shape, network, &posts);
        Self { posts, likes, timelines, large }
    }
}

/// Newer posts have more likes, and some far more than others.
fn likes(shape: Shape, posts: &mut [Post], random: &mut Random) -> Vec<(u32, u32)> {
    let favour = Zipf::new(shape.posts(), 0.6);
    let mut likes: Vec<(u32, u32)> =
        (0..shape.likes()).map(|_| (shape.posts() - 1 - favour.draw(random), random.below(shape.people))).collect();
    likes.sort_unstable();
    likes.dedup();
    for (post, _) in &likes {
        posts[*post as usize].likes += 1;
    }
    likes
}

/// From the newest post to the oldest, so that whoever has enough is not looked at again.
fn fanned_out(shape: Shape, network: &Network, posts: &[Post]) -> (Vec<Vec<u32>>, HashMap<uuid::Uuid, Vec<u32>>) {
    let room = |person: u32| if shape.has_whole_timeline(person) { TIMELINE } else { UNREAD_TIMELINE };
    let mut timelines: Vec<Vec<u32>> = vec![Vec::new(); shape.people as usize];
    let mut large: HashMap<uuid::Uuid, Vec<u32>> = HashMap::new();
    let mut hungry_followers: Vec<Vec<u32>> =
        (0..shape.people).map(|author| network.followers.get(author).to_vec()).collect();
    let mut hungry_members: Vec<Vec<u32>> =
        (0..shape.channels()).map(|channel| network.members.get(channel).to_vec()).collect();
    let limit = shape.large_audience as usize;
    let mut add = |post: u32, reader: u32| {
        let timeline = &mut timelines[reader as usize];
        // Who follows the author and is in the channel is in the audience once.
        if timeline.len() < room(reader) && timeline.last() != Some(&post) {
            timeline.push(post);
        }
        timeline.len() < room(reader)
    };
    for (number, post) in posts.iter().enumerate().rev() {
        let (number, author) = (number as u32, post.author);
        let to_followers = post.channel.is_none_or(Network::is_open);
        // The author has it at once, whatever the audience.
        add(number, author);
        let mut record = |source: uuid::Uuid| {
            let recent = large.entry(source).or_default();
            if recent.len() < TIMELINE {
                recent.push(number);
            }
        };
        if to_followers && network.followers.get(author).len() > limit {
            record(person(author));
        } else if to_followers {
            hungry_followers[author as usize].retain(|reader| *reader != author && add(number, *reader));
        }
        let Some(channel) = post.channel else { continue };
        if network.members.get(channel).len() > limit {
            record(thing(CHANNEL, channel, shape.channels()));
        } else {
            // Who is full leaves the list; the author stays, because later posts are by others.
            hungry_members[channel as usize].retain(|reader| *reader == author || add(number, *reader));
        }
    }
    (timelines, large)
}

pub fn post_id(shape: Shape, number: u32) -> uuid::Uuid {
    thing(POST, number, shape.posts())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timelines_hold_the_newest_posts_of_those_they_follow_and_of_their_channels() {
        let shape = Shape { people: 1_000, large_audience: 200 };
        let network = Network::of(shape);
        let posts = Posts::of(shape, &network);
        for reader in [0, 3, 500, 997] {
            let expected: Vec<u32> = (0..shape.posts())
                .rev()
                .filter(|number| {
                    let post = posts.posts[*number as usize];
                    let follows = network.following.get(reader).contains(&post.author);
                    let is_copied = network.followers.get(post.author).len() <= 200;
                    let by_author = follows && is_copied && post.channel.is_none_or(Network::is_open);
                    let by_channel = post.channel.is_some_and(|channel| {
                        network.channels.get(reader).contains(&channel) && network.members.get(channel).len() <= 200
                    });
                    post.author == reader || by_author || by_channel
                })
                .take(TIMELINE)
                .collect();
            assert_eq!(posts.timelines[reader as usize], expected, "{reader}");
        }
        assert!(!posts.large.is_empty());
        assert_eq!(posts.posts.iter().map(|post| post.likes).sum::<u32>(), posts.likes.len() as u32);
    }
}
