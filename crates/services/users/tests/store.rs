//! What users promises, on both engines.

mod world;

use std::collections::HashSet;

use futures::future::join_all;
use village_db::fetch_one;
use village_kernel::{Clock, MediaId, UserId};
use village_ports::{ProfileError, Profiles, SocialGraph};
use village_testkit::{Fresh, on_both_engines};
use village_users::{EditProfile, UsersError};

use crate::world::{World, not_found};

#[tokio::test]
async fn a_handle_belongs_to_the_first_who_takes_it_however_many_try() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let outcomes = join_all((0..8).map(|_| world.try_sign_up("Ana", "Ana"))).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(
            outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(ProfileError::HandleTaken))),
            "{outcomes:?}"
        );
        for (handle, name, field) in [("admin", "x", "handle"), ("no", "x", "handle"), ("fine", " ", "display_name")] {
            let outcome = world.try_sign_up(handle, name).await;
            assert!(matches!(outcome, Err(ProfileError::Invalid { field: f, .. }) if f == field), "{handle}");
        }
    })
    .await;
}

#[tokio::test]
async fn following_twice_is_following_once() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben) = (world.person("ana").await, world.person("ben").await);
        for _ in 0..2 {
            let relationship = world.users.follow(&ana, ben.user).await.unwrap();
            assert!(relationship.following && !relationship.followed_by);
        }
        assert!(world.users.follow(&ben, ana.user).await.unwrap().followed_by);
        for _ in 0..2 {
            assert!(!world.users.unfollow(&ana, ben.user).await.unwrap().following);
        }
        assert_eq!(world.published("users.followed.v1").await, 2);
        assert_eq!(world.published("users.unfollowed.v1").await, 1);
        world.assert_consistent().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_follows_or_blocks_themself_a_stranger_to_the_server_or_a_suspended_person() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, sus) = (world.person("ana").await, world.person("sus").await);
        let nobody = UserId::new(fresh.clock.now());
        world.suspend(&sus).await;
        for outcome in [
            world.users.follow(&ana, ana.user).await,
            world.users.unfollow(&ana, ana.user).await,
            world.users.block(&ana, ana.user).await,
            world.users.unblock(&ana, ana.user).await,
        ] {
            assert!(matches!(outcome, Err(UsersError::Yourself)));
        }
        for person in [nobody, sus.user] {
            assert!(not_found(world.users.follow(&ana, person).await));
            assert!(not_found(world.users.unfollow(&ana, person).await));
            assert!(not_found(world.users.block(&ana, person).await));
            assert!(not_found(world.users.unblock(&ana, person).await));
        }
        assert_eq!(world.published("users.followed.v1").await, 0);
        world.assert_consistent().await;
    })
    .await;
}

#[tokio::test]
async fn a_block_removes_follows_both_ways_and_hides_the_blocker() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben) = (world.person("ana").await, world.person("ben").await);
        world.users.follow(&ana, ben.user).await.unwrap();
        world.users.follow(&ben, ana.user).await.unwrap();
        let relationship = world.users.block(&ana, ben.user).await.unwrap();
        assert!(relationship.blocking && !relationship.following && !relationship.followed_by);
        assert_eq!(world.published("users.unfollowed.v1").await, 2);
        world.assert_consistent().await;

        assert!(not_found(world.users.follow(&ben, ana.user).await));
        assert!(not_found(world.users.unfollow(&ben, ana.user).await));
        assert!(not_found(world.users.block(&ben, ana.user).await));
        assert!(not_found(world.users.unblock(&ben, ana.user).await));
        assert!(not_found(world.users.follow(&ana, ben.user).await));

        let both = world.users.blocked_among(ben.user, &[ana.user, ben.user]).await.unwrap();
        assert_eq!(both, HashSet::from([ana.user]));
        assert_eq!(world.users.blocked_among(ana.user, &[ben.user]).await.unwrap(), HashSet::from([ben.user]));

        assert!(!world.users.unblock(&ana, ben.user).await.unwrap().blocking);
        let back = world.users.follow(&ben, ana.user).await.unwrap();
        assert!(back.following);
        assert_eq!(world.users.followed_among(ben.user, &[ana.user]).await.unwrap(), HashSet::from([ana.user]));
    })
    .await;
}

#[tokio::test]
async fn storms_of_follows_unfollows_and_blocks_keep_the_counts_equal_to_the_rows() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let mut people = Vec::new();
        for name in ["ana", "ben", "cleo", "dora"] {
            people.push(world.person(name).await);
        }
        let mut storm = Vec::new();
        for round in 0..60_usize {
            let (one, other) = (people[round % 4], people[(round + 1 + round / 4 % 3) % 4]);
            let users = world.users.clone();
            storm.push(tokio::spawn(async move {
                let outcome = match round * 7 % 10 {
                    0..=5 => users.follow(&one, other.user).await,
                    6..=7 => users.unfollow(&one, other.user).await,
                    8 => users.block(&one, other.user).await,
                    _ => users.unblock(&one, other.user).await,
                };
                assert!(matches!(outcome, Ok(_) | Err(UsersError::NotFound)), "{outcome:?}");
            }));
        }
        for outcome in join_all(storm).await {
            outcome.unwrap();
        }
        world.assert_consistent().await;
        let mut reader = fresh.db.reader().await.unwrap();
        let (standing,): (i64,) = fetch_one!(&mut reader, "select count(*) from users_following").unwrap();
        let told = world.published("users.followed.v1").await - world.published("users.unfollowed.v1").await;
        assert_eq!(told, standing, "each follow that stands was announced once more than it was taken back");
    })
    .await;
}

#[tokio::test]
async fn edits_of_an_old_version_are_refused_and_one_of_many_wins() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let ana = world.person("ana").await;
        let edit = |name: &str| EditProfile { display_name: Some(name.to_owned()), ..EditProfile::default() };
        let edits = join_all((0..6).map(|number| world.users.edit_profile(&ana, Some(1), edit(&number.to_string()))));
        let outcomes = edits.await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(UsersError::VersionConflict))));
        let user = world.users.edit_profile(&ana, None, edit("Ana Ribeiro")).await.unwrap();
        assert_eq!((user.display_name.as_str(), user.version), ("Ana Ribeiro", 3));
        let blank = "\u{3164}".to_owned();
        let wrong = EditProfile { display_name: Some(blank), bio: Some("b".repeat(501)), ..EditProfile::default() };
        let Err(UsersError::Invalid(fields)) = world.users.edit_profile(&ana, None, wrong).await else { panic!() };
        assert_eq!(fields.iter().map(|field| field.field.as_str()).collect::<Vec<_>>(), ["display_name", "bio"]);
    })
    .await;
}

#[tokio::test]
async fn an_avatar_must_be_ones_own_and_the_one_before_is_given_up() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let ana = world.person("ana").await;
        let (first, second) = (MediaId::new(fresh.clock.now()), MediaId::new(fresh.clock.now()));
        let avatar = |id| EditProfile { avatar_media_id: Some(id), bio: Some("hi".into()), ..EditProfile::default() };
        let refused = world.users.edit_profile(&ana, None, avatar(Some(first))).await;
        assert!(matches!(refused, Err(UsersError::AvatarNotUsable)));
        world.album.usable.lock().unwrap().extend([(ana.user, first), (ana.user, second)]);
        let user = world.users.edit_profile(&ana, None, avatar(Some(first))).await.unwrap();
        assert_eq!((user.avatar.unwrap().media_id, user.version), (first, 2), "what was refused changed nothing");
        world.users.edit_profile(&ana, None, avatar(Some(first))).await.unwrap();
        assert!(world.album.released.lock().unwrap().is_empty());
        world.users.edit_profile(&ana, None, avatar(Some(second))).await.unwrap();
        let none = world.users.edit_profile(&ana, None, avatar(None)).await.unwrap();
        assert!(none.avatar.is_none());
        assert_eq!(*world.album.released.lock().unwrap(), [first, second]);
    })
    .await;
}

#[tokio::test]
async fn a_summary_shows_a_change_at_once_and_leaves_out_who_does_not_exist() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben) = (world.person("ana").await, world.person("ben").await);
        let nobody = UserId::new(fresh.clock.now());
        let ids = [ana.user, ben.user, ana.user, nobody];
        for name in ["One", "Two", "Three"] {
            let edit = EditProfile { display_name: Some(name.to_owned()), ..EditProfile::default() };
            world.users.edit_profile(&ana, None, edit).await.unwrap();
            let reads = join_all((0..8).map(|_| world.users.summaries(&ben, &ids))).await;
            for people in reads {
                let people = people.unwrap();
                assert_eq!(people.len(), 2);
                assert_eq!(people[&ana.user].display_name, name);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_made_by_another_process_shows_once_its_hint_arrives() {
    on_both_engines(async |fresh: &Fresh| {
        let (here, there) = (World::new(fresh), World::new(fresh));
        let ana = here.person("ana").await;
        let stop = tokio_util::sync::CancellationToken::new();
        let running = tokio::spawn(here.users.clone().run(stop.clone()));
        tokio::task::yield_now().await;
        let shown = async || here.users.summaries(&ana, &[ana.user]).await.unwrap()[&ana.user].display_name.clone();
        assert_eq!(shown().await, "ANA Test");
        let edit = EditProfile { display_name: Some("Changed".to_owned()), ..EditProfile::default() };
        there.users.edit_profile(&ana, None, edit).await.unwrap();
        let changed = async {
            while shown().await != "Changed" {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), changed).await.expect("the hint is heeded");
        stop.cancel();
        running.await.unwrap();
    })
    .await;
}
