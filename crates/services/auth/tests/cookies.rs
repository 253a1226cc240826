//! The cookies of browsers: names, old ones, and several at once.

mod support;

use std::time::Duration;

use http::Method;
use serde_json::json;
use support::*;
use village_testkit::{Fresh, on_both_engines};

const NEW: &str = "__Secure-village_refresh";
const OLD: &str = "village_refresh";

async fn log_in(process: &Process, sent: &str) -> Answer {
    let body = json!({ "email": email("ana"), "password": PASSWORD, "refresh": "cookie" });
    process.call(Method::POST, "/auth/login", &[("cookie", sent)], Some(body)).await.expect(200)
}

async fn send(process: &Process, path: &str, sent: &str) -> Answer {
    process.call(Method::POST, path, &[("cookie", sent)], Some(json!({}))).await
}

fn value(answer: &Answer, name: &str) -> String {
    answer.cookie(name).split(';').next().unwrap().split_once('=').unwrap().1.to_owned()
}

#[tokio::test]
async fn the_cookie_of_before_is_honoured_and_replaced() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        process.sign_up("ana").await;
        let mut token = value(&log_in(&process, "").await, NEW);
        for round in 0..2 {
            let refreshed = send(&process, "/auth/refresh", &format!("{OLD}={token}")).await.expect(200);
            token = value(&refreshed, NEW);
            let cleared = refreshed.cookie(OLD);
            assert!(cleared.starts_with("village_refresh=;"), "{round} {cleared}");
            assert!(cleared.contains("Max-Age=0") && cleared.contains("Path=/auth"), "{cleared}");
        }
        let refreshed = send(&process, "/auth/refresh", &format!("{NEW}={token}")).await.expect(200);
        assert!(refreshed.cookies().iter().all(|cookie| !cookie.starts_with(OLD)), "{:?}", refreshed.cookies());
        // A log-in clears what was there before it.
        let again = log_in(&process, &format!("{OLD}={token}")).await;
        assert!(again.cookie(OLD).contains("Max-Age=0"));
    })
    .await;
}

#[tokio::test]
async fn of_two_cookies_the_good_one_counts_and_the_other_is_no_sign_of_a_thief() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        process.sign_up("ana").await;
        let stale = value(&log_in(&process, "").await, NEW);
        let newer = value(&send(&process, "/auth/refresh", &format!("{NEW}={stale}")).await.expect(200), NEW);
        fresh.clock.advance(Duration::from_secs(3_600));
        // One session: the older generation was left behind under the other name, or by another path.
        let both = format!("{OLD}={stale}; {NEW}={newer}");
        let third = value(&send(&process, "/auth/refresh", &both).await.expect(200), NEW);
        fresh.clock.advance(Duration::from_secs(3_600));
        let both = format!("{NEW}={newer}; theme=dark; {NEW}={third}");
        let doubled = send(&process, "/auth/refresh", &both).await.expect(200);
        let fourth = value(&doubled, NEW);
        assert!(
            doubled.cookies().iter().any(|c| c.starts_with(&format!("{NEW}=;")) && c.contains("Path=/;")),
            "{:?}",
            doubled.cookies()
        );

        // Two sessions, the first of which has ended or is none.
        let other = value(&log_in(&process, "").await, NEW);
        send(&process, "/auth/logout", &format!("{NEW}={other}")).await.expect(204);
        let fifth = send(&process, "/auth/refresh", &format!("{NEW}={other}; {OLD}={fourth}")).await.expect(200);
        let sixth =
            send(&process, "/auth/refresh", &format!("{NEW}=garbage; {OLD}={}", value(&fifth, NEW))).await.expect(200);

        // A copy of an old token by itself still ends the session.
        fresh.clock.advance(Duration::from_secs(3_600));
        send(&process, "/auth/refresh", &format!("{OLD}={stale}; {OLD}={newer}")).await.expect(401);
        send(&process, "/auth/refresh", &format!("{NEW}={}", value(&sixth, NEW))).await.expect(401);
    })
    .await;
}

#[tokio::test]
async fn logging_out_ends_and_clears_whatever_cookies_there_are() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        process.sign_up("ana").await;
        let (one, two) = (log_in(&process, "").await, log_in(&process, "").await);
        let both = format!("{OLD}={}; {NEW}={}", value(&one, NEW), value(&two, NEW));
        let out = send(&process, "/auth/logout", &both).await.expect(204);
        for name in [OLD, NEW] {
            assert!(out.cookie(name).starts_with(&format!("{name}=;")) && out.cookie(name).contains("Max-Age=0"));
        }
        assert!(out.cookie(NEW).contains("Secure"));
        for session in [&one, &two] {
            assert_eq!(process.get_as(&session.text("access_token"), "/auth/me").await.status.as_u16(), 401);
            send(&process, "/auth/refresh", &format!("{NEW}={}", value(session, NEW))).await.expect(401);
        }
        // The device stays known.
        assert!(out.cookies().iter().all(|cookie| !cookie.contains("village_device")));
    })
    .await;
}

#[tokio::test]
async fn without_https_the_cookies_have_plain_names() {
    on_both_engines(async |fresh: &Fresh| {
        let mut plain = settings();
        plain.secure_cookies = false;
        let process = process_with(fresh, plain, 1);
        process.sign_up("ana").await;
        let session = log_in(&process, "").await;
        for name in [OLD, "village_device"] {
            let cookie = session.cookie(name);
            assert!(
                cookie.contains("HttpOnly") && cookie.contains("Path=/auth") && !cookie.contains("Secure"),
                "{cookie}"
            );
        }
        assert_eq!(session.cookies().len(), 2);
        let refreshed = send(&process, "/auth/refresh", &format!("{OLD}={}", value(&session, OLD))).await.expect(200);
        // The server was reached by https before.
        let renamed = format!("{NEW}={}", value(&refreshed, OLD));
        send(&process, "/auth/refresh", &renamed).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_browser_with_an_older_session_is_made_known_by_its_next_refresh() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        process.sign_up("ana").await;
        let session = log_in(&process, "").await;
        let refreshed = send(&process, "/auth/refresh", &format!("{NEW}={}", value(&session, NEW))).await.expect(200);
        let device = value(&refreshed, "__Secure-village_device");
        let both = format!("{NEW}={}; __Secure-village_device={device}", value(&refreshed, NEW));
        let again = send(&process, "/auth/refresh", &both).await.expect(200);
        assert!(again.cookies().iter().all(|cookie| !cookie.contains("village_device")), "{:?}", again.cookies());
    })
    .await;
}
