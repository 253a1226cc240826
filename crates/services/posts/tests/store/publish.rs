//! Publishing a post.

use futures::future::join_all;
use village_events::{Event, PostPublished};
use village_kernel::{Clock, MediaId, PostId, Viewer};
use village_ports::Visibility;
use village_posts::{NewPost, NewPostMedia, PostsError};
use village_testkit::{Fresh, on_both_engines};

use crate::world::{World, key, no_key, not_found};

fn with_media(media: &[MediaId]) -> NewPost {
    let media = media.iter().map(|id| NewPostMedia { media_id: *id, alt: String::new() }).collect();
    NewPost { channel_id: None, body: "hello".into(), media }
}

fn text(body: &str) -> NewPost {
    NewPost { body: body.into(), ..NewPost::default() }
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (author, owner) = (world.person().await, world.person().await);
        let open = world.channel(&owner, "open", Visibility::Open).await;
        let private = world.channel(&owner, "private", Visibility::Private).await;
        let refused =
            async |request: &NewPost| world.posts.publish(&author, &no_key().await, request).await.unwrap_err();

        let mine = world.media.add_ready(&author, &world.clock);
        let theirs = world.media.add_ready(&owner, &world.clock);
        let unready = world.media.add_unready(&world.clock);
        let many: Vec<MediaId> = (0..11).map(|_| world.media.add_ready(&author, &world.clock)).collect();
        let mut long_alt = with_media(&[mine]);
        long_alt.media[0].alt = "x".repeat(501);
        let invalid = [
            text(""),
            text(" \n "),
            text(&"x".repeat(5_001)),
            text("a\0b"),
            with_media(&[mine, mine]),
            with_media(&many),
            with_media(&[theirs]),
            with_media(&[MediaId::new(world.clock.now())]),
            long_alt,
        ];
        for request in &invalid {
            assert!(matches!(refused(request).await, PostsError::Invalid(_)), "{request:?}");
        }
        assert!(matches!(refused(&with_media(&[mine, unready])).await, PostsError::MediaNotReady));
        let to = |channel| NewPost { channel_id: Some(channel), ..text("hello") };
        assert!(matches!(refused(&to(open.id)).await, PostsError::NotAMember));
        assert!(matches!(refused(&to(private.id)).await, PostsError::NotFound));
        assert_eq!(world.count("select count(*) from posts_posts").await, 0);
        assert_eq!(world.count("select count(*) from bus_outbox").await, 0);
        assert_eq!(world.count("select count(*) from posts_timelines").await, 0);

        // The limits themselves are fine.
        let mut request = with_media(&many[..10]);
        request.body = "ä".repeat(5_000);
        request.media[0].alt = "x".repeat(500);
        world.posts.publish(&author, &no_key().await, &request).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn images_come_in_their_order_with_what_stands_for_them() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let author = world.person().await;
        let ids: Vec<MediaId> = (0..3).map(|_| world.media.add_ready(&author, &world.clock)).collect();
        let media = [2, 0, 1].map(|n| NewPostMedia { media_id: ids[n], alt: format!("number\n {n}") });
        let request = NewPost { media: media.into(), ..NewPost::default() };
        let post = world.posts.publish(&author, &no_key().await, &request).await.unwrap();
        let shown: Vec<(MediaId, &str)> =
            post.images.iter().map(|image| (image.media_id, image.alt.as_str())).collect();
        assert_eq!(shown, [(ids[2], "number 2"), (ids[0], "number 0"), (ids[1], "number 1")]);
    })
    .await;
}

#[tokio::test]
async fn the_author_sees_it_in_the_feed_before_any_event_is_delivered() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let author = world.person().await;
        let post = world.post(&author, None, "hello").await;
        assert_eq!(world.feed(&author).await, [post]);
    })
    .await;
}

#[tokio::test]
async fn a_retry_with_the_same_key_publishes_once_however_many_arrive_together() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let author = world.person().await;
        let attempt = async |author: Viewer| {
            let posts = world.posts.clone();
            tokio::spawn(async move { posts.publish(&author, &key("k1").await, &text("hello")).await.unwrap().id })
                .await
                .unwrap()
        };
        let made: Vec<PostId> = join_all((0..8).map(|_| attempt(author))).await;
        assert!(made.iter().all(|id| *id == made[0]));
        let events = world.take_events().await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].event_type, PostPublished::TYPE);
        assert_eq!(events[0].parse::<PostPublished>().unwrap().post_id, made[0]);

        let other = world.posts.publish(&author, &key("k1").await, &text("something else")).await;
        assert!(matches!(other, Err(PostsError::Idempotency(_))));
        // What was made and deleted since is not made again.
        world.posts.delete_post(&author, made[0]).await.unwrap();
        assert!(not_found(world.posts.publish(&author, &key("k1").await, &text("hello")).await));
        assert_eq!(world.count("select count(*) from posts_posts").await, 1);
    })
    .await;
}
