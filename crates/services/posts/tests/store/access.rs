//! Who sees a post, and who may remove it.

use village_db::fetch_one;
use village_kernel::{Clock, PostId, Role, SessionId, UserId, Viewer};
use village_ports::{PostAccess, Visibility};
use village_posts::{NewComment, NewPost, NewPostMedia, PostsError};
use village_testkit::{Fresh, on_both_engines};

use crate::world::{World, limit, no_key, not_found};

/// Every way to a post gives the same answer.
async fn sees(world: &World, viewer: &Viewer, author: &Viewer, post: PostId) -> bool {
    let posts = &world.posts;
    let comment = NewComment { body: "hello".into() };
    let answers = [
        ("read", posts.post(viewer, post).await.is_ok()),
        ("comments", posts.list_comments(viewer, post, None, limit(5)).await.is_ok()),
        ("comment", posts.add_comment(viewer, post, &no_key().await, &comment).await.is_ok()),
        ("likes", posts.list_likes(viewer, post, None, limit(5)).await.is_ok()),
        ("like", posts.like(viewer, post).await.is_ok()),
        ("unlike", posts.unlike(viewer, post).await.is_ok()),
        ("excerpt", posts.visible(viewer, &[post]).await.unwrap().contains_key(&post)),
        ("reader", posts.readers_among(post, &[viewer.user]).await.unwrap() == [viewer.user]),
        (
            "person's posts",
            posts
                .person_posts(viewer, author.user, None, limit(50))
                .await
                .unwrap()
                .items
                .iter()
                .any(|item| item.id == post),
        ),
    ];
    let (_, first) = answers[0];
    assert!(answers.iter().all(|(_, answer)| *answer == first), "{answers:?}");
    first
}

#[tokio::test]
async fn a_post_is_seen_by_whom_its_place_allows_and_never_across_a_block_or_from_a_suspended_author() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let author = world.person().await;
        let owner = world.person().await;
        let open = world.channel(&owner, "open", Visibility::Open).await;
        let private = world.channel(&owner, "private", Visibility::Private).await;
        for channel in [&open, &private] {
            world.join(&owner, &author, channel).await;
        }
        let to_followers = world.post(&author, None, "to followers").await;
        let in_open = world.post(&author, Some(&open), "open").await;
        let in_private = world.post(&author, Some(&private), &private.slug).await;

        let stranger = world.person().await;
        let follower = world.person().await;
        world.follow(&follower, &author).await;
        let followee = world.person().await;
        world.follow(&author, &followee).await;
        let member = world.person().await;
        for channel in [&open, &private] {
            world.join(&owner, &member, channel).await;
        }
        let invited = world.person().await;
        world.posts.invite_to_channel(&owner, &private.slug, invited.user).await.unwrap();
        let former = world.person().await;
        world.join(&owner, &former, &private).await;
        world.posts.leave_channel(&former, &private.slug).await.unwrap();
        let moderator = world.person_as(Role::Admin).await;
        let mut blocked = Vec::new();
        for blocks_author in [true, false] {
            let person = world.person().await;
            world.follow_silently(&person, &author).await;
            world.join(&owner, &person, &open).await;
            world.join(&owner, &person, &private).await;
            let (blocker, other) = if blocks_author { (&person, &author) } else { (&author, &person) };
            world.block(blocker, other).await;
            blocked.push(person);
        }

        // (who, follower-only, open, private)
        let expected = [
            ("author", &author, true, true, true),
            ("follower", &follower, true, true, false),
            ("stranger", &stranger, false, true, false),
            ("followee", &followee, false, true, false),
            ("member", &member, false, true, true),
            ("channel owner", &owner, false, true, true),
            ("invited", &invited, false, true, false),
            ("former member", &former, false, true, false),
            ("moderator", &moderator, false, true, false),
            ("blocks the author", &blocked[0], false, false, false),
            ("blocked by the author", &blocked[1], false, false, false),
        ];
        for (who, viewer, followers_only, open, private) in expected {
            let got = (
                sees(&world, viewer, &author, to_followers).await,
                sees(&world, viewer, &author, in_open).await,
                sees(&world, viewer, &author, in_private).await,
            );
            assert_eq!(got, (followers_only, open, private), "{who}");
        }

        world.suspend(&author).await;
        for (who, viewer, ..) in expected {
            for post in [to_followers, in_open, in_private] {
                assert!(!sees(&world, viewer, &author, post).await, "{who}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_feed_shows_nothing_that_its_reader_lost_the_right_to_see() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (reader, owner) = (world.person().await, world.person().await);
        let private = world.channel(&owner, "private", Visibility::Private).await;
        world.join(&owner, &reader, &private).await;
        let mut authors = Vec::new();
        for _ in 0..5 {
            let author = world.person().await;
            world.follow(&reader, &author).await;
            authors.push(author);
        }
        let mut posts = Vec::new();
        for author in &authors {
            posts.push(world.post(author, None, "hello").await);
        }
        posts.push(world.post(&owner, Some(&private), "hello").await);
        world.deliver().await;
        let all: Vec<PostId> = posts.iter().rev().copied().collect();
        assert_eq!(world.feed(&reader).await, all);

        // Nothing but the rights changes: the timeline still has them all.
        world.block(&authors[0], &reader).await;
        world.block(&reader, &authors[1]).await;
        world.suspend(&authors[2]).await;
        world.unfollow_silently(&reader, &authors[3]).await;
        world.posts.leave_channel(&reader, &private.slug).await.unwrap();
        assert_eq!(world.feed(&reader).await, [posts[4]]);
        world.posts.delete_post(&authors[4], posts[4]).await.unwrap();
        assert_eq!(world.feed(&reader).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_private_channel_shows_outsiders_nothing_and_the_invited_only_itself() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (owner, stranger, invited) = (world.person().await, world.person().await, world.person().await);
        let private = world.channel(&owner, "private", Visibility::Private).await;
        world.post(&owner, Some(&private), "hello").await;
        world.posts.invite_to_channel(&owner, &private.slug, invited.user).await.unwrap();
        let posts = &world.posts;
        for name in [private.slug.clone(), private.id.to_string()] {
            assert!(not_found(posts.join_channel(&stranger, &name).await));
            assert!(not_found(posts.leave_channel(&stranger, &name).await));
            assert!(not_found(posts.invite_to_channel(&stranger, &name, invited.user).await));
            for outsider in [&stranger, &invited] {
                assert!(not_found(posts.channel_posts(outsider, &name, None, limit(5)).await));
                assert!(not_found(posts.list_channel_members(outsider, &name, None, limit(5)).await));
                assert!(not_found(world.try_post(outsider, Some(private.id), "hello").await));
            }
        }
        let listed =
            async |viewer: &Viewer| posts.list_channels(viewer, "", false, None, limit(5)).await.unwrap().items.len();
        assert_eq!((listed(&stranger).await, listed(&invited).await, listed(&owner).await), (0, 1, 1));
        assert_eq!(posts.channel_posts(&owner, &private.slug, None, limit(5)).await.unwrap().items.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn words_and_likes_of_people_one_does_not_see_are_left_out() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (owner, reader) = (world.person().await, world.person().await);
        let open = world.channel(&owner, "open", Visibility::Open).await;
        let post = world.post(&owner, Some(&open), "hello").await;
        let mut others = Vec::new();
        for _ in 0..4 {
            let person = world.person().await;
            let comment = NewComment { body: "hello".into() };
            world.posts.add_comment(&person, post, &no_key().await, &comment).await.unwrap();
            world.posts.like(&person, post).await.unwrap();
            world.posts.join_channel(&person, "open").await.unwrap();
            others.push(person);
        }
        world.block(&reader, &others[0]).await;
        world.block(&others[1], &reader).await;
        world.suspend(&others[2]).await;
        let comments = world.posts.list_comments(&reader, post, None, limit(50)).await.unwrap().items;
        assert_eq!(comments.iter().map(|comment| comment.author.id).collect::<Vec<_>>(), [others[3].user]);
        let likes = world.posts.list_likes(&reader, post, None, limit(50)).await.unwrap().items;
        assert_eq!(likes.iter().map(|person| person.id).collect::<Vec<_>>(), [others[3].user]);
        let members = world.posts.list_channel_members(&reader, "open", None, limit(50)).await.unwrap().items;
        assert_eq!(members.iter().map(|member| member.user.id).collect::<Vec<_>>(), [owner.user, others[3].user]);
    })
    .await;
}

#[tokio::test]
async fn a_post_is_removed_by_its_author_the_channel_owner_and_moderators_only() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (owner, author, member) = (world.person().await, world.person().await, world.person().await);
        let stranger = world.person().await;
        let private = world.channel(&owner, "private", Visibility::Private).await;
        world.join(&owner, &author, &private).await;
        world.join(&owner, &member, &private).await;
        for role in ["author", "author who left", "channel owner", "blocked moderator"] {
            let post = world.post(&author, Some(&private), "hello").await;
            let denied = world.posts.delete_post(&member, post).await;
            assert!(matches!(denied, Err(PostsError::CannotDelete)));
            assert!(!world.posts.post(&member, post).await.unwrap().can_delete);
            assert!(not_found(world.posts.delete_post(&stranger, post).await));
            let remover = match role {
                "author" => author,
                "author who left" => {
                    world.posts.leave_channel(&author, &private.slug).await.unwrap();
                    author
                }
                "channel owner" => owner,
                _ => {
                    let moderator = world.person_as(Role::Owner).await;
                    world.block(&author, &moderator).await;
                    moderator
                }
            };
            world.posts.delete_post(&remover, post).await.unwrap();
            assert!(not_found(world.posts.delete_post(&remover, post).await), "{role}");
            assert!(not_found(world.posts.post(&member, post).await), "{role}");
            world.join(&owner, &author, &private).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_deleted_post_leaves_no_word_and_no_picture_behind() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let author = world.person().await;
        let images = [world.media.add_ready(&author, &world.clock), world.media.add_ready(&author, &world.clock)];
        let media = images.iter().map(|id| NewPostMedia { media_id: *id, alt: "a hat".into() }).collect();
        let request = NewPost { channel_id: None, body: "our secret".into(), media };
        let post = world.posts.publish(&author, &no_key().await, &request).await.unwrap().id;
        world.posts.delete_post(&author, post).await.unwrap();
        let mut reader = world.db.reader().await.unwrap();
        let (body,): (String,) =
            fetch_one!(&mut reader, "select body from posts_posts where post_id = $1", post).unwrap();
        drop(reader);
        assert_eq!(body, "");
        assert_eq!(world.count("select count(*) from posts_post_media").await, 0);
        assert_eq!(*world.media.released.lock().unwrap(), images);
        assert!(world.posts.visible(&author, &[post]).await.unwrap().is_empty());
        assert!(world.posts.audience(post, None, 10).await.unwrap().is_empty());
        assert!(not_found(world.posts.like(&author, post).await));
        // An event that comes late brings nothing back.
        world.deliver().await;
        assert_eq!(world.feed(&author).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_comment_is_removed_by_its_author_the_post_author_the_channel_owner_and_moderators_only() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (owner, author, commenter) = (world.person().await, world.person().await, world.person().await);
        let (member, stranger) = (world.person().await, world.person().await);
        let moderator = world.person_as(Role::Admin).await;
        let private = world.channel(&owner, "private", Visibility::Private).await;
        for person in [&author, &commenter, &member] {
            world.join(&owner, person, &private).await;
        }
        let post = world.post(&author, Some(&private), "hello").await;
        let elsewhere = world.post(&author, Some(&private), "hello").await;
        for remover in [&commenter, &author, &owner, &moderator] {
            let request = NewComment { body: "hello".into() };
            let comment = world.posts.add_comment(&commenter, post, &no_key().await, &request).await.unwrap();
            assert!(comment.can_delete);
            let denied = world.posts.delete_comment(&member, post, comment.id).await;
            assert!(matches!(denied, Err(PostsError::CannotDelete)));
            assert!(not_found(world.posts.delete_comment(&stranger, post, comment.id).await));
            assert!(not_found(world.posts.delete_comment(remover, elsewhere, comment.id).await));
            world.posts.delete_comment(remover, post, comment.id).await.unwrap();
            assert!(not_found(world.posts.delete_comment(remover, post, comment.id).await));
            assert_eq!(world.posts.post(&author, post).await.unwrap().comment_count, 0);
        }
        assert_eq!(world.count("select count(*) from posts_comments where body <> ''").await, 0);
    })
    .await;
}

#[tokio::test]
async fn the_views_of_other_services_hold_what_is_asked_of_them() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::beside_other_services(fresh, |_| {});
        let now = fresh.clock.now();
        let viewer = Viewer { user: UserId::new(now), session: SessionId::new(now), role: Role::Member };
        let open = world.channel(&viewer, "open", Visibility::Open).await;
        for channel in [None, Some(&open)] {
            let post = world.post(&viewer, channel, "hello").await;
            assert!(world.posts.like(&viewer, post).await.unwrap().liked);
            assert_eq!(world.posts.readers_among(post, &[viewer.user]).await.unwrap(), []);
            assert_eq!(world.posts.audience(post, None, 10).await.unwrap(), []);
        }
        world.deliver().await;
        assert_eq!(world.feed(&viewer).await.len(), 2);
        assert_eq!(world.posts.person_posts(&viewer, viewer.user, None, limit(5)).await.unwrap().items.len(), 2);
        assert_eq!(world.posts.list_channel_members(&viewer, "open", None, limit(5)).await.unwrap().items.len(), 1);
        assert!(not_found(world.posts.invite_to_channel(&viewer, "open", UserId::new(now)).await));
    })
    .await;
}
