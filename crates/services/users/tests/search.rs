//! People are found in whatever script and form their names are written and typed, on both engines.

mod world;

use axum::http::Method;
use village_db::execute;
use village_testkit::{Fresh, on_both_engines};
use village_users::EditProfile;

use crate::world::World;

/// As a client sends it.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn people_are_found_whatever_case_accents_and_script() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let me = world.person("me_1").await;
        for (handle, name) in [
            ("strasse", "Uwe Straße"),
            ("anne", "Anne-Marie O’Neil"),
            ("lodz", "Łukasz Søren"),
            ("taro", "山田太郎"),
            ("odysseus", "Οδυσσέας Ίος"),
            ("heart", "Leo ❤️"),
        ] {
            world.try_sign_up(handle, name).await.unwrap();
        }
        for (query, expected) in [
            ("STRASSE", vec!["strasse"]),
            ("straße", vec!["strasse"]),
            ("marie", vec!["anne"]),
            ("o'neil", vec!["anne"]),
            ("neil ann", vec!["anne"]),
            ("lukasz", vec!["lodz"]),
            ("soren", vec!["lodz"]),
            ("太郎", vec!["taro"]),
            ("郎太", vec![]),
            ("ΟΔΥΣΣΕΑΣ", vec!["odysseus"]),
            ("ιοσ", vec!["odysseus"]),
            ("❤", vec!["heart"]),
            ("＠ｌｏｄｚ", vec!["lodz"]),
            ("@me_1", vec!["me_1"]),
            ("?!", vec![]),
        ] {
            assert_eq!(world.handles(&me, &format!("/users?query={}", encoded(query))).await, expected, "{query}");
        }
        assert_eq!(world.handles(&me, &format!("/users?query={}", encoded("\u{200b} "))).await.len(), 7);
    })
    .await;
}

#[tokio::test]
async fn people_whose_names_were_folded_by_earlier_rules_are_found_once_the_pass_was_made() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let uwe = world.try_sign_up("uwe", "Uwe Straße").await.unwrap();
        let old = async |text: &str| {
            village_db::transaction!(&fresh.db, |tx| -> Result<u64, village_db::Error> {
                execute!(tx, "update users_profiles set search_text = $2 where user_id = $1", uwe.user, text)
            })
            .unwrap()
        };
        old(" uwe uwe straße").await;
        assert!(world.handles(&uwe, "/users?query=strasse").await.is_empty());
        assert_eq!(world.users.refold_once().await.unwrap(), 1);
        assert_eq!(world.handles(&uwe, "/users?query=strasse").await, ["uwe"]);
        // A process of the version before, which is still being replaced, writes behind the first round.
        old(" uwe uwe straße").await;
        assert_eq!(world.users.refold_once().await.unwrap(), 0);
        fresh.clock.advance(std::time::Duration::from_secs(24 * 3600));
        let both = futures::future::join(world.users.refold_once(), world.users.refold_once()).await;
        assert_eq!(both.0.unwrap() + both.1.unwrap(), 1);
        assert_eq!(world.handles(&uwe, "/users?query=strasse").await, ["uwe"]);
        old(" uwe uwe straße").await;
        fresh.clock.advance(std::time::Duration::from_secs(10 * 24 * 3600));
        assert_eq!(world.users.refold_once().await.unwrap(), 0, "two rounds, and no more");
    })
    .await;
}

#[tokio::test]
async fn a_name_has_something_to_be_seen_and_hides_nothing() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let ana = world.person("ana").await;
        for blank in ["\u{3164}", "\u{200b}\u{200d}", "\u{2800}", "\u{301}", "\u{e0041}", " \u{a0}"] {
            assert!(world.try_sign_up("nobody", blank).await.is_err(), "{blank:?}");
            let request = serde_json::json!({"display_name": blank});
            let (status, problem) = world.call(&ana, Method::PATCH, "/users/me", Some(request)).await;
            assert_eq!(
                (status.as_u16(), &problem["fields"][0]["code"]),
                (422, &serde_json::json!("empty")),
                "{blank:?}"
            );
        }
        let edit = EditProfile {
            display_name: Some("\u{202e}Ana\u{200b}\nR. 👩\u{200d}🚀".into()),
            bio: Some("\u{200b}\u{b}".into()),
            ..EditProfile::default()
        };
        let shown = world.users.edit_profile(&ana, None, edit).await.unwrap();
        assert_eq!((shown.display_name.as_str(), shown.bio.as_str()), ("Ana R. 👩\u{200d}🚀", ""));
    })
    .await;
}
