//! Becoming a member: registration modes, invitations, and everybody at once.

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use support::*;
use village_auth::{InvitationRole, RegistrationMode};
use village_testkit::{Fresh, on_both_engines};

fn by_invitation(fresh: &Fresh) -> Process {
    let mut settings = settings();
    settings.registration = RegistrationMode::Invite;
    process_with(fresh, settings, 1)
}

fn invited(handle: &str, code: &str) -> Value {
    let mut account = new_account(handle);
    account["invitation"] = json!(code);
    account
}

/// How often each outcome came.
async fn outcomes(process: &Process, accounts: Vec<Value>) -> BTreeMap<String, usize> {
    let tries = accounts.into_iter().map(|account| {
        let process = process.clone();
        tokio::spawn(async move {
            let answer = process.post("/auth/signup", account).await;
            if answer.status == 201 { "created".to_owned() } else { answer.text("code") }
        })
    });
    let mut counted = BTreeMap::new();
    for outcome in futures::future::join_all(tries).await {
        *counted.entry(outcome.unwrap()).or_default() += 1;
    }
    counted
}

fn counted<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected.into_iter().map(|(outcome, times)| (outcome.to_owned(), times)).collect()
}

#[tokio::test]
async fn of_many_who_take_one_address_one_gets_it() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let accounts = (0..8).map(|n| {
            let mut account = new_account(&format!("ana{n}"));
            account["email"] = json!(if n % 2 == 0 { "Ana@example.org" } else { "ana@EXAMPLE.org" });
            account
        });
        assert_eq!(outcomes(&process, accounts.collect()).await, counted([("created", 1), ("email_taken", 7)]));
        assert_eq!(count(&fresh.db, "select count(*) from users_profiles").await, 1);
        assert_eq!(count(&fresh.db, "select count(*) from auth_sessions").await, 1);
    })
    .await;
}

#[tokio::test]
async fn of_many_who_take_one_handle_one_gets_it_and_the_others_leave_nothing() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let accounts = (0..8).map(|n| {
            let mut account = new_account("ana");
            account["email"] = json!(format!("ana{n}@example.org"));
            account
        });
        assert_eq!(outcomes(&process, accounts.collect()).await, counted([("created", 1), ("handle_taken", 7)]));
        assert_eq!(count(&fresh.db, "select count(*) from auth_accounts").await, 1);
    })
    .await;
}

#[tokio::test]
async fn of_many_who_use_one_invitation_as_many_get_in_as_it_is_for() {
    on_both_engines(async |fresh: &Fresh| {
        let process = by_invitation(fresh);
        let invitation = process.auth.create_invitation(InvitationRole::Member, 1, 7).await.unwrap();
        let accounts = (0..8).map(|n| invited(&format!("ana{n}"), &invitation.code));
        let expected = counted([("created", 1), ("invitation_invalid", 7)]);
        assert_eq!(outcomes(&process, accounts.collect()).await, expected);
        assert_eq!(count(&fresh.db, "select count(*) from auth_accounts").await, 1);
    })
    .await;
}

#[tokio::test]
async fn who_has_an_account_is_told_only_to_those_with_a_usable_invitation() {
    on_both_engines(async |fresh: &Fresh| {
        let process = by_invitation(fresh);
        let code = process.auth.create_invitation(InvitationRole::Member, 2, 7).await.unwrap().code;
        process.post("/auth/signup", invited("ana", &code)).await.expect(201);
        let spent = process.auth.create_invitation(InvitationRole::Member, 1, 7).await.unwrap().code;
        process.post("/auth/signup", invited("bo", &spent)).await.expect(201);
        for handle in ["ana", "nobody"] {
            let without = process.post("/auth/signup", new_account(handle)).await;
            assert_eq!(without.problem(), (403, "invitation_required".into()));
            for bad in [spent.as_str(), "7k2mq-9xw3d-0ab1c-p5t8z-hn4rj", "nonsense"] {
                let answer = process.post("/auth/signup", invited(handle, bad)).await;
                assert_eq!(answer.problem(), (403, "invitation_invalid".into()));
            }
        }
        let mut again = invited("cy", &code);
        again["email"] = json!("ANA@example.org");
        assert_eq!(process.post("/auth/signup", again).await.problem(), (409, "email_taken".into()));
    })
    .await;
}

#[tokio::test]
async fn a_sign_up_that_fails_does_not_use_the_invitation_up() {
    on_both_engines(async |fresh: &Fresh| {
        let process = by_invitation(fresh);
        let code = process.auth.ensure_first_invitation().await.unwrap().unwrap().code;
        process.post("/auth/signup", invited("ana", &code)).await.expect(201);
        let code = process.auth.create_invitation(InvitationRole::Member, 1, 7).await.unwrap().code;
        let taken = process.post("/auth/signup", invited("ana", &code)).await;
        assert_eq!(taken.problem(), (409, "email_taken".into()));
        let mut account = invited("", &code);
        account["email"] = json!("bo@example.org");
        let wrong = process.post("/auth/signup", account).await;
        assert_eq!((wrong.problem().0, &wrong.body["fields"][0]["field"]), (422, &json!("handle")));
        process.get(&format!("/auth/invitations/{code}")).await.expect(200);
        process.post("/auth/signup", invited("bo", &code)).await.expect(201);
        assert_eq!(process.get(&format!("/auth/invitations/{code}")).await.problem(), (404, "not_found".into()));
    })
    .await;
}

#[tokio::test]
async fn the_first_invitation_is_the_same_at_every_start_and_makes_the_one_owner() {
    on_both_engines(async |fresh: &Fresh| {
        let processes: Vec<Process> = (0..4).map(|_| by_invitation(fresh)).collect();
        let starts = processes
            .iter()
            .cloned()
            .map(|process| tokio::spawn(async move { process.auth.ensure_first_invitation().await.unwrap().unwrap() }));
        let mut codes: Vec<String> =
            futures::future::join_all(starts).await.into_iter().map(|first| first.unwrap().code).collect();
        codes.dedup();
        assert_eq!(codes.len(), 1);
        let process = &processes[0];
        assert_eq!(process.get("/auth/registration").await.body["needs_owner"], true);
        fresh.clock.advance(Duration::from_secs(60 * 24 * 3600));
        let first = process.auth.ensure_first_invitation().await.unwrap().unwrap();
        assert_eq!((&first.code, first.role), (&codes[0], InvitationRole::Owner));
        assert_eq!(first.url, format!("https://village.example.org/join/{}", first.code));
        assert_eq!(process.get(&format!("/auth/invitations/{}", first.code)).await.expect(200).text("role"), "owner");

        let accounts = (0..6).map(|n| invited(&format!("ana{n}"), &first.code)).collect();
        assert_eq!(outcomes(process, accounts).await, counted([("created", 1), ("invitation_invalid", 5)]));
        assert_eq!(count(&fresh.db, "select count(*) from auth_accounts where role = 'owner'").await, 1);
        assert_eq!(process.auth.ensure_first_invitation().await.unwrap(), None);
        let registration = process.get("/auth/registration").await;
        let expected = json!({ "mode": "invite", "community_name": "Little Lions", "needs_owner": false });
        assert_eq!(registration.body, expected);
    })
    .await;
}

#[tokio::test]
async fn of_two_owner_invitations_used_at_once_one_makes_the_owner() {
    on_both_engines(async |fresh: &Fresh| {
        let process = by_invitation(fresh);
        let mut accounts = Vec::new();
        for n in 0..6 {
            let invitation = process.auth.create_invitation(InvitationRole::Owner, 1, 7).await.unwrap();
            accounts.push(invited(&format!("ana{n}"), &invitation.code));
        }
        assert_eq!(outcomes(&process, accounts).await, counted([("created", 1), ("invitation_invalid", 5)]));
        assert_eq!(count(&fresh.db, "select count(*) from auth_accounts").await, 1);
    })
    .await;
}

#[tokio::test]
async fn without_an_invitation_nobody_gets_into_a_community_by_invitation() {
    on_both_engines(async |fresh: &Fresh| {
        let process = by_invitation(fresh);
        assert_eq!(
            process.post("/auth/signup", new_account("ana")).await.problem(),
            (403, "invitation_required".into())
        );
        for code in ["nonsense", "00000-00000-00000-00000-00000", " x "] {
            let answer = process.post("/auth/signup", invited("ana", code)).await;
            assert_eq!(answer.problem(), (403, "invitation_invalid".into()), "{code}");
        }
        let expired = process.auth.create_invitation(InvitationRole::Member, 1, 7).await.unwrap();
        fresh.clock.advance(Duration::from_secs(7 * 24 * 3600));
        let answer = process.post("/auth/signup", invited("ana", &expired.code)).await;
        assert_eq!(answer.problem(), (403, "invitation_invalid".into()));
        assert_eq!(count(&fresh.db, "select count(*) from auth_accounts").await, 0);
    })
    .await;
}

#[tokio::test]
async fn all_that_is_wrong_with_a_sign_up_is_said_at_once() {
    let fresh = village_testkit::fresh_sqlite().await;
    let process = process(&fresh);
    let mut account = new_account("ana");
    account["email"] = json!("ana");
    account["password"] = json!("short");
    let answer = process.post("/auth/signup", account).await;
    assert_eq!(answer.problem(), (422, "invalid_request".into()));
    let fields: Vec<&str> =
        answer.body["fields"].as_array().unwrap().iter().map(|f| f["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["email", "password"]);
    let mut unknown = new_account("ana");
    unknown["role"] = json!("owner");
    assert_eq!(process.post("/auth/signup", unknown).await.problem(), (422, "invalid_request".into()));
}

#[tokio::test]
async fn a_member_invites_and_a_retry_shows_the_same_invitation() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let bearer = format!("Bearer {}", process.sign_up("ana").await.text("access_token"));
        let make = async |key: &str, body: Value| {
            let headers = [("authorization", bearer.as_str()), ("idempotency-key", key)];
            process.call(Method::POST, "/auth/invitations", &headers, Some(body)).await
        };
        let first = make("one", json!({ "uses": 2 })).await.expect(201);
        let retry = make("one", json!({ "uses": 2 })).await.expect(201);
        assert_eq!(first.body, retry.body);
        assert_eq!((first.text("role"), &first.body["uses_left"]), ("member".into(), &json!(2)));
        assert_eq!(make("one", json!({ "uses": 3 })).await.problem(), (409, "idempotency_key_reused".into()));
        assert_ne!(make("two", json!({})).await.expect(201).text("code"), first.text("code"));
        for wrong in
            [json!({ "uses": 0 }), json!({ "uses": 101 }), json!({ "expires_in_days": 31 }), json!({ "role": "owner" })]
        {
            assert_eq!(make("three", wrong).await.problem().0, 422);
        }
        process.post("/auth/signup", invited("bo", &first.text("code").to_uppercase())).await.expect(201);
        process.post("/auth/signup", invited("cy", &first.text("code"))).await.expect(201);
        let late = process.post("/auth/signup", invited("di", &first.text("code"))).await;
        assert_eq!(late.problem(), (403, "invitation_invalid".into()));
        let anonymous = process.post("/auth/invitations", json!({})).await;
        assert_eq!(anonymous.problem(), (401, "unauthenticated".into()));
    })
    .await;
}

#[tokio::test]
async fn a_member_has_at_most_fifty_unused_invitations() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let token = process.sign_up("ana").await.text("access_token");
        for _ in 0..50 {
            process.post_as(&token, "/auth/invitations", json!({})).await.expect(201);
        }
        let answer = process.post_as(&token, "/auth/invitations", json!({})).await;
        assert_eq!(answer.problem(), (409, "too_many_invitations".into()));
    })
    .await;
}
