//! Who is shown to whom, through the router.

mod world;

use axum::http::{Method, StatusCode};
use serde_json::json;
use village_db::{execute, transaction};
use village_kernel::{Clock, UserId, Viewer};
use village_testkit::{Fresh, on_both_engines};
use village_users::EditProfile;

use crate::world::World;

#[tokio::test]
async fn a_profile_is_read_by_id_and_by_handle_in_any_case() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben) = (world.person("ana").await, world.person("ben").await);
        world.users.follow(&ben, ana.user).await.unwrap();
        for path in [format!("/users/{}", ana.user), "/users/@ana".to_owned(), "/users/@ANA".to_owned()] {
            let (status, user) = world.get(&ben, &path).await;
            assert_eq!((status, &user["handle"]), (StatusCode::OK, &json!("ana")), "{path}");
            let relationship = json!({"is_self": false, "following": true, "followed_by": false, "blocking": false});
            assert_eq!((&user["relationship"], &user["followers_count"]), (&relationship, &json!(1)));
        }
        assert_eq!(world.get(&ana, "/users/@ana").await.1["relationship"]["is_self"], json!(true));
    })
    .await;
}

#[tokio::test]
async fn who_blocked_you_who_is_suspended_and_nobody_are_the_same_404() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben, sus) = (world.person("ana").await, world.person("ben").await, world.person("sus").await);
        world.users.block(&ben, ana.user).await.unwrap();
        world.suspend(&sus).await;
        let nobody = UserId::new(fresh.clock.now());
        let mut answers = Vec::new();
        for id in [ben.user, sus.user, nobody] {
            for rest in ["", "/followers", "/following"] {
                answers.push(world.get(&ana, &format!("/users/{id}{rest}")).await);
            }
            for (method, rest) in [(Method::DELETE, "follow"), (Method::PUT, "block"), (Method::DELETE, "block")] {
                answers.push(world.call(&ana, method, &format!("/users/{id}/{rest}"), None).await);
            }
            answers.push(world.call(&ana, Method::POST, "/users/follow", Some(json!({"user_id": id}))).await);
        }
        for path in ["/users/@ben", "/users/@sus", "/users/@nobody", "/users/@no%00body", "/users/x", "/users/@"] {
            answers.push(world.get(&ana, path).await);
        }
        for (status, problem) in &answers {
            assert_eq!((*status, problem), (StatusCode::NOT_FOUND, &answers[0].1));
        }
    })
    .await;
}

#[tokio::test]
async fn the_blocker_still_finds_whom_to_unblock() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben) = (world.person("ana").await, world.person("ben").await);
        world.users.block(&ana, ben.user).await.unwrap();
        let (status, user) = world.get(&ana, "/users/@ben").await;
        assert_eq!((status, &user["relationship"]["blocking"]), (StatusCode::OK, &json!(true)));
        assert_eq!(world.handles(&ana, "/users/blocks").await, ["ben"]);
        assert!(world.handles(&ben, "/users/blocks").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_block_of_one_s_own_is_listed_and_taken_back_whatever_the_other_has_done() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben, sus) = (world.person("ana").await, world.person("ben").await, world.person("sus").await);
        for person in [&ben, &sus] {
            world.users.block(&ana, person.user).await.unwrap();
        }
        world.users.block(&ben, ana.user).await.unwrap_err();
        let sql = "insert into users_blocks (blocker_id, blocked_id, blocked_at) values ($1, $2, $3)";
        let now = fresh.clock.now();
        transaction!(&fresh.db, |tx| -> Result<u64, village_db::Error> { execute!(tx, sql, ben.user, ana.user, now) })
            .unwrap();
        world.suspend(&sus).await;
        // What they said in common groups is folded by this list.
        assert_eq!(world.handles(&ana, "/users/blocks").await, ["ben", "sus"]);
        for person in [&ben, &sus] {
            let path = format!("/users/{}/block", person.user);
            let (status, relationship) = world.call(&ana, Method::DELETE, &path, None).await;
            assert_eq!((status, &relationship["blocking"]), (StatusCode::OK, &json!(false)));
            assert_eq!(world.call(&ana, Method::DELETE, &path, None).await.0, StatusCode::NOT_FOUND);
        }
        assert!(world.handles(&ana, "/users/blocks").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn lists_and_search_leave_out_blocks_either_way_and_the_suspended() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let star = world.person("star").await;
        let (ana, ben, cleo, sus) = (
            world.person("ana").await,
            world.person("ben").await,
            world.person("cleo").await,
            world.person("sus").await,
        );
        for person in [&ana, &ben, &cleo, &sus] {
            world.users.follow(person, star.user).await.unwrap();
            world.users.follow(&star, person.user).await.unwrap();
        }
        world.users.block(&ana, ben.user).await.unwrap();
        world.suspend(&sus).await;
        for list in ["followers", "following"] {
            let path = format!("/users/{}/{list}", star.user);
            assert_eq!(world.handles(&ana, &path).await, ["ana", "cleo"]);
            assert_eq!(world.handles(&ben, &path).await, ["ben", "cleo"]);
            assert_eq!(world.handles(&cleo, &path).await, ["ana", "ben", "cleo"]);
        }
        assert_eq!(world.handles(&ana, "/users").await, ["ana", "cleo", "star"]);
        assert_eq!(world.handles(&ben, "/users?query=").await, ["ben", "cleo", "star"]);
        assert!(world.handles(&ben, "/users?query=ana").await.is_empty());
        assert!(world.handles(&ana, "/users?query=sus").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn search_finds_the_start_of_a_handle_or_of_any_word_and_nothing_else() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let me = world.person("zz_me").await;
        for (handle, name) in
            [("ana_r", "Ana Ribeiro"), ("zoe", "Zoë O'Neil"), ("anx", "Percy 100%"), ("back", r"Back\slash _under")]
        {
            world.try_sign_up(handle, name).await.unwrap();
        }
        for (query, expected) in [
            ("an", vec!["ana_r", "anx"]),
            ("@ANA", vec!["ana_r"]),
            ("rib", vec!["ana_r"]),
            ("ana%20ri", vec!["ana_r"]),
            ("ibeiro", vec![]),
            ("zoe", vec!["zoe"]),
            ("ZO%C3%8B", vec!["zoe"]),
            ("o'n", vec!["zoe"]),
            ("%25", vec![]),
            ("100%25", vec!["anx"]),
            ("_", vec!["back"]),
            ("ana_", vec!["ana_r"]),
            ("anax", vec![]),
            (r"back%5Cs", vec!["back"]),
            ("%00", vec!["ana_r", "anx", "back", "zoe", "zz_me"]),
        ] {
            assert_eq!(world.handles(&me, &format!("/users?query={query}")).await, expected, "{query}");
        }
        let (status, _) = world.get(&me, &format!("/users?query={}", "a".repeat(101))).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        world
            .users
            .edit_profile(&me, None, EditProfile { display_name: Some("Nova".into()), ..EditProfile::default() })
            .await
            .unwrap();
        assert_eq!(world.handles(&me, "/users?query=nov").await, ["zz_me"]);
        assert_eq!(world.handles(&me, "/users?query=zz").await, ["zz_me"]);
    })
    .await;
}

#[tokio::test]
async fn pages_hold_everybody_once_and_foreign_cursors_are_refused() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let star = world.person("star").await;
        let mut names = Vec::new();
        for number in 0..7 {
            let person = world.person(&format!("fan_{number}")).await;
            world.users.follow(&person, star.user).await.unwrap();
            world.users.block(&star, person.user).await.unwrap();
            world.users.unblock(&star, person.user).await.unwrap();
            world.users.follow(&person, star.user).await.unwrap();
            names.push(format!("fan_{number}"));
        }
        for (path, expected) in
            [(format!("/users/{}/followers?limit=3", star.user), &names), ("/users?query=fan&limit=3".into(), &names)]
        {
            let (mut seen, mut pages, mut cursor) = (Vec::new(), 0, String::new());
            loop {
                let (status, page) = world.get(&star, &format!("{path}&cursor={cursor}")).await;
                assert_eq!(status, StatusCode::OK);
                seen.extend(page["items"].as_array().unwrap().iter().map(|p| p["handle"].as_str().unwrap().to_owned()));
                pages += 1;
                match page["next"].as_str() {
                    Some(next) => cursor = next.to_owned(),
                    None => break,
                }
            }
            assert_eq!((&seen, pages), (expected, 3), "{path}");
            // The last is a text with a zero byte, which no handle holds.
            for cursor in ["x", "bm9wZQ", "IlwwMCI", "ImFcdTAwMDAi"] {
                let (status, problem) = world.get(&star, &format!("{path}&cursor={cursor}")).await;
                assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_cursor")));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn bad_bodies_are_refused_with_the_field_and_change_nothing() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let ana = world.person("ana").await;
        let me = json!(ana.user.to_string());
        for (method, path, body) in [
            (Method::POST, "/users/follow", json!({})),
            (Method::POST, "/users/follow", json!({"user_id": 7})),
            (Method::POST, "/users/follow", json!({"user_id": "nobody"})),
            (Method::POST, "/users/follow", json!({"user_id": me, "extra": 1})),
            (Method::POST, "/users/follow", json!({"user_id": me})),
            (Method::PATCH, "/users/me", json!({"handle": "other"})),
            (Method::PATCH, "/users/me", json!({"display_name": ""})),
            (Method::PATCH, "/users/me", json!({"display_name": "x".repeat(61)})),
            (Method::PATCH, "/users/me", json!({"bio": "a\u{0}b"})),
            (Method::PATCH, "/users/me", json!({"avatar_media_id": "x"})),
            (Method::PATCH, "/users/me", json!({"avatar_media_id": me})),
        ] {
            let (status, problem) = world.call(&ana, method, path, Some(body.clone())).await;
            assert_eq!(
                (status, &problem["code"]),
                (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_request")),
                "{body}"
            );
            assert!(!problem["fields"].as_array().unwrap().is_empty());
        }
        assert_eq!(world.get(&ana, "/users/@ana").await.1["version"], json!(1));
        let (status, user) = world.call(&ana, Method::PATCH, "/users/me", Some(json!({"avatar_media_id": null}))).await;
        assert_eq!((status, &user["avatar"]), (StatusCode::OK, &json!(null)));
    })
    .await;
}

/// The counts of `person` that `viewer` is told, beside how many people the two lists have for them.
async fn counts_and_lists(world: &World<'_>, viewer: &Viewer, person: &Viewer) -> ([i64; 2], [i64; 2]) {
    let user = world.get(viewer, &format!("/users/{}", person.user)).await.1;
    let mut lengths = [0; 2];
    for (list, length) in ["followers", "following"].iter().zip(&mut lengths) {
        let mut path = format!("/users/{}/{list}?limit=100", person.user);
        loop {
            let page = world.get(viewer, &path).await.1;
            *length += page["items"].as_array().unwrap().len() as i64;
            match page["next"].as_str() {
                Some(next) => path = format!("/users/{}/{list}?limit=100&cursor={next}", person.user),
                None => break,
            }
        }
    }
    (["followers_count", "following_count"].map(|count| user[count].as_i64().unwrap()), lengths)
}

#[tokio::test]
async fn the_counts_of_a_profile_are_as_long_as_its_lists_whoever_is_blocked_or_suspended() {
    on_both_engines(async |fresh: &Fresh| {
        // In a short list each person is looked at, in a long one only those who are hidden.
        for crowd in [4, 120] {
            let world = World::new(fresh);
            let named = async |name: &str| world.person(&format!("{name}{crowd}")).await;
            let (star, one, other) = (named("star").await, named("one").await, named("other").await);
            let mut people = Vec::new();
            for number in 0..crowd {
                people.push(world.person(&format!("p{crowd}_{number}")).await);
            }
            for person in people.iter().chain([&one, &other]) {
                world.users.follow(person, star.user).await.unwrap();
                world.users.follow(&star, person.user).await.unwrap();
            }
            let all = crowd + 2;
            let check = async |viewer: &Viewer, expected: i64| {
                let (counts, lists) = counts_and_lists(&world, viewer, &star).await;
                assert_eq!((counts, lists), ([expected; 2], [expected; 2]));
            };
            check(&one, all).await;
            world.users.block(&one, other.user).await.unwrap();
            world.users.block(&people[0], one.user).await.unwrap();
            check(&one, all - 2).await;
            check(&other, all - 1).await;
            check(&star, all).await;
            // Once, also for those whom a block hides already.
            world.suspend(&people[0]).await;
            world.suspend(&people[1]).await;
            check(&one, all - 3).await;
            check(&other, all - 3).await;
            check(&star, all - 2).await;
            world.users.unblock(&one, other.user).await.unwrap();
            check(&one, all - 2).await;
            check(&other, all - 2).await;
        }
    })
    .await;
}
