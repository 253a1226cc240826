//! Channels, their members and invitations.

use std::collections::BTreeSet;

use futures::future::join_all;
use village_events::{ChannelJoined, Event};
use village_kernel::{Clock, Cursor, UserId, Viewer};
use village_ports::Visibility;
use village_posts::{ChannelChanges, Membership, NewChannel, PostsError};
use village_testkit::{Fresh, on_both_engines};

use crate::world::{World, limit, no_key, not_found};

fn named(slug: &str) -> NewChannel {
    NewChannel { slug: Some(slug.into()), name: "Any".into(), description: String::new(), visibility: Visibility::Open }
}

#[tokio::test]
async fn one_of_many_who_want_a_slug_at_once_gets_it() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let mut attempts = Vec::new();
        for _ in 0..8 {
            let (posts, owner) = (world.posts.clone(), world.person().await);
            attempts.push(tokio::spawn(async move {
                posts.create_channel(&owner, &no_key().await, &named("preemies")).await
            }));
        }
        let outcomes: Vec<_> = join_all(attempts).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Err(PostsError::SlugTaken))).count(), 7);
        let channel = outcomes.into_iter().find_map(Result::ok).unwrap();
        assert_eq!((channel.member_count, channel.membership), (1, Some(Membership::Owner)));
        assert_eq!(world.count("select count(*) from posts_channel_members").await, 1);
    })
    .await;
}

#[tokio::test]
async fn channels_are_listed_by_slug_page_by_page_and_found_by_how_they_start() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (owner, member) = (world.person().await, world.person().await);
        for (slug, name) in [("ba", "50% off"), ("aa", "Éclair"), ("ca", "Ba na na"), ("da", "x_y"), ("ab", "Zoo")] {
            let request = NewChannel { name: name.into(), ..named(slug) };
            world.posts.create_channel(&owner, &no_key().await, &request).await.unwrap();
        }
        let hidden = world.channel(&owner, "hidden", Visibility::Private).await.slug;
        let found = async |viewer: &Viewer, query: &str, mine: bool| {
            let page = world.posts.list_channels(viewer, query, mine, None, limit(50)).await.unwrap();
            page.items.into_iter().map(|channel| channel.slug).collect::<Vec<_>>()
        };
        assert_eq!(found(&member, "", false).await, ["aa", "ab", "ba", "ca", "da"]);
        assert_eq!(found(&owner, "", false).await, ["aa", "ab", "ba", "ca", "da", &hidden]);
        assert_eq!(found(&member, "BA", false).await, ["ba", "ca"]);
        assert_eq!(found(&member, "Éc", false).await, ["aa"]);
        assert_eq!(found(&member, "50%", false).await, ["ba"]);
        for nothing in ["5_", "%", "_", "\\", "a\0", "hid", &"x".repeat(60)] {
            assert_eq!(found(&member, nothing, false).await, Vec::<String>::new(), "{nothing:?}");
        }
        let too_long = world.posts.list_channels(&member, &"x".repeat(61), false, None, limit(50)).await.unwrap_err();
        assert!(matches!(too_long, PostsError::Invalid(fields) if fields[0].code == "too_long"));
        assert_eq!(found(&member, "", true).await, Vec::<String>::new());
        world.posts.join_channel(&member, "ca").await.unwrap();
        assert_eq!(found(&member, "", true).await, ["ca"]);

        let mut slugs = Vec::new();
        let mut after = None;
        loop {
            let page = world.posts.list_channels(&member, "", false, after, limit(2)).await.unwrap();
            slugs.extend(page.items.into_iter().map(|channel| channel.slug));
            match page.next {
                Some(next) => after = Some(Cursor::decode(&next).unwrap().0),
                None => break,
            }
        }
        assert_eq!(slugs, ["aa", "ab", "ba", "ca", "da"]);
    })
    .await;
}

#[tokio::test]
async fn only_the_owner_edits_and_only_what_they_have_seen() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (owner, member) = (world.person().await, world.person().await);
        world.channel(&owner, "open", Visibility::Open).await;
        let private = world.channel(&owner, "private", Visibility::Private).await.slug;
        let rename = |name: &str| ChannelChanges { name: Some(name.into()), description: None };
        let edit = async |viewer: &Viewer, channel: &str, name: &str, version: Option<i64>| {
            world.posts.edit_channel(viewer, channel, &rename(name), version).await
        };
        assert!(matches!(edit(&member, "open", "Mine", None).await, Err(PostsError::NotChannelOwner)));
        assert!(not_found(edit(&member, &private, "Mine", None).await));
        assert!(matches!(edit(&owner, "open", " ", None).await, Err(PostsError::Invalid(_))));
        let renamed = edit(&owner, "open", "Ours", Some(1)).await.unwrap();
        assert_eq!((renamed.name.as_str(), renamed.version), ("Ours", 2));
        assert!(matches!(edit(&owner, "open", "Late", Some(1)).await, Err(PostsError::Changed)));
        let unchanged = world.posts.edit_channel(&owner, "open", &ChannelChanges::default(), None).await.unwrap();
        assert_eq!((unchanged.name.as_str(), unchanged.version), ("Ours", 2));
    })
    .await;
}

#[tokio::test]
async fn joining_twice_or_at_once_counts_once_and_is_announced_once() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let owner = world.person().await;
        let channel = world.channel(&owner, "open", Visibility::Open).await;
        let mut people = Vec::new();
        for _ in 0..6 {
            people.push(world.person().await);
        }
        let change = |join: bool, person: Viewer| {
            let posts = world.posts.clone();
            tokio::spawn(async move {
                if join {
                    posts.join_channel(&person, "open").await.map(|_| ())
                } else {
                    posts.leave_channel(&person, "open").await
                }
            })
        };
        for outcome in join_all(people.iter().flat_map(|person| [change(true, *person), change(true, *person)])).await {
            outcome.unwrap().unwrap();
        }
        let count = async || world.posts.join_channel(&owner, &channel.id.to_string()).await.unwrap().member_count;
        assert_eq!(count().await, 7);
        let joined: Vec<UserId> = world
            .take_events()
            .await
            .iter()
            .filter(|event| event.event_type == ChannelJoined::TYPE)
            .map(|event| event.parse::<ChannelJoined>().unwrap().user_id)
            .collect();
        assert_eq!(joined.len(), 6);
        assert_eq!(joined.iter().collect::<BTreeSet<_>>().len(), 6);

        // Everybody comes and goes at once: the count is the number of rows.
        let storm = people.iter().flat_map(|person| (0..4).map(|n| change(n % 2 == 1, *person)));
        for outcome in join_all(storm).await {
            outcome.unwrap().unwrap();
        }
        assert_eq!(count().await, world.count("select count(*) from posts_channel_members").await);
    })
    .await;
}

#[tokio::test]
async fn a_private_channel_is_joined_by_an_invitation_that_works_once() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (owner, guest, stranger) = (world.person().await, world.person().await, world.person().await);
        let private = world.channel(&owner, "private", Visibility::Private).await.slug;
        let posts = &world.posts;
        posts.invite_to_channel(&owner, &private, guest.user).await.unwrap();
        posts.invite_to_channel(&owner, &private, guest.user).await.unwrap();
        // Withdrawn in time.
        posts.withdraw_channel_invitation(&owner, &private, guest.user).await.unwrap();
        assert!(not_found(posts.join_channel(&guest, &private).await));
        // Declined.
        posts.invite_to_channel(&owner, &private, guest.user).await.unwrap();
        posts.leave_channel(&guest, &private).await.unwrap();
        assert!(not_found(posts.join_channel(&guest, &private).await));
        // Used, by two requests at once.
        posts.invite_to_channel(&owner, &private, guest.user).await.unwrap();
        let both = join_all((0..2).map(|_| {
            let (posts, private) = (posts.clone(), private.clone());
            tokio::spawn(async move { posts.join_channel(&guest, &private).await })
        }));
        for outcome in both.await {
            let channel = outcome.unwrap().unwrap();
            assert_eq!((channel.membership, channel.member_count), (Some(Membership::Member), 2));
        }
        assert!(matches!(
            posts.invite_to_channel(&guest, &private, stranger.user).await,
            Err(PostsError::NotChannelOwner)
        ));
        // A member needs no invitation, and leaving is final without a new one.
        posts.invite_to_channel(&owner, &private, guest.user).await.unwrap();
        posts.leave_channel(&guest, &private).await.unwrap();
        assert!(not_found(posts.join_channel(&guest, &private).await));
    })
    .await;
}

#[tokio::test]
async fn nobody_is_invited_across_a_block_and_an_unknown_person_not_at_all() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (owner, blocker, blocked) = (world.person().await, world.person().await, world.person().await);
        let private = world.channel(&owner, "private", Visibility::Private).await.slug;
        world.block(&blocker, &owner).await;
        world.block(&owner, &blocked).await;
        for user in [blocker.user, blocked.user, UserId::new(world.clock.now())] {
            assert!(not_found(world.posts.invite_to_channel(&owner, &private, user).await));
        }
        assert_eq!(world.count("select count(*) from posts_channel_invitations").await, 0);
    })
    .await;
}

#[tokio::test]
async fn the_owner_stays_and_whoever_leaves_takes_the_posts_out_of_their_feed() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (owner, member, friend) = (world.person().await, world.person().await, world.person().await);
        let open = world.channel(&owner, "open", Visibility::Open).await;
        world.join(&owner, &member, &open).await;
        world.join(&owner, &friend, &open).await;
        world.follow(&member, &friend).await;
        world.deliver().await;
        let of_owner = world.post(&owner, Some(&open), "hello").await;
        let of_friend = world.post(&friend, Some(&open), "hello").await;
        let own = world.post(&member, Some(&open), "hello").await;
        world.deliver().await;
        assert_eq!(world.feed(&member).await, [own, of_friend, of_owner]);
        assert!(matches!(world.posts.leave_channel(&owner, "open").await, Err(PostsError::OwnerCannotLeave)));
        world.posts.leave_channel(&member, "open").await.unwrap();
        world.posts.leave_channel(&member, "open").await.unwrap();
        assert_eq!(world.feed(&member).await, [own, of_friend]);
    })
    .await;
}

#[tokio::test]
async fn a_slug_tells_nothing_of_private_channels() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (owner, stranger) = (world.person().await, world.person().await);
        let private = |slug: &str| NewChannel { visibility: Visibility::Private, ..named(slug) };
        let create = async |viewer: &Viewer, request: NewChannel| {
            world.posts.create_channel(viewer, &no_key().await, &request).await
        };
        let hidden = create(&owner, private("divorced")).await.unwrap().slug;
        assert!(hidden.starts_with("divorced-") && hidden.len() == "divorced-".len() + 6, "{hidden}");

        // The name is as free as any other, and a private one looks the same whether the name was used or not.
        assert_eq!(create(&stranger, named("divorced")).await.unwrap().slug, "divorced");
        for name in ["divorced", "widowed"] {
            let slug = create(&stranger, private(name)).await.unwrap().slug;
            assert!(slug.starts_with(name) && slug.len() == name.len() + 7, "{slug}");
        }
        // One that is seen is taken.
        assert!(matches!(create(&owner, named("divorced")).await, Err(PostsError::SlugTaken)));
        assert!(matches!(create(&owner, named(&hidden)).await, Err(PostsError::SlugTaken)));
        // Nothing is said of the hidden one, whose address could only be guessed.
        let guessed = create(&stranger, named(&hidden)).await.unwrap().slug;
        assert!(guessed.starts_with(&hidden) && guessed != hidden, "{guessed}");
        assert!(not_found(world.posts.join_channel(&stranger, &hidden).await));
    })
    .await;
}

#[tokio::test]
async fn a_channel_without_a_slug_gets_one_from_its_name_whatever_its_script() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let owner = world.person().await;
        let mut slugs = BTreeSet::new();
        for name in ["Früh geboren", "Früh geboren", "早産児の親", "💛", "New", "أطفال"] {
            let request = NewChannel { slug: None, name: name.into(), ..named("") };
            let channel = world.posts.create_channel(&owner, &no_key().await, &request).await.unwrap();
            assert_eq!(channel.name, name);
            assert_eq!(world.posts.join_channel(&owner, &channel.slug).await.unwrap().id, channel.id);
            slugs.insert(channel.slug);
        }
        assert!(slugs.contains("fruh-geboren") && slugs.len() == 6, "{slugs:?}");
    })
    .await;
}
