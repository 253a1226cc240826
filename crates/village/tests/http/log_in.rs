//! Logging in through the whole server: other people's failures, keyboards and cookies.

use serde_json::{Value, json};
use village_testkit::{Method, Person};

use crate::support::{Village, on_both_engines, refused};

const COMPOSED: &str = "zo\u{EB}s gro\u{DF}er hut";
const APART: &str = "zoe\u{308}s gro\u{DF}er hut";

async fn sign_up(village: &Village, handle: &str, password: &str) -> (u16, Value) {
    let (_, invitation) = village.owner().await.post("/auth/invitations", &json!({})).await;
    let account = json!({
        "email": format!("{handle}@example.org"), "password": password, "handle": handle, "display_name": handle,
        "invitation": invitation["code"],
    });
    village.nobody().post("/auth/signup", &account).await
}

fn log_in(handle: &str, password: &str) -> Value {
    json!({ "email": format!("{handle}@example.org"), "password": password })
}

#[tokio::test]
async fn wrong_passwords_do_not_keep_out_a_device_that_is_known() {
    on_both_engines(async |village: &Village| {
        let (status, session) = sign_up(village, "bo_svensson", COMPOSED).await;
        assert_eq!(status, 201, "{session}");
        let nobody = village.nobody();
        for handle in ["bo_svensson", "no_such_person"] {
            for _ in 0..10 {
                refused(nobody.post("/auth/login", &log_in(handle, "not it at all")).await, 401, "invalid_credentials");
            }
            refused(nobody.post("/auth/login", &log_in(handle, COMPOSED)).await, 429, "rate_limited");
        }
        let mut on_the_device = log_in("bo_svensson", APART);
        on_the_device["device_token"] = session["device_token"].clone();
        let (status, again) = nobody.post("/auth/login", &on_the_device).await;
        assert_eq!(status, 200, "{again}");
        assert_eq!(again["me"]["id"], session["me"]["id"]);
    })
    .await;
}

#[tokio::test]
async fn a_password_made_of_words_that_everybody_here_knows_is_refused_beside_its_field() {
    on_both_engines(async |village: &Village| {
        for password in ["villagevillage", "V1llage-2026", "bo_svensson@example.org", "nossnevsob99"] {
            let (status, problem) = sign_up(village, "bo_svensson", password).await;
            let field = &problem["fields"][0];
            assert_eq!(
                (status, &field["field"], &field["code"]),
                (422, &json!("password"), &json!("too_easy")),
                "{password}"
            );
        }
        let (status, session) = sign_up(village, "bo_svensson", COMPOSED).await;
        assert_eq!(status, 201, "{session}");
        let bo = village.with_token(session["access_token"].as_str().unwrap());
        let change = json!({ "current_password": APART, "new_password": "svensson-svensson" });
        let (status, problem) = bo.post("/auth/password", &change).await;
        assert_eq!((status, &problem["fields"][0]["field"]), (422, &json!("new_password")));
        let change = json!({ "current_password": APART, "new_password": "four large green hats" });
        assert_eq!(bo.post("/auth/password", &change).await.0, 204);
    })
    .await;
}

#[tokio::test]
async fn without_https_the_cookies_have_plain_names_and_a_log_out_clears_the_token_alone() {
    on_both_engines(async |village: &Village| {
        sign_up(village, "bo_svensson", COMPOSED).await;
        let mut body = log_in("bo_svensson", COMPOSED);
        body["refresh"] = json!("cookie");
        let nobody: Person = village.nobody();
        let answer = nobody.send(Method::POST, "/auth/login", &[], Some(&body)).await;
        let set: Vec<&str> = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
        assert!(
            set.len() == 2 && set[0].starts_with("village_refresh=") && set[1].starts_with("village_device="),
            "{set:?}"
        );
        assert!(set.iter().all(|cookie| cookie.contains("HttpOnly") && cookie.contains("Path=/auth")), "{set:?}");
        let sent: Vec<&str> = set.iter().filter_map(|cookie| cookie.split(';').next()).collect();
        let sent = sent.join("; ");
        let out = nobody.send(Method::POST, "/auth/logout", &[("cookie", &sent)], Some(&json!({}))).await;
        assert_eq!((out.status, out.headers.get_all("set-cookie").iter().count()), (204, 1));
        assert!(out.header("set-cookie").starts_with("village_refresh=;"), "{out:?}");
        let refresh = nobody.send(Method::POST, "/auth/refresh", &[("cookie", &sent)], Some(&json!({}))).await;
        assert_eq!((refresh.status, refresh.code()), (401, "invalid_refresh_token"));
    })
    .await;
}
