//! Counts of likes and comments are exact, whoever writes at once.

use futures::future::join_all;
use village_events::{CommentAdded, Event, PostLiked, PostUnliked};
use village_kernel::{CommentId, Cursor, PostId, UserId, Viewer};
use village_ports::Visibility;
use village_posts::{LikeState, NewComment, PostsError};
use village_testkit::{Fresh, on_both_engines};

use crate::world::{World, key, limit, no_key, not_found};

async fn open_post(world: &World) -> PostId {
    let owner = world.person().await;
    let open = world.channel(&owner, "open", Visibility::Open).await;
    world.post(&owner, Some(&open), "hello").await
}

#[tokio::test]
async fn likes_given_and_taken_back_at_once_are_counted_exactly_and_announced_once_ever() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let post = open_post(&world).await;
        world.take_events().await;
        let mut people = Vec::new();
        for _ in 0..8 {
            people.push(world.person().await);
        }
        let storm = people.iter().flat_map(|person| (0..6).map(|n| (*person, n % 2 == 0))).map(|(person, like)| {
            let posts = world.posts.clone();
            tokio::spawn(async move {
                if like { posts.like(&person, post).await } else { posts.unlike(&person, post).await }
            })
        });
        for outcome in join_all(storm).await {
            outcome.unwrap().unwrap();
        }
        for (position, person) in people.iter().enumerate() {
            let state = world.posts.like(person, post).await.unwrap();
            assert!(state.liked);
            let shown = world.posts.post(person, post).await.unwrap();
            assert_eq!((shown.liked, shown.like_count), (true, state.like_count));
            if position == people.len() - 1 {
                assert_eq!(state.like_count, 8);
            }
        }
        assert_eq!(world.posts.like(&people[0], post).await.unwrap(), LikeState { liked: true, like_count: 8 });
        assert_eq!(world.posts.unlike(&people[0], post).await.unwrap(), LikeState { liked: false, like_count: 7 });
        assert_eq!(world.posts.unlike(&people[0], post).await.unwrap(), LikeState { liked: false, like_count: 7 });
        assert!(!world.posts.post(&people[0], post).await.unwrap().liked);
        let mut announced: Vec<UserId> = world
            .take_events()
            .await
            .iter()
            .filter(|event| {
                assert!(
                    [PostLiked::TYPE, PostUnliked::TYPE].contains(&event.event_type.as_str()),
                    "{}",
                    event.event_type
                );
                event.event_type == PostLiked::TYPE
            })
            .map(|event| event.parse::<PostLiked>().unwrap().liker_id)
            .collect();
        announced.sort_unstable();
        let mut expected: Vec<UserId> = people.iter().map(|person| person.user).collect();
        expected.sort_unstable();
        assert_eq!(announced, expected);
    })
    .await;
}

#[tokio::test]
async fn who_likes_a_post_is_listed_newest_first_page_by_page() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let post = open_post(&world).await;
        let mut expected = Vec::new();
        for n in 0..7 {
            let person = world.person().await;
            world.posts.like(&person, post).await.unwrap();
            expected.push(person.user);
            // Some at the same instant.
            if n % 2 == 0 {
                world.clock.advance(std::time::Duration::from_micros(1));
            }
        }
        let mut listed = Vec::new();
        let mut before = None;
        loop {
            let reader = world.person().await;
            let page = world.posts.list_likes(&reader, post, before, limit(2)).await.unwrap();
            listed.extend(page.items.iter().map(|person| person.id));
            match page.next {
                Some(next) => before = Some(Cursor::decode(&next).unwrap().0),
                None => break,
            }
        }
        expected.reverse();
        assert_eq!(listed, expected);
    })
    .await;
}

#[tokio::test]
async fn comments_written_and_deleted_at_once_are_counted_exactly() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let post = open_post(&world).await;
        world.take_events().await;
        let person = world.person().await;
        let added = join_all((0..12).map(|n| {
            let posts = world.posts.clone();
            tokio::spawn(async move {
                let request = NewComment { body: format!("number {n}") };
                posts.add_comment(&person, post, &no_key().await, &request).await.unwrap().id
            })
        }));
        let added: Vec<CommentId> = added.await.into_iter().map(Result::unwrap).collect();
        assert_eq!(world.posts.post(&person, post).await.unwrap().comment_count, 12);
        assert_eq!(world.take_events().await.iter().filter(|event| event.event_type == CommentAdded::TYPE).count(), 12);

        // Each of five is deleted by two requests: one of them does it.
        let deleted = join_all(added[..5].iter().flat_map(|id| [*id, *id]).map(|id| {
            let posts = world.posts.clone();
            tokio::spawn(async move { posts.delete_comment(&person, post, id).await.is_ok() })
        }));
        deleted.await;
        assert_eq!(world.posts.post(&person, post).await.unwrap().comment_count, 7);

        let mut listed = Vec::new();
        let mut after = None;
        loop {
            let page = world.posts.list_comments(&person, post, after, limit(3)).await.unwrap();
            listed.extend(page.items.iter().map(|comment| comment.id));
            match page.next {
                Some(next) => after = Some(Cursor::decode(&next).unwrap().0),
                None => break,
            }
        }
        let mut expected = added[5..].to_vec();
        expected.sort_unstable();
        assert_eq!(listed, expected);
    })
    .await;
}

#[tokio::test]
async fn a_comment_is_1_to_2000_characters_and_made_once_for_each_key() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let post = open_post(&world).await;
        let person = world.person().await;
        for body in [String::new(), "  ".into(), "x".repeat(2_001), "\u{7}".into()] {
            let refused = world.posts.add_comment(&person, post, &no_key().await, &NewComment { body }).await;
            assert!(matches!(refused, Err(PostsError::Invalid(_))));
        }
        let request = NewComment { body: "x".repeat(2_000) };
        let first = world.posts.add_comment(&person, post, &key("k").await, &request).await.unwrap();
        let again = world.posts.add_comment(&person, post, &key("k").await, &request).await.unwrap();
        assert_eq!(first, again);
        assert_eq!(world.posts.post(&person, post).await.unwrap().comment_count, 1);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_added_to_a_post_that_is_deleted_at_the_same_time() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let author = world.person().await;
        for _ in 0..10 {
            let post = world.post(&author, None, "hello").await;
            let request = NewComment { body: "hello".into() };
            let keyless = no_key().await;
            let (liked, commented, deleted) = tokio::join!(
                world.posts.like(&author, post),
                world.posts.add_comment(&author, post, &keyless, &request),
                world.posts.delete_post(&author, post),
            );
            deleted.unwrap();
            for outcome in [liked.map(|_| ()), commented.map(|_| ())] {
                assert!(outcome.is_ok() || not_found(outcome));
            }
        }
        for (rows, counted) in [
            ("select count(*) from posts_likes", "select cast(sum(like_count) as bigint) from posts_posts"),
            ("select count(*) from posts_comments", "select cast(sum(comment_count) as bigint) from posts_posts"),
        ] {
            assert_eq!(world.count(rows).await, world.count(counted).await);
        }
    })
    .await;
}

/// What `viewer` is told, beside what the lists have for them.
async fn numbers_and_lists(world: &World, viewer: &Viewer, post: PostId, channel: &str) -> ([i64; 3], [i64; 3]) {
    let posts = &world.posts;
    let shown = posts.post(viewer, post).await.unwrap();
    let in_list = posts.channel_posts(viewer, channel, None, limit(5)).await.unwrap().items.remove(0);
    assert_eq!((in_list.like_count, in_list.comment_count), (shown.like_count, shown.comment_count));
    let channels = posts.list_channels(viewer, "", false, None, limit(5)).await.unwrap().items;
    let likes = posts.list_likes(viewer, post, None, limit(100)).await.unwrap().items.len();
    let comments = posts.list_comments(viewer, post, None, limit(100)).await.unwrap().items.len();
    let members = posts.list_channel_members(viewer, channel, None, limit(100)).await.unwrap().items.len();
    (
        [shown.like_count, shown.comment_count, channels[0].member_count],
        [likes, comments, members].map(|length| length as i64),
    )
}

#[tokio::test]
async fn a_number_is_as_long_as_its_list_whoever_is_blocked_or_suspended() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let post = open_post(&world).await;
        let mut people = Vec::new();
        for n in 0..6 {
            let person = world.person().await;
            world.posts.join_channel(&person, "open").await.unwrap();
            world.posts.like(&person, post).await.unwrap();
            for _ in 0..=n % 2 {
                let comment = NewComment { body: "hello".into() };
                world.posts.add_comment(&person, post, &no_key().await, &comment).await.unwrap();
            }
            people.push(person);
        }
        let [one, other, third, ..] = people[..] else { unreachable!() };
        let check = async |expected_of_one: [i64; 3]| {
            for viewer in &people {
                let (numbers, lists) = numbers_and_lists(&world, viewer, post, "open").await;
                assert_eq!(numbers, lists);
                let state = world.posts.like(viewer, post).await.unwrap();
                assert_eq!(state.like_count, lists[0]);
            }
            assert_eq!(numbers_and_lists(&world, &one, post, "open").await.0, expected_of_one);
        };
        check([6, 9, 7]).await;
        world.block(&one, &other).await;
        check([5, 7, 6]).await;
        world.block(&third, &one).await;
        check([4, 6, 5]).await;
        // Once, also for those whom a block hides already.
        world.suspend(&other).await;
        world.suspend(&people[5]).await;
        people.truncate(5);
        people.remove(1);
        let check = async |expected_of_one: [i64; 3]| {
            for viewer in &people {
                let (numbers, lists) = numbers_and_lists(&world, viewer, post, "open").await;
                assert_eq!(numbers, lists);
            }
            assert_eq!(numbers_and_lists(&world, &one, post, "open").await.0, expected_of_one);
        };
        check([3, 4, 4]).await;
        world.reinstate(&other).await;
        check([3, 4, 4]).await;
        world.unblock(&one, &other).await;
        check([4, 6, 5]).await;
        world.posts.unlike(&other, post).await.unwrap();
        world.posts.leave_channel(&other, "open").await.unwrap();
        check([3, 6, 4]).await;
    })
    .await;
}

/// The note of where a person left something is taken while others of theirs are on their way.
#[tokio::test]
async fn what_is_liked_while_its_person_is_suspended_is_in_the_list_and_the_number_or_in_neither() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let post = open_post(&world).await;
        let (reader, comment) = (world.person().await, NewComment { body: "hello".into() });
        for _ in 0..12 {
            let person = world.person().await;
            let keyless = no_key().await;
            let (liked, commented, joined, ()) = tokio::join!(
                world.posts.like(&person, post),
                world.posts.add_comment(&person, post, &keyless, &comment),
                world.posts.join_channel(&person, "open"),
                world.suspend(&person),
            );
            liked.unwrap();
            joined.unwrap();
            assert!(commented.is_ok() || not_found(commented));
            let (numbers, lists) = numbers_and_lists(&world, &reader, post, "open").await;
            assert_eq!(numbers, lists);
            assert_eq!(numbers, [0, 0, 1]);
        }
    })
    .await;
}
