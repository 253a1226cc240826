//! The home feed: who gets a post, and what late, repeated and reordered events do to it (nothing).

use std::collections::BTreeSet;
use std::time::Duration;

use village_events::{ChannelJoined, Followed, PostPublished, Unfollowed};
use village_kernel::{PostId, UserId, Viewer};
use village_ports::{PostAccess, Visibility};
use village_testkit::{Fresh, on_both_engines};

use crate::world::{World, limit, next};

/// People who follow nobody yet.
async fn people<const N: usize>(world: &World) -> [Viewer; N] {
    let mut people = Vec::new();
    for _ in 0..N {
        people.push(world.person().await);
    }
    people.try_into().unwrap()
}

#[tokio::test]
async fn a_post_reaches_its_audience_and_nobody_else() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::with(fresh, |settings| settings.fan_out_chunk = 2).await;
        let [author, owner, stranger] = people(&world).await;
        let followers: [Viewer; 3] = people(&world).await;
        let members: [Viewer; 3] = people(&world).await;
        let open = world.channel(&owner, "open", Visibility::Open).await;
        let private = world.channel(&owner, "private", Visibility::Private).await;
        for follower in &followers {
            world.follow(follower, &author).await;
        }
        for channel in [&open, &private] {
            for member in members.iter().chain([&author, &followers[0]]) {
                world.join(&owner, member, channel).await;
            }
        }
        world.deliver().await;
        let by = |groups: &[&[Viewer]]| -> BTreeSet<UserId> {
            groups.iter().flat_map(|group| group.iter()).map(|person| person.user).collect()
        };
        let cases = [
            (None, by(&[&followers])),
            (Some(&open), by(&[&followers, &members, &[owner]])),
            (Some(&private), by(&[&followers[..1], &members, &[owner]])),
        ];
        for (channel, expected) in cases {
            let post = world.post(&author, channel, "hello").await;
            world.deliver().await;
            for person in followers.iter().chain(&members).chain([&owner, &stranger, &author]) {
                let reached = world.timeline(person).await.contains(&post);
                let wanted = expected.contains(&person.user) || person.user == author.user;
                assert_eq!(reached, wanted, "{channel:?}");
                assert_eq!(world.feed(person).await.contains(&post), wanted, "{channel:?}");
            }
            // The port gives out the same people, page by page, in order.
            let mut audience = Vec::new();
            while let page = world.posts.audience(post, audience.last().copied(), 2).await.unwrap()
                && !page.is_empty()
            {
                audience.extend(page);
            }
            assert_eq!(audience, expected.into_iter().collect::<Vec<_>>());
        }
    })
    .await;
}

#[tokio::test]
async fn repeated_and_reordered_events_change_nothing() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let [author, other, reader] = people(&world).await;
        let open = world.channel(&other, "open", Visibility::Open).await;
        let mut events = Vec::new();
        for (person, channel) in [(&author, None), (&other, Some(&open)), (&author, None)] {
            world.post(person, channel, "hello").await;
        }
        // Follows, regrets it, follows again; follows and leaves the other; joins.
        world.follow_silently(&reader, &author).await;
        world.posts.join_channel(&reader, "open").await.unwrap();
        events.extend(world.take_events().await);
        let (follower_id, followee_id) = (reader.user, author.user);
        events.push(world.event(&Followed { follower_id, followee_id }));
        events.push(world.event(&Unfollowed { follower_id, followee_id }));
        events.push(world.event(&Followed { follower_id, followee_id }));
        let followee_id = other.user;
        events.push(world.event(&Followed { follower_id, followee_id }));
        events.push(world.event(&Unfollowed { follower_id, followee_id }));

        let mut feeds = BTreeSet::new();
        for turn in 0..events.len() {
            events.rotate_left(1);
            if turn % 2 == 0 {
                events.reverse();
            }
            for event in events.iter().chain(&events[..turn]) {
                world.hand_out(event).await;
            }
            feeds.insert(world.feed(&reader).await);
        }
        assert_eq!(feeds.len(), 1);
        assert_eq!(feeds.first().unwrap().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_fan_out_that_is_cut_off_is_finished_by_the_next_delivery() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::with(fresh, |settings| settings.fan_out_chunk = 3).await;
        let author = world.person().await;
        let followers: [Viewer; 20] = people(&world).await;
        for follower in &followers {
            world.follow_silently(follower, &author).await;
        }
        let mut partly = 0;
        for round in 0..12_u32 {
            let post = world.post(&author, None, "hello").await;
            let [event] = &world.take_events().await[..] else { panic!("one event") };
            let subscriber = world.hearing(event).remove(0);
            // Polled a while and then dropped, as when the process dies.
            let mut cut_off = Box::pin(subscriber.handle(event));
            let reached = async || {
                let mut reached = 0;
                for follower in &followers {
                    reached += usize::from(world.timeline(follower).await.contains(&post));
                }
                reached
            };
            let mut finished = false;
            for _ in 0..=round {
                tokio::select! {
                    biased;
                    outcome = &mut cut_off => { outcome.unwrap(); finished = true; break }
                    // One chunk at least, mostly: a write of our own queues behind it.
                    _ = world.person() => {}
                }
            }
            drop(cut_off);
            partly += usize::from(!finished && (1..20).contains(&reached().await));
            world.hand_out(event).await;
            assert_eq!(reached().await, 20);
        }
        assert!(partly > 0, "no delivery was cut off in the middle");
    })
    .await;
}

#[tokio::test]
async fn whoever_follows_or_joins_finds_the_newest_posts_in_their_feed() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::with(fresh, |settings| settings.backfill_posts = 4).await;
        let [author, owner, reader] = people(&world).await;
        let open = world.channel(&owner, "open", Visibility::Open).await;
        let private = world.channel(&owner, "private", Visibility::Private).await;
        world.join(&owner, &author, &open).await;
        world.join(&owner, &author, &private).await;
        let mut posts = Vec::new();
        for channel in [None, None, Some(&open), Some(&private), None, Some(&open)] {
            posts.push(world.post(&author, channel, "hello").await);
        }
        let of_owner = world.post(&owner, Some(&private), "hello").await;
        world.deliver().await;
        world.posts.delete_post(&author, posts[4]).await.unwrap();

        world.follow(&reader, &author).await;
        assert_eq!(world.feed(&reader).await, [posts[5], posts[2], posts[1], posts[0]]);
        world.join(&owner, &reader, &private).await;
        world.deliver().await;
        assert_eq!(world.feed(&reader).await, [of_owner, posts[5], posts[3], posts[2], posts[1], posts[0]]);
        // What came through the channel stays.
        world.unfollow(&reader, &author).await;
        assert_eq!(world.timeline(&reader).await, [of_owner, posts[3]]);

        // An event that comes when it is no longer true does nothing.
        let (follower_id, followee_id) = (reader.user, author.user);
        world.hand_out(&world.event(&Followed { follower_id, followee_id })).await;
        let channel_id = open.id;
        world.hand_out(&world.event(&ChannelJoined { channel_id, user_id: reader.user })).await;
        assert_eq!(world.timeline(&reader).await, [of_owner, posts[3]]);
    })
    .await;
}

#[tokio::test]
async fn timelines_keep_only_their_newest_entries() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::with(fresh, |settings| {
            settings.timeline_entries = 10;
            settings.trim_every = 1;
        })
        .await;
        let [author, reader] = people(&world).await;
        world.follow(&reader, &author).await;
        let mut posts = Vec::new();
        for _ in 0..25 {
            posts.push(world.post(&author, None, "hello").await);
            world.deliver().await;
        }
        posts.reverse();
        assert_eq!(world.timeline(&reader).await, posts[..10]);
        // A late event brings an old post, which goes again.
        world
            .hand_out(&world.event(&PostPublished { post_id: posts[20], author_id: author.user, channel_id: None }))
            .await;
        assert_eq!(world.timeline(&reader).await, posts[..10]);
        let [newcomer] = people(&world).await;
        world.follow(&newcomer, &author).await;
        assert_eq!(world.timeline(&newcomer).await, posts[..10]);
    })
    .await;
}

#[tokio::test]
async fn paging_shows_each_visible_post_once_while_others_are_deleted_and_written() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let [author, blocked, reader] = people(&world).await;
        world.follow(&reader, &author).await;
        world.follow(&reader, &blocked).await;
        world.block(&reader, &blocked).await;
        let mut posts = Vec::new();
        for n in 0..60 {
            // A long run that the reader does not see, and single ones.
            if (20..45).contains(&n) || n % 7 == 0 {
                world.post(&blocked, None, "hello").await;
            } else {
                posts.push(world.post(&author, None, "hello").await);
            }
        }
        world.deliver().await;
        let mut shown: Vec<PostId> = Vec::new();
        let mut deleted = BTreeSet::new();
        let mut before = None;
        loop {
            let page = world.posts.feed(&reader, before, limit(4)).await.unwrap();
            shown.extend(page.items.iter().map(|post| post.id));
            let Some(cursor) = next(&page) else { break };
            before = Some(cursor);
            // The last one shown and one to come go, a new one comes.
            let to_come = posts.iter().rev().find(|id| **id < cursor).copied();
            for id in page.items.last().map(|post| post.id).into_iter().chain(to_come) {
                if deleted.insert(id) {
                    world.posts.delete_post(&author, id).await.unwrap();
                }
            }
            world.clock.advance(Duration::from_millis(1));
            world.post(&author, None, "new").await;
            world.deliver().await;
        }
        let expected: Vec<PostId> =
            posts.iter().rev().filter(|id| shown.contains(id) || !deleted.contains(id)).copied().collect();
        assert_eq!(shown, expected);
        assert!(shown.len() > 15 && !deleted.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_page_that_cannot_be_filled_is_given_out_with_a_cursor_to_read_on() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let [author, owner, reader] = people(&world).await;
        let open = world.channel(&owner, "open", Visibility::Open).await;
        for person in [&author, &owner] {
            world.posts.join_channel(person, "open").await.unwrap();
        }
        let oldest = world.post(&owner, Some(&open), "hello").await;
        for _ in 0..330 {
            world.post(&author, Some(&open), "hello").await;
        }
        world.block(&reader, &author).await;
        let page = world.posts.channel_posts(&reader, "open", None, limit(20)).await.unwrap();
        assert!(page.items.is_empty() && page.next.is_some());
        let page = world.posts.channel_posts(&reader, "open", next(&page), limit(20)).await.unwrap();
        assert_eq!(page.items.iter().map(|post| post.id).collect::<Vec<_>>(), [oldest]);
        assert_eq!(page.next, None);
        // Of a person one does not see there is nothing to page through.
        let page = world.posts.person_posts(&reader, author.user, None, limit(20)).await.unwrap();
        assert!(page.items.is_empty() && page.next.is_none());
    })
    .await;
}
