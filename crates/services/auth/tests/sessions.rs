//! Log-in, refresh, and the end of sessions.

mod support;

use std::time::Duration;

use http::Method;
use serde_json::json;
use support::*;
use village_ports::{AccessTokens, TokenError};
use village_testkit::{Fresh, on_both_engines};

#[tokio::test]
async fn a_person_signs_up_logs_in_and_is_known() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let signed_up = process.sign_up("ana").await;
        assert_eq!(signed_up.text("token_type"), "Bearer");
        assert_eq!(signed_up.body["expires_in"], 600);
        let logged_in =
            process.post("/auth/login", json!({ "email": "ANA@example.ORG ", "password": PASSWORD })).await.expect(200);
        let me = process.get_as(&logged_in.text("access_token"), "/auth/me").await.expect(200);
        assert_eq!(me.body, signed_up.body["me"]);
        assert_eq!(
            (me.text("handle"), me.text("email"), me.text("role")),
            ("ana".into(), email("ana"), "member".into())
        );
        assert_eq!(process.get("/auth/me").await.problem(), (401, "unauthenticated".into()));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        process.sign_up("ana").await;
        let wrong = process.log_in("ana", "three small yellow shoes").await;
        let unknown = process.log_in("bo", PASSWORD).await;
        let no_address = process.post("/auth/login", json!({ "email": "ana", "password": PASSWORD })).await;
        let too_long = process.log_in("ana", &"x".repeat(5_000)).await;
        assert_eq!(wrong.problem(), (401, "invalid_credentials".into()));
        for other in [unknown, no_address, too_long] {
            assert_eq!(other.body, wrong.body);
        }
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_is_replaced_and_the_session_lives_on() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let mut token = process.sign_up("ana").await.text("refresh_token");
        for _ in 0..3 {
            fresh.clock.advance(Duration::from_secs(29 * 24 * 3600));
            let refreshed = process.refresh(&token).await.expect(200);
            assert_ne!(refreshed.text("refresh_token"), token);
            process.get_as(&refreshed.text("access_token"), "/auth/me").await.expect(200);
            token = refreshed.text("refresh_token");
        }
        fresh.clock.advance(Duration::from_secs(30 * 24 * 3600));
        assert_eq!(process.refresh(&token).await.problem(), (401, "invalid_refresh_token".into()));
    })
    .await;
}

#[tokio::test]
async fn the_predecessor_yields_the_same_successor_for_thirty_seconds() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let first = process.sign_up("ana").await.text("refresh_token");
        let second = process.refresh(&first).await.expect(200).text("refresh_token");
        for _ in 0..2 {
            fresh.clock.advance(Duration::from_secs(15));
            assert_eq!(process.refresh(&first).await.expect(200).text("refresh_token"), second);
        }
        process.refresh(&second).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn using_the_predecessor_later_ends_the_session() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let first = process.sign_up("ana").await.text("refresh_token");
        let second = process.refresh(&first).await.expect(200);
        fresh.clock.advance(Duration::from_micros(30_000_001));
        assert_eq!(process.refresh(&first).await.problem(), (401, "invalid_refresh_token".into()));
        assert_eq!(process.refresh(&second.text("refresh_token")).await.problem().0, 401);
        assert_eq!(process.get_as(&second.text("access_token"), "/auth/me").await.problem().0, 401);
        process.log_in("ana", PASSWORD).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn an_older_token_ends_the_session_at_once() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let first = process.sign_up("ana").await.text("refresh_token");
        let second = process.refresh(&first).await.text("refresh_token");
        let third = process.refresh(&second).await.text("refresh_token");
        assert_eq!(process.refresh(&first).await.problem().0, 401);
        assert_eq!(process.refresh(&third).await.problem().0, 401);
    })
    .await;
}

#[tokio::test]
async fn many_tabs_that_refresh_at_once_all_get_the_same_successor() {
    on_both_engines(async |fresh: &Fresh| {
        let processes = [process(fresh), process(fresh)];
        let token = processes[0].sign_up("ana").await.text("refresh_token");
        let tabs = (0..12).map(|tab| {
            let (process, token) = (processes[tab % 2].clone(), token.clone());
            tokio::spawn(async move { process.refresh(&token).await.expect(200).text("refresh_token") })
        });
        let mut successors: Vec<String> =
            futures::future::join_all(tabs).await.into_iter().map(|tab| tab.unwrap()).collect();
        successors.dedup();
        assert_eq!(successors.len(), 1);
        assert_eq!(count(&fresh.db, "select generation from auth_sessions").await, 2);
    })
    .await;
}

#[tokio::test]
async fn foreign_refresh_tokens_are_refused_and_change_nothing() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let token = process.sign_up("ana").await.text("refresh_token");
        let other_server = process_with(fresh, settings(), 2);
        assert_eq!(other_server.refresh(&token).await.problem().0, 401);
        for forged in ["", "AAAA", &token[..token.len() - 1], &token.replacen('A', "B", 1)] {
            assert_eq!(process.refresh(forged).await.problem(), (401, "invalid_refresh_token".into()), "{forged}");
        }
        assert_eq!(process.post("/auth/refresh", json!({})).await.problem().0, 401);
        process.refresh(&token).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn browsers_keep_the_refresh_token_in_a_cookie() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let mut account = new_account("ana");
        account["refresh"] = json!("cookie");
        let signed_up = process.post("/auth/signup", account).await.expect(201);
        assert!(signed_up.body.get("refresh_token").is_none());
        let cookie = signed_up.cookie("__Secure-village_refresh");
        for part in ["HttpOnly", "SameSite=Strict", "Path=/auth", "Secure", "Max-Age=2592000"] {
            assert!(cookie.contains(part), "{part} in {cookie}");
        }
        let sent = cookie.split(';').next().unwrap();
        let refreshed =
            process.call(Method::POST, "/auth/refresh", &[("cookie", sent)], Some(json!({}))).await.expect(200);
        assert!(refreshed.body.get("refresh_token").is_none());
        let renewed = refreshed.cookie("__Secure-village_refresh");
        let sent = renewed.split(';').next().unwrap();
        let out = process.call(Method::POST, "/auth/logout", &[("cookie", sent)], Some(json!({}))).await.expect(204);
        let cleared = out.cookie("__Secure-village_refresh");
        assert!(cleared.starts_with("__Secure-village_refresh=;") && cleared.contains("Max-Age=0"), "{cleared}");
        let again = process.call(Method::POST, "/auth/refresh", &[("cookie", sent)], Some(json!({}))).await;
        assert_eq!(again.problem(), (401, "invalid_refresh_token".into()));
        assert_eq!(process.get_as(&refreshed.text("access_token"), "/auth/me").await.problem().0, 401);
    })
    .await;
}

#[tokio::test]
async fn logging_out_says_yes_to_anything() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let session = process.sign_up("ana").await;
        for body in [json!({}), json!({ "refresh_token": "nonsense" }), json!({ "refresh_token": null })] {
            process.post("/auth/logout", body).await.expect(204);
        }
        process.get_as(&session.text("access_token"), "/auth/me").await.expect(200);
        for _ in 0..2 {
            let body = json!({ "refresh_token": session.text("refresh_token") });
            process.post("/auth/logout", body).await.expect(204);
        }
        assert_eq!(process.get_as(&session.text("access_token"), "/auth/me").await.problem().0, 401);
    })
    .await;
}

#[tokio::test]
async fn a_person_sees_and_ends_only_their_own_sessions() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let phone = process.sign_up("ana").await;
        let name = format!("Laptop {}", "x".repeat(500));
        let agent = [("user-agent", name.as_str())];
        let body = json!({ "email": email("ana"), "password": PASSWORD });
        let laptop = process.call(Method::POST, "/auth/login", &agent, Some(body)).await;
        let other = process.sign_up("bo").await;
        let token = phone.text("access_token");

        let first = process.get_as(&token, "/auth/sessions?limit=1").await.expect(200);
        assert_eq!(first.body["items"].as_array().unwrap().len(), 1);
        let path = format!("/auth/sessions?limit=1&cursor={}", first.text("next"));
        let second = process.get_as(&token, &path).await.expect(200);
        assert!(second.body["next"].is_null());
        assert_eq!(second.body["items"][0]["current"], true);
        let bad = process.get_as(&token, "/auth/sessions?cursor=x").await;
        assert_eq!(bad.problem(), (400, "invalid_cursor".into()));

        let id = first.body["items"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(first.body["items"][0]["current"], false);
        assert_eq!(first.body["items"][0]["user_agent"], name[..200]);
        let path = format!("/auth/sessions/{id}");
        let bearer = |token: &str| format!("Bearer {token}");
        let others = bearer(&other.text("access_token"));
        let refused = process.call(Method::DELETE, &path, &[("authorization", &others)], None).await;
        assert_eq!(refused.problem(), (404, "not_found".into()));
        process.get_as(&laptop.text("access_token"), "/auth/me").await.expect(200);
        let mine = bearer(&token);
        process.call(Method::DELETE, &path, &[("authorization", &mine)], None).await.expect(204);
        assert_eq!(process.get_as(&laptop.text("access_token"), "/auth/me").await.problem().0, 401);
        let again = process.call(Method::DELETE, &path, &[("authorization", &mine)], None).await;
        assert_eq!(again.problem().0, 404);
        let left = process.get_as(&token, "/auth/sessions").await;
        assert_eq!(left.body["items"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_person_has_at_most_fifty_sessions_and_the_idle_ones_go_first() {
    let fresh = village_testkit::fresh_sqlite().await;
    let process = process(&fresh);
    let first = process.sign_up("ana").await;
    for _ in 0..50 {
        fresh.clock.advance(Duration::from_secs(1));
        process.log_in("ana", PASSWORD).await.expect(200);
    }
    assert_eq!(count(&fresh.db, "select count(*) from auth_sessions where revoked_at is null").await, 50);
    assert_eq!(process.refresh(&first.text("refresh_token")).await.problem().0, 401);
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let here = process.sign_up("ana").await;
        let elsewhere = process.log_in("ana", PASSWORD).await;
        let token = here.text("access_token");
        let change = |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
        let wrong = process.post_as(&token, "/auth/password", change("not my password", "four large green hats")).await;
        assert_eq!(wrong.problem(), (403, "wrong_password".into()));
        let weak = process.post_as(&token, "/auth/password", change(PASSWORD, "password123")).await;
        assert_eq!((weak.problem().0, &weak.body["fields"][0]["field"]), (422, &json!("new_password")));
        process.get_as(&elsewhere.text("access_token"), "/auth/me").await.expect(200);

        process.post_as(&token, "/auth/password", change(PASSWORD, "four large green hats")).await.expect(204);
        process.get_as(&token, "/auth/me").await.expect(200);
        assert_eq!(process.get_as(&elsewhere.text("access_token"), "/auth/me").await.problem().0, 401);
        assert_eq!(process.refresh(&elsewhere.text("refresh_token")).await.problem().0, 401);
        assert_eq!(process.log_in("ana", PASSWORD).await.problem().0, 401);
        process.log_in("ana", "four large green hats").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_reset_token_works_once_within_an_hour_and_ends_all_sessions() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let session = process.sign_up("ana").await;
        let by_token = |token: &str, new: &str| json!({ "token": token, "new_password": new });
        let late = process.auth.create_password_reset("Ana@Example.org").await.unwrap();
        assert_eq!(late.url, format!("https://village.example.org/login#reset={}", late.token));
        fresh.clock.advance(Duration::from_secs(3600));
        let refused = process.post("/auth/password/reset", by_token(&late.token, "four large green hats")).await;
        assert_eq!(refused.problem(), (403, "invalid_reset_token".into()));

        let one = process.auth.create_password_reset(&email("ana")).await.unwrap();
        let two = process.auth.create_password_reset(&email("ana")).await.unwrap();
        let weak = process.post("/auth/password/reset", by_token(&one.token, "short")).await;
        assert_eq!(weak.problem().0, 422);
        let tries = [&one.token, &two.token, &one.token, &two.token].map(|token| {
            let (process, body) = (process.clone(), by_token(token, "four large green hats"));
            tokio::spawn(async move { process.post("/auth/password/reset", body).await.status.as_u16() })
        });
        let mut statuses: Vec<u16> =
            futures::future::join_all(tries).await.into_iter().map(|status| status.unwrap()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 403, 403, 403]);
        assert_eq!(process.refresh(&session.text("refresh_token")).await.problem().0, 401);
        process.log_in("ana", "four large green hats").await.expect(200);
        assert!(process.auth.create_password_reset("nobody@example.org").await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_suspended_person_is_out_everywhere_until_they_are_let_back_in() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let session = process.sign_up("ana").await;
        let (user, token) = (user_of(&session), session.text("access_token"));
        process.get_as(&token, "/auth/me").await.expect(200);
        process.auth.suspend(user).await.unwrap();
        process.auth.suspend(user).await.unwrap();
        assert_eq!(process.verifier.verify(&token).await, Err(TokenError::Revoked));
        assert_eq!(process.refresh(&session.text("refresh_token")).await.problem().0, 401);
        assert_eq!(process.log_in("ana", PASSWORD).await.problem(), (403, "account_suspended".into()));
        assert_eq!(process.log_in("ana", "not the password").await.problem(), (401, "invalid_credentials".into()));
        assert_eq!(count(&fresh.db, "select count(*) from auth_suspended_v").await, 1);

        process.auth.unsuspend(user).await.unwrap();
        assert_eq!(count(&fresh.db, "select count(*) from auth_suspended_v").await, 0);
        let back = process.log_in("ana", PASSWORD).await.expect(200);
        process.get_as(&back.text("access_token"), "/auth/me").await.expect(200);
        assert_eq!(process.verifier.verify(&token).await, Err(TokenError::Revoked));
    })
    .await;
}

#[tokio::test]
async fn no_session_survives_a_suspension_that_races_with_logging_in() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        for round in 0..5 {
            let handle = format!("ana{round}");
            let user = user_of(&process.sign_up(&handle).await);
            let logins = (0..4).map(|_| {
                let (process, handle) = (process.clone(), handle.clone());
                tokio::spawn(async move { process.log_in(&handle, PASSWORD).await.status.as_u16() })
            });
            let suspension = {
                let process = process.clone();
                tokio::spawn(async move { process.auth.suspend(user).await.unwrap() })
            };
            let statuses = futures::future::join_all(logins).await;
            suspension.await.unwrap();
            assert!(statuses.iter().all(|status| matches!(status.as_ref().unwrap(), 200 | 401 | 403)));
        }
        assert_eq!(count(&fresh.db, "select count(*) from auth_sessions where revoked_at is null").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_password_is_rehashed_at_log_in_when_the_parameters_have_changed() {
    on_both_engines(async |fresh: &Fresh| {
        process(fresh).sign_up("ana").await;
        let mut stronger = settings();
        stronger.password_hashing.iterations = 2;
        let process = process_with(fresh, stronger, 1);
        process.log_in("ana", PASSWORD).await.expect(200);
        let rehashed = "select count(*) from auth_accounts where password_hash like '$argon2id$v=19$m=64,t=2,p=1$%'";
        assert_eq!(count(&fresh.db, rehashed).await, 1);
        process.log_in("ana", PASSWORD).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn what_has_expired_is_swept() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let session = process.sign_up("ana").await;
        process.auth.create_password_reset(&email("ana")).await.unwrap();
        process.auth.create_invitation(village_auth::InvitationRole::Member, 1, 7).await.unwrap();
        process.post("/auth/logout", json!({ "refresh_token": session.text("refresh_token") })).await;
        assert_eq!(process.auth.sweep().await.unwrap(), 0);
        fresh.clock.advance(Duration::from_secs(40 * 24 * 3600));
        assert_eq!(process.auth.sweep().await.unwrap(), 4);
        process.log_in("ana", PASSWORD).await.expect(200);
    })
    .await;
}
