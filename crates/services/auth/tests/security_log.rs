//! The log of what happened to accounts: everything is in it, and nothing that is private.

mod support;

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use support::*;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use village_auth::{InvitationRole, Quota};
use village_testkit::{Fresh, on_both_engines};

/// Keeps every line that this thread logs, as JSON.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn listen(&self) -> DefaultGuard {
        let lines = tracing_subscriber::fmt().json().with_max_level(LevelFilter::TRACE).with_writer(self.clone());
        tracing::subscriber::set_default(lines.finish())
    }

    /// What was logged since the last time: the security events' fields, and everything as text.
    fn take(&self) -> (Vec<Value>, String) {
        let text = String::from_utf8(std::mem::take(&mut self.0.lock().unwrap())).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let events = lines.filter(|line| line["target"] == "village_security").map(|line| line["fields"].clone());
        (events.collect(), text)
    }

    /// The names of the security events since the last time.
    fn names(&self) -> Vec<String> {
        self.take().0.iter().map(|event| event["security_event"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn what_happens_to_accounts_is_logged_with_ids_alone() {
    on_both_engines(async |fresh: &Fresh| {
        let log = Log::default();
        let _listening = log.listen();
        let mut settings = settings();
        settings.throttles.password_per_source = Quota::new(4, Duration::from_secs(30));
        let process = process_with(fresh, settings, 1);

        let invitation = process.auth.create_invitation(InvitationRole::Member, 2, 7).await.unwrap();
        let mut account = new_account("ana");
        account["invitation"] = json!(invitation.code);
        let signed_up = process.post("/auth/signup", account).await.expect(201);
        let ana = user_of(&signed_up);
        assert_eq!(log.names(), ["invitation_made", "invitation_used", "signed_up"]);

        let wrong = "not the password";
        process.log_in("ana", wrong).await.expect(401);
        let (events, _) = log.take();
        assert_eq!(
            events,
            [json!({ "message": "security event", "security_event": "login_failed", "user": ana.to_string(), "detail": "known_address" })]
        );
        process.log_in("somebody_unknown", wrong).await.expect(401);
        let (events, _) = log.take();
        assert_eq!((&events[0]["security_event"], events[0].get("user")), (&json!("login_failed"), None));

        let logged_in = process.from("192.0.2.1").log_in("ana", PASSWORD).await.expect(200);
        let (events, _) = log.take();
        assert_eq!((&events[0]["security_event"], &events[0]["detail"]), (&json!("logged_in"), &json!("new_source")));
        assert!(events[0]["session"].is_string());

        // A throttle that refuses is logged once, however often it is run into.
        for _ in 0..8 {
            process.from("192.0.2.9").log_in("ana", wrong).await;
        }
        assert_eq!(log.names(), [vec!["login_failed"; 4], vec!["attempts_refused"]].concat());

        let token = signed_up.text("access_token");
        let change = |current: &str| json!({ "current_password": current, "new_password": "four large green hats" });
        process.post_as(&token, "/auth/password", change(wrong)).await.expect(403);
        process.post_as(&token, "/auth/password", change(PASSWORD)).await.expect(204);
        let (events, _) = log.take();
        assert_eq!(events[0]["security_event"], "password_change_refused");
        assert_eq!((&events[1]["security_event"], &events[1]["count"]), (&json!("password_changed"), &json!(1)));
        assert_eq!(process.refresh(&logged_in.text("refresh_token")).await.status.as_u16(), 401);
        assert!(log.names().is_empty(), "a session that has ended is refused, and nothing else happens");

        let reset = process.auth.create_password_reset(&email("ana")).await.unwrap().token;
        for expected in [204, 403] {
            let body = json!({ "token": reset, "new_password": PASSWORD });
            process.post("/auth/password/reset", body).await.expect(expected);
        }
        assert_eq!(log.names(), ["password_reset_link_made", "password_reset", "password_reset_refused"]);

        let (_, two) = (process.log_in("ana", PASSWORD).await, process.log_in("ana", PASSWORD).await);
        let (events, _) = log.take();
        let session = events[0]["session"].as_str().unwrap().to_owned();
        let bearer = format!("Bearer {}", two.text("access_token"));
        let path = format!("/auth/sessions/{session}");
        process.call(Method::DELETE, &path, &[("authorization", &bearer)], None).await.expect(204);
        let first = two.text("refresh_token");
        process.refresh(&first).await.expect(200);
        fresh.clock.advance(Duration::from_secs(60));
        process.refresh(&first).await.expect(401);
        assert_eq!(log.names(), ["session_revoked", "refresh_token_reused"]);

        let third = process.log_in("ana", PASSWORD).await;
        let body = json!({ "refresh_token": third.text("refresh_token") });
        process.post("/auth/logout", body).await.expect(204);
        process.auth.suspend(ana).await.unwrap();
        process.auth.suspend(ana).await.unwrap();
        process.from("192.0.2.50").log_in("ana", PASSWORD).await.expect(403);
        process.auth.unsuspend(ana).await.unwrap();
        let expected = ["logged_in", "logged_out", "account_suspended", "login_refused", "account_reinstated"];
        assert_eq!(log.names(), expected);

        process.get("/auth/invitations/x").await.expect(404);
        let ana_again = process.from("192.0.2.51").log_in("ana", PASSWORD).await.expect(200).text("access_token");
        process.post_as(&ana_again, "/auth/invitations", json!({})).await.expect(201);
        assert_eq!(log.names(), ["invitation_refused", "logged_in", "invitation_made"]);
    })
    .await;
}

#[tokio::test]
async fn no_line_of_the_log_holds_a_secret_or_an_address() {
    on_both_engines(async |fresh: &Fresh| {
        let log = Log::default();
        let _listening = log.listen();
        let process = process_with(fresh, settings(), 1);
        let invitation = process.auth.create_invitation(InvitationRole::Member, 1, 7).await.unwrap();
        let mut account = new_account("ana");
        account["invitation"] = json!(invitation.code);
        account["display_name"] = json!("Ana Ribeiro");
        let session = process.post("/auth/signup", account).await.expect(201);
        let wrong = "wrong-but-telling-password";
        process.log_in("ana", wrong).await.expect(401);
        process.log_in("stranger", wrong).await.expect(401);
        let body = json!({ "email": "Not-An-Address", "password": wrong });
        process.post("/auth/login", body).await.expect(401);
        let next = process.refresh(&session.text("refresh_token")).await.expect(200);
        let token = next.text("access_token");
        let change = json!({ "current_password": PASSWORD, "new_password": "four large green hats" });
        process.post_as(&token, "/auth/password", change).await.expect(204);
        let reset = process.auth.create_password_reset(&email("ana")).await.unwrap();
        let body = json!({ "token": reset.token, "new_password": "five tiny purple socks" });
        process.post("/auth/password/reset", body).await.expect(204);
        process.get("/auth/invitations/telling-code").await.expect(404);
        process.auth.suspend(user_of(&session)).await.unwrap();
        let (events, text) = log.take();
        assert!(events.len() >= 8, "{events:?}");
        for secret in [
            "ana@example.org",
            "stranger@example.org",
            "Not-An-Address",
            "Ana Ribeiro",
            "203.0.113.7",
            PASSWORD,
            wrong,
            "four large green hats",
            "five tiny purple socks",
            &invitation.code,
            "telling-code",
            &reset.token,
            &session.text("refresh_token"),
            &next.text("refresh_token"),
            &session.text("device_token"),
            &token,
            "argon2id",
        ] {
            let line = text.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret}");
        }
    })
    .await;
}
