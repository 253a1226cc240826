//! Audiences too large to be copied into timelines: the reader cannot tell.

use std::collections::HashMap;

use village_kernel::{PostId, Viewer};
use village_ports::Visibility;
use village_testkit::{Fresh, on_both_engines};

use crate::world::World;

/// A small generator, so that both worlds live through the same story (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// A random story of follows, joins, posts, unfollows, blocks and deletions; each person's feed at its end, by the
/// number of the post in the story.
async fn feeds_after_story(fresh: &Fresh, seed: u64, fan_out_limit: u32) -> Vec<Vec<usize>> {
    let world = World::with(fresh, |settings| {
        settings.fan_out_limit = fan_out_limit;
        settings.fan_out_chunk = 3;
    })
    .await;
    let mut dice = Dice(seed);
    let mut people: Vec<Viewer> = Vec::new();
    for _ in 0..9 {
        people.push(world.person().await);
    }
    let mut channels = Vec::new();
    for (owner, slug, visibility) in [(0, "one", Visibility::Open), (1, "two", Visibility::Private)] {
        channels.push((owner, world.channel(&people[owner], slug, visibility).await));
    }
    let mut follows = std::collections::HashSet::new();
    let mut blocks = std::collections::HashSet::new();
    let mut numbers: HashMap<PostId, usize> = HashMap::new();
    let mut posts: Vec<(usize, PostId)> = Vec::new();
    for _ in 0..120 {
        let (one, other) = (dice.roll(people.len()), dice.roll(people.len()));
        let (owner, channel) = &channels[dice.roll(channels.len())];
        match dice.roll(12) {
            0..=2 if one != other && !blocks.contains(&(one, other)) && follows.insert((one, other)) => {
                world.follow(&people[one], &people[other]).await;
            }
            3 if follows.remove(&(one, other)) => world.unfollow(&people[one], &people[other]).await,
            4 => {
                // Across a block there is no invitation.
                let _ = world.posts.invite_to_channel(&people[*owner], &channel.slug, people[one].user).await;
                let _ = world.posts.join_channel(&people[one], &channel.slug).await;
            }
            5 => {
                let _ = world.posts.leave_channel(&people[one], &channel.slug).await;
            }
            6 if one != other && blocks.len() < 3 && blocks.insert((one, other)) => {
                for (follower, followee) in [(one, other), (other, one)] {
                    if follows.remove(&(follower, followee)) {
                        world.unfollow(&people[follower], &people[followee]).await;
                    }
                }
                world.block(&people[one], &people[other]).await;
            }
            7 if !posts.is_empty() => {
                let (author, post) = posts.swap_remove(dice.roll(posts.len()));
                world.posts.delete_post(&people[author], post).await.unwrap();
            }
            roll => {
                let channel = (roll % 2 == 0).then_some(channel.id);
                if let Ok(post) = world.try_post(&people[one], channel, "hello").await {
                    numbers.insert(post.id, numbers.len());
                    posts.push((one, post.id));
                }
            }
        }
        world.deliver().await;
    }
    let mut feeds = Vec::new();
    for person in &people {
        feeds.push(world.feed(person).await.iter().map(|id| numbers[id]).collect());
    }
    if fan_out_limit == 0 {
        assert!(world.count("select count(*) from posts_large_posts").await > 0);
    }
    feeds
}

#[tokio::test]
async fn merging_at_read_shows_the_same_posts_as_writing_timelines() {
    for seed in 1..=2 {
        let mut written = Vec::new();
        on_both_engines_collecting(&mut written, seed, 1_000).await;
        for limit in [0, 3] {
            let mut merged = Vec::new();
            on_both_engines_collecting(&mut merged, seed, limit).await;
            assert_eq!(written, merged, "seed {seed}, limit {limit}");
        }
        assert_eq!(written[0], written[1], "the engines differ, seed {seed}");
        assert!(written[0].iter().map(Vec::len).sum::<usize>() > 20, "seed {seed} tells no story");
    }
}

async fn on_both_engines_collecting(feeds: &mut Vec<Vec<Vec<usize>>>, seed: u64, fan_out_limit: u32) {
    for fresh in [village_testkit::fresh_sqlite().await, village_testkit::fresh_postgres().await] {
        feeds.push(feeds_after_story(&fresh, seed, fan_out_limit).await);
        fresh.discard().await;
    }
}

#[tokio::test]
async fn the_limit_is_what_is_still_written() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::with(fresh, |settings| settings.fan_out_limit = 2).await;
        let (author, newcomer) = (world.person().await, world.person().await);
        let mut followers = Vec::new();
        for _ in 0..2 {
            let follower = world.person().await;
            world.follow(&follower, &author).await;
            followers.push(follower);
        }
        let small = world.post(&author, None, "hello").await;
        world.deliver().await;
        assert_eq!(world.timeline(&followers[0]).await, [small]);
        world.follow_silently(&newcomer, &author).await;
        let large = world.post(&author, None, "hello").await;
        world.deliver().await;
        assert_eq!(world.timeline(&followers[0]).await, [small]);
        assert_eq!(world.feed(&followers[0]).await, [large, small]);
        assert_eq!(world.feed(&newcomer).await, [large]);
        assert_eq!(world.feed(&author).await, [large, small]);
        // Whoever stops following stops seeing them.
        world.unfollow(&followers[0], &author).await;
        assert_eq!(world.feed(&followers[0]).await, []);
    })
    .await;
}

/// Else every feed would be merged from all who ever wrote there.
#[tokio::test]
async fn who_writes_into_a_large_channel_is_not_a_large_author() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::with(fresh, |settings| settings.fan_out_limit = 2).await;
        let (author, follower) = (world.person().await, world.person().await);
        world.follow(&follower, &author).await;
        let channel = world.channel(&author, "open", Visibility::Open).await;
        let mut members = Vec::new();
        for _ in 0..3 {
            let member = world.person().await;
            world.join(&author, &member, &channel).await;
            members.push(member);
        }
        world.follow(&members[0], &author).await;
        world.deliver().await;
        let post = world.post(&author, Some(&channel), "hello").await;
        world.deliver().await;
        assert_eq!(world.timeline(&follower).await, [post]);
        assert_eq!(world.timeline(&members[1]).await, []);
        for reader in members.iter().chain([&follower, &author]) {
            assert_eq!(world.feed(reader).await, [post]);
        }
        assert_eq!(world.count("select count(*) from posts_large_sources").await, 1);
    })
    .await;
}

#[tokio::test]
async fn of_a_large_audience_only_the_newest_posts_are_kept() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::with(fresh, |settings| {
            settings.fan_out_limit = 0;
            settings.timeline_entries = 5;
        })
        .await;
        let (author, follower) = (world.person().await, world.person().await);
        world.follow(&follower, &author).await;
        let mut posts = Vec::new();
        for _ in 0..12 {
            posts.push(world.post(&author, None, "hello").await);
        }
        let mut events = world.take_events().await;
        events.reverse();
        for event in events.iter().chain(&events[..3]) {
            world.hand_out(event).await;
        }
        posts.reverse();
        assert_eq!(world.feed(&follower).await, posts[..5]);
        assert_eq!(world.count("select count(*) from posts_large_posts").await, 5);
    })
    .await;
}
