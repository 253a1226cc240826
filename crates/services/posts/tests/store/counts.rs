//! Counts of likes and comments are exact, whoever writes at once.

use futures::future::join_all;
use village_events::{CommentAdded, Event, PostLiked};
use village_kernel::{CommentId, Cursor, PostId, UserId};
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
            .map(|event| {
                assert_eq!(event.event_type, PostLiked::TYPE);
                event.parse::<PostLiked>().unwrap().liker_id
            })
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
