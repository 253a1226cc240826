//! How often secrets may be tried.

mod support;

use std::time::Duration;

use serde_json::json;
use support::*;
use village_auth::{Quota, ThrottleSettings};
use village_testkit::fresh_sqlite;

fn throttles(change: impl FnOnce(&mut ThrottleSettings)) -> village_auth::AuthSettings {
    let mut settings = settings();
    change(&mut settings.throttles);
    settings
}

#[tokio::test]
async fn an_account_can_be_tried_ten_times_and_then_every_thirty_seconds_from_wherever() {
    let fresh = fresh_sqlite().await;
    let default = ThrottleSettings::default().password_per_account;
    let process = process_with(&fresh, throttles(|t| t.password_per_account = default), 1);
    process.sign_up("ana").await;
    for attempt in 0..10 {
        let process = process.from(&format!("198.51.100.{attempt}"));
        assert_eq!(process.log_in("ana", "not the password").await.problem().0, 401);
    }
    let refused = process.from("198.51.100.99").log_in("ana", PASSWORD).await;
    assert_eq!(refused.problem(), (429, "rate_limited".into()));
    assert_eq!(refused.headers["retry-after"], "30");
    // Others are not held up, and those without an account get the same treatment.
    assert_eq!(process.log_in("bo", PASSWORD).await.problem().0, 401);

    fresh.clock.advance(Duration::from_secs(30));
    process.log_in("ana", PASSWORD).await.expect(200);
    // Having logged in gives nobody more attempts.
    assert_eq!(process.log_in("ana", "not the password").await.problem().0, 429);
}

#[tokio::test]
async fn an_unknown_account_is_throttled_like_a_known_one() {
    let fresh = fresh_sqlite().await;
    let process =
        process_with(&fresh, throttles(|t| t.password_per_account = Quota::new(2, Duration::from_secs(30))), 1);
    for expected in [401, 401, 429] {
        assert_eq!(process.log_in("nobody", PASSWORD).await.problem().0, expected);
    }
}

#[tokio::test]
async fn one_address_is_throttled_whatever_it_tries_and_its_neighbours_in_the_same_household_with_it() {
    let fresh = fresh_sqlite().await;
    let two = Quota::new(2, Duration::from_secs(60));
    let settings = throttles(|t| {
        t.login_per_address = two;
        t.signup_per_address = two;
        t.refresh_per_address = two;
        t.invitation_per_address = two;
        t.reset_per_address = two;
    });
    let process = process_with(&fresh, settings, 1);
    let (here, beside, elsewhere) =
        (process.from("2001:db8:1:2::1"), process.from("2001:db8:1:2:ffff::9"), process.from("2001:db8:1:3::1"));
    let reset = json!({ "token": "x", "new_password": "four large green hats" });
    for (position, from) in [&here, &beside, &here, &elsewhere].into_iter().enumerate() {
        let throttled = position == 2;
        let statuses = [
            from.log_in(&format!("nobody{position}"), PASSWORD).await.status.as_u16(),
            from.post("/auth/signup", json!({ "email": "x", "password": "x", "handle": "x", "display_name": "x" }))
                .await
                .status
                .as_u16(),
            from.refresh("x").await.status.as_u16(),
            from.get("/auth/invitations/x").await.status.as_u16(),
            from.post("/auth/password/reset", reset.clone()).await.status.as_u16(),
        ];
        let expected = if throttled { [429; 5] } else { [401, 422, 401, 404, 403] };
        assert_eq!(statuses, expected, "from {}", from.ip);
    }
}

#[tokio::test]
async fn a_stolen_access_token_cannot_be_used_to_try_passwords() {
    let fresh = fresh_sqlite().await;
    let process =
        process_with(&fresh, throttles(|t| t.password_per_account = Quota::new(3, Duration::from_secs(30))), 1);
    let token = process.sign_up("ana").await.text("access_token");
    let body = json!({ "current_password": "not the password", "new_password": "four large green hats" });
    for expected in [403, 403, 403, 429] {
        assert_eq!(process.post_as(&token, "/auth/password", body.clone()).await.status.as_u16(), expected);
    }
}
