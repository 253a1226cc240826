//! How often secrets may be tried, and that one person's failures keep nobody else out.

mod support;

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use support::*;
use village_auth::{Quota, ThrottleSettings};
use village_testkit::{Fresh, fresh_sqlite, on_both_engines};

const WRONG: &str = "not the password";

fn throttles(change: impl FnOnce(&mut ThrottleSettings)) -> village_auth::AuthSettings {
    let mut settings = settings();
    change(&mut settings.throttles);
    settings
}

/// Passwords are throttled as on a real server, and nothing else is.
fn passwords() -> village_auth::AuthSettings {
    let default = ThrottleSettings::default();
    throttles(|t| {
        t.password_per_source = default.password_per_source;
        t.password_per_account = default.password_per_account;
    })
}

async fn status(process: &Process, handle: &str, password: &str) -> u16 {
    process.log_in(handle, password).await.status.as_u16()
}

async fn log_in_on(process: &Process, handle: &str, device: &str) -> Answer {
    process.post("/auth/login", json!({ "email": email(handle), "password": PASSWORD, "device_token": device })).await
}

/// Wrong passwords from many addresses, until none of them, nor any new one, is let in.
async fn attack(process: &Process, handle: &str) {
    for address in 0..10 {
        for _ in 0..10 {
            status(&process.from(&format!("198.51.100.{address}")), handle, WRONG).await;
        }
    }
    assert_eq!(status(&process.from("198.51.100.200"), handle, PASSWORD).await, 429);
}

#[tokio::test]
async fn ten_wrong_passwords_keep_out_the_address_that_tried_them_and_no_other() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process_with(fresh, passwords(), 1);
        process.sign_up("ana").await;
        // Also where there is no such account: nobody can tell them apart.
        for handle in ["ana", "nobody"] {
            let attacker = process.from("198.51.100.1");
            for _ in 0..10 {
                assert_eq!(attacker.log_in(handle, WRONG).await.problem(), (401, "invalid_credentials".into()));
            }
            let refused = attacker.log_in(handle, PASSWORD).await;
            assert_eq!(
                (refused.problem(), &refused.headers["retry-after"]),
                ((429, "rate_limited".into()), &"30".parse().unwrap())
            );
            let elsewhere = status(&process.from("198.51.100.2"), handle, PASSWORD).await;
            assert_eq!(elsewhere, if handle == "ana" { 200 } else { 401 });
        }
        assert_eq!(status(&process.from("198.51.100.1"), "bo", WRONG).await, 401);
    })
    .await;
}

#[tokio::test]
async fn however_many_addresses_try_they_get_a_bounded_number_of_tries_together() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process_with(fresh, passwords(), 1);
        process.sign_up("ana").await;
        for handle in ["ana", "nobody"] {
            let mut tried = 0;
            for address in 0..100 {
                for _ in 0..3 {
                    let from = process.from(&format!("2001:db8:{address:x}::1"));
                    tried += u32::from(status(&from, handle, WRONG).await == 401);
                }
            }
            assert_eq!(tried, 50, "{handle}");
            // Somebody on a new device is told when to come back, and is let in then.
            let fresh_device = process.from("2001:db8:ffff::1");
            let refused = fresh_device.log_in(handle, PASSWORD).await;
            assert_eq!((refused.status.as_u16(), &refused.headers["retry-after"]), (429, &"30".parse().unwrap()));
            fresh.clock.advance(Duration::from_secs(30));
            assert_eq!(status(&fresh_device, handle, PASSWORD).await, if handle == "ana" { 200 } else { 401 });
            assert_eq!(status(&process.from("2001:db8:fffe::1"), handle, PASSWORD).await, 429);
        }
    })
    .await;
}

#[tokio::test]
async fn an_attack_never_keeps_out_a_device_or_an_address_that_the_account_was_used_from() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process_with(fresh, passwords(), 1);
        let signed_up = process.from("203.0.113.7").sign_up("ana").await;
        let bens = process.from("203.0.113.8").sign_up("ben").await.text("device_token");
        let in_a_browser = json!({ "email": email("ana"), "password": PASSWORD, "refresh": "cookie" });
        let browser = process.from("203.0.113.9").post("/auth/login", in_a_browser.clone()).await.expect(200);
        assert!(browser.body.get("device_token").is_none());
        let cookie = browser.cookie("__Secure-village_device");
        for part in ["HttpOnly", "SameSite=Strict", "Path=/auth", "Secure", "Max-Age=31536000"] {
            assert!(cookie.contains(part), "{part} in {cookie}");
        }
        attack(&process, "ana").await;

        // At home, also a new device.
        assert_eq!(status(&process.from("203.0.113.7"), "ana", PASSWORD).await, 200);
        // On the way, the devices that are known, also after a restart, which forgets the addresses.
        let restarted = process_with(fresh, passwords(), 1);
        attack(&restarted, "ana").await;
        for (number, process) in [&process, &restarted].into_iter().enumerate() {
            let on_the_way = process.from(&format!("192.0.2.{number}"));
            log_in_on(&on_the_way, "ana", &signed_up.text("device_token")).await.expect(200);
            let on_the_way = process.from(&format!("192.0.2.1{number}"));
            let sent = [("cookie", cookie.split(';').next().unwrap())];
            on_the_way.call(Method::POST, "/auth/login", &sent, Some(in_a_browser.clone())).await.expect(200);
            // Neither somebody else's device nor an invented one.
            for device in [&bens, "AAAA", "", &signed_up.text("device_token").replacen('A', "B", 2)] {
                let elsewhere = process.from("192.0.2.99");
                assert_eq!(log_in_on(&elsewhere, "ana", device).await.problem(), (429, "rate_limited".into()));
            }
        }
        // A session that is refreshed somewhere makes the place known.
        let at_work = restarted.from("203.0.113.77");
        assert_eq!(status(&at_work, "ana", PASSWORD).await, 429);
        at_work.refresh(&signed_up.text("refresh_token")).await.expect(200);
        assert_eq!(status(&at_work, "ana", PASSWORD).await, 200);
        fresh.clock.advance(Duration::from_secs(8 * 24 * 3600));
        attack(&restarted, "ana").await;
        assert_eq!(status(&at_work, "ana", PASSWORD).await, 429, "a place is forgotten after a week");
    })
    .await;
}

#[tokio::test]
async fn a_known_device_has_ten_tries_of_its_own_and_uses_up_nobody_elses() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process_with(fresh, passwords(), 1);
        let device = process.sign_up("ana").await.text("device_token");
        let stolen = process.from("198.51.100.1");
        let mut last = 0;
        for attempt in 0..11 {
            let body = json!({ "email": email("ana"), "password": WRONG, "device_token": device });
            last = stolen.post("/auth/login", body).await.status.as_u16();
            assert_eq!(last, if attempt < 10 { 401 } else { 429 });
        }
        assert_eq!(last, 429);
        // The device's own address, the same address without the device, and a new one.
        for address in ["203.0.113.7", "198.51.100.1", "198.51.100.2"] {
            assert_eq!(status(&process.from(address), "ana", PASSWORD).await, 200, "{address}");
        }
        // Logging in again gives it no more tries.
        let renewed = process.log_in("ana", PASSWORD).await.text("device_token");
        assert_ne!(renewed, device);
        log_in_on(&stolen, "ana", &device).await.expect(429);
        log_in_on(&stolen, "ana", &renewed).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_new_password_makes_strangers_of_all_devices_but_the_one_that_set_it() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process_with(fresh, passwords(), 1);
        let old = process.from("203.0.113.20").sign_up("ana").await.text("device_token");
        let in_a_browser = json!({ "email": email("ana"), "password": PASSWORD, "refresh": "cookie" });
        let browser = process.from("203.0.113.21").post("/auth/login", in_a_browser).await.expect(200);
        let device = browser.cookie("__Secure-village_device");
        let changing = process.from("203.0.113.22");
        let headers = [
            ("cookie", device.split(';').next().unwrap()),
            ("authorization", &format!("Bearer {}", browser.text("access_token"))),
        ];
        let body = json!({ "current_password": PASSWORD, "new_password": "four large green hats" });
        let changed = changing.call(Method::POST, "/auth/password", &headers, Some(body)).await.expect(204);
        let renewed = changed.cookie("__Secure-village_device");
        attack(&process, "ana").await;
        let log_in = async |from: &str, cookie: &str, token: &str| {
            let body = json!({ "email": email("ana"), "password": "four large green hats", "device_token": token });
            let sent = [("cookie", cookie.split(';').next().unwrap())];
            process.from(from).call(Method::POST, "/auth/login", &sent, Some(body)).await.status.as_u16()
        };
        assert_eq!(log_in("192.0.2.1", "", &old).await, 429);
        assert_eq!(log_in("192.0.2.2", &device, "").await, 429);
        assert_eq!(log_in("203.0.113.20", "", "").await, 429);
        assert_eq!(log_in("203.0.113.22", "", "").await, 200);
        assert_eq!(log_in("192.0.2.3", &renewed, "").await, 200);

        // A person with a reset link gets in on a new device in spite of the attack.
        let token = process.auth.create_password_reset(&email("ana")).await.unwrap().token;
        let body = json!({ "token": token, "new_password": PASSWORD });
        let reset = process.from("203.0.113.30").post("/auth/password/reset", body).await.expect(204);
        let device = reset.cookie("__Secure-village_device");
        assert_eq!(status(&process.from("203.0.113.30"), "ana", PASSWORD).await, 200);
        let sent = [("cookie", device.split(';').next().unwrap())];
        let body = json!({ "email": email("ana"), "password": PASSWORD });
        process.from("192.0.2.4").call(Method::POST, "/auth/login", &sent, Some(body)).await.expect(200);
        assert_eq!(status(&process.from("203.0.113.22"), "ana", PASSWORD).await, 429);
    })
    .await;
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
async fn neighbours_behind_one_address_do_not_keep_out_a_known_device() {
    let fresh = fresh_sqlite().await;
    let process = process_with(&fresh, throttles(|t| t.login_per_address = Quota::new(2, Duration::from_secs(60))), 1);
    let device = process.from("203.0.113.1").sign_up("ana").await.text("device_token");
    let here = process.from("198.51.100.1");
    let mut statuses = Vec::new();
    for number in 0..3 {
        statuses.push(status(&here, &format!("nobody{number}"), WRONG).await);
    }
    assert_eq!(statuses, [401, 401, 429]);
    log_in_on(&here, "ana", &device).await.expect(200);
    // It is known for one account, and opens no way round the limit for others.
    assert_eq!(log_in_on(&here, "nobody", &device).await.status.as_u16(), 429);
}

#[tokio::test]
async fn a_stolen_access_token_cannot_be_used_to_try_passwords_nor_to_keep_its_owner_from_it() {
    on_both_engines(async |fresh: &Fresh| {
        let quota = Quota::new(3, Duration::from_secs(30));
        let process = process_with(fresh, throttles(|t| t.password_per_source = quota), 1);
        let stolen = process.sign_up("ana").await.text("access_token");
        let own = process.log_in("ana", PASSWORD).await.text("access_token");
        let body = |current: &str| json!({ "current_password": current, "new_password": "four large green hats" });
        let change =
            async |token: &str, body: Value| process.post_as(token, "/auth/password", body).await.status.as_u16();
        for expected in [403, 403, 403, 429] {
            assert_eq!(change(&stolen, body(WRONG)).await, expected);
        }
        assert_eq!(status(&process, "ana", PASSWORD).await, 200);
        assert_eq!(change(&own, body(PASSWORD)).await, 204);
    })
    .await;
}
