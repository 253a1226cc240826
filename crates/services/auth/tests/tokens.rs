//! Access tokens: which are believed, by every process, and until when.

mod support;

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use support::*;
use tokio_util::sync::CancellationToken;
use village_auth::Verifier;
use village_kernel::Clock;
use village_live::InProcessLive;
use village_ports::{AccessTokens, TokenError};
use village_testkit::{FakeClock, Fresh, on_both_engines};

/// Another process, which hears no hints of the first: only the database is shared.
fn deaf_verifier(fresh: &Fresh) -> Arc<Verifier> {
    Verifier::new(fresh.db.clone(), fresh.clock.shared(), Arc::new(InProcessLive::default()), &settings())
}

fn part(token: &str, position: usize) -> Value {
    let text = token.split('.').nth(position).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn key() -> (EncodingKey, Vec<u8>) {
    let document = Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
    (EncodingKey::from_ed_der(document.as_ref()), pair.public_key().as_ref().to_vec())
}

fn signed(kid: &str, typ: &str, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let mut header = Header::new(algorithm);
    header.kid = Some(kid.to_owned());
    header.typ = Some(typ.to_owned());
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

#[tokio::test]
async fn a_token_says_what_rfc_9068_asks_for_and_every_process_believes_it() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let answer = process.sign_up("ana").await;
        let token = answer.text("access_token");
        let (header, claims) = (part(&token, 0), part(&token, 1));
        assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("at+jwt")));
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!("https://village.example.org"), &json!("village")));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
        let verified = deaf_verifier(fresh).verify(&token).await.unwrap();
        assert_eq!(verified.viewer.user, user_of(&answer));
        assert_eq!(verified.expires_at.as_secs(), claims["exp"].as_i64().unwrap());
        let jwks = process.get("/.well-known/jwks.json").await.expect(200);
        assert_eq!(jwks.body["keys"][0]["kid"], header["kid"]);
        assert_eq!(jwks.headers["cache-control"], "public, max-age=300");
    })
    .await;
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let token = process.sign_up("ana").await.text("access_token");
        let jwks = process.get("/.well-known/jwks.json").await;
        let public = URL_SAFE_NO_PAD.decode(jwks.body["keys"][0]["x"].as_str().unwrap()).unwrap();
        let (header, claims) = (part(&token, 0), part(&token, 1));
        let kid = header["kid"].as_str().unwrap();
        let mut promoted = claims.clone();
        promoted["role"] = json!("owner");
        let pieces: Vec<&str> = token.split('.').collect();
        let none = json!({ "alg": "none", "typ": "at+jwt", "kid": kid });
        let hmac = EncodingKey::from_secret(&public);
        let (other, _) = key();
        let unknown_kid = "01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77";
        let mut flipped = pieces[2].to_owned().into_bytes();
        flipped[5] = if flipped[5] == b'A' { b'B' } else { b'A' };
        let forged = [
            String::new(),
            "a.b.c".to_owned(),
            "é".repeat(3000),
            pieces[..2].join("."),
            format!("{}.{}.", pieces[0], pieces[1]),
            format!("{}.{}.{}", pieces[0], encoded(&promoted), pieces[2]),
            format!("{}.{}.{}", pieces[0], pieces[1], String::from_utf8(flipped).unwrap()),
            format!("{}.{}.", encoded(&none), encoded(&promoted)),
            format!("{}.{}.{}", encoded(&none), pieces[1], pieces[2]),
            signed(kid, "at+jwt", &promoted, &hmac, Algorithm::HS256),
            signed(kid, "at+jwt", &promoted, &other, Algorithm::EdDSA),
            signed(unknown_kid, "at+jwt", &claims, &other, Algorithm::EdDSA),
            signed("../../etc", "at+jwt", &claims, &other, Algorithm::EdDSA),
        ];
        for token in forged {
            assert_eq!(process.verifier.verify(&token).await, Err(TokenError::Invalid), "{token}");
            assert_eq!(deaf_verifier(fresh).verify(&token).await, Err(TokenError::Invalid), "{token}");
        }
        assert!(process.verifier.verify(&token).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn every_claim_of_a_rightly_signed_token_is_checked() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let real = part(&process.sign_up("ana").await.text("access_token"), 1);
        let now = fresh.clock.now().as_secs();
        let (private, public) = key();
        let kid = "01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77";
        village_db::transaction!(&fresh.db, |tx| -> village_db::Result<u64> {
            let sql = "insert into auth_signing_keys (key_id, number, public_key, private_key, created_at)
                       values ($1, 99, $2, $2, $3)";
            let id: village_kernel::SigningKeyId = kid.parse().unwrap();
            village_db::execute!(tx, sql, id, &public, fresh.clock.now())
        })
        .unwrap();
        let verdict = async |change: &dyn Fn(&mut Value), typ: &str| {
            let mut claims = real.clone();
            change(&mut claims);
            let token = signed(kid, typ, &claims, &private, Algorithm::EdDSA);
            deaf_verifier(fresh).verify(&token).await.map(|_| ())
        };
        assert_eq!(verdict(&|_| {}, "at+jwt").await, Ok(()));
        assert_eq!(verdict(&|claims| claims["iat"] = json!(now + 120), "at+jwt").await, Ok(()));
        let issued_before = |claims: &mut Value, exp: i64| {
            claims["iat"] = json!(now - 600);
            claims["exp"] = json!(exp);
        };
        assert_eq!(verdict(&|claims| issued_before(claims, now + 1), "at+jwt").await, Ok(()));
        assert_eq!(verdict(&|claims| issued_before(claims, now), "at+jwt").await, Err(TokenError::Expired));
        let refused: [&dyn Fn(&mut Value); 9] = [
            &|claims| claims["iss"] = json!("https://elsewhere.example.org"),
            &|claims| claims["aud"] = json!("another"),
            &|claims| claims["iat"] = json!(now + 121),
            &|claims| claims["nbf"] = json!(now + 121),
            &|claims| claims["sub"] = json!("ana"),
            &|claims| claims["role"] = json!("emperor"),
            &|claims| drop(claims.as_object_mut().unwrap().remove("exp")),
            &|claims| drop(claims.as_object_mut().unwrap().remove("iss")),
            &|claims| drop(claims.as_object_mut().unwrap().remove("aud")),
        ];
        for (position, change) in refused.into_iter().enumerate() {
            assert_eq!(verdict(change, "at+jwt").await, Err(TokenError::Invalid), "case {position}");
        }
        assert_eq!(verdict(&|_| {}, "JWT").await, Err(TokenError::Invalid));
    })
    .await;
}

#[tokio::test]
async fn a_token_expires_to_the_second_also_when_its_verdict_is_cached() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let token = process.sign_up("ana").await.text("access_token");
        assert!(process.verifier.verify(&token).await.is_ok());
        fresh.clock.advance(Duration::from_secs(599));
        assert!(process.verifier.verify(&token).await.is_ok());
        fresh.clock.advance(Duration::from_secs(1));
        assert_eq!(process.verifier.verify(&token).await, Err(TokenError::Expired));
        assert_eq!(deaf_verifier(fresh).verify(&token).await, Err(TokenError::Expired));
    })
    .await;
}

#[tokio::test]
async fn a_revocation_reaches_another_process_through_the_database_alone() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let session = process.sign_up("ana").await;
        let suspended = process.sign_up("bo").await;
        let (one, two) = (session.text("access_token"), suspended.text("access_token"));
        let other = deaf_verifier(fresh);
        let viewer = other.verify(&one).await.unwrap().viewer;
        assert!(other.verify(&two).await.is_ok());

        let stop = CancellationToken::new();
        let running = {
            let (other, stop) = (other.clone(), stop.clone());
            tokio::spawn(async move { other.run(stop).await })
        };
        process.post("/auth/logout", json!({ "refresh_token": session.text("refresh_token") })).await;
        process.auth.suspend(user_of(&suspended)).await.unwrap();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
        while other.verify(&one).await.is_ok() || other.verify(&two).await.is_ok() {
            assert!(tokio::time::Instant::now() < deadline, "not honoured within 5 seconds");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(other.is_revoked(&viewer));
        assert_eq!(other.verify(&one).await, Err(TokenError::Revoked));
        stop.cancel();
        running.await.unwrap();

        // A process that starts now knows as well, and one beat is enough for one that has started.
        assert_eq!(deaf_verifier(fresh).verify(&one).await, Err(TokenError::Revoked));
        let third = process.log_in("ana", PASSWORD).await;
        assert!(other.verify(&third.text("access_token")).await.is_ok());
        process.post("/auth/logout", json!({ "refresh_token": third.text("refresh_token") })).await;
        assert!(other.verify(&third.text("access_token")).await.is_ok());
        other.read_recent_revocations().await.unwrap();
        assert_eq!(other.verify(&third.text("access_token")).await, Err(TokenError::Revoked));
    })
    .await;
}

#[tokio::test]
async fn processes_whose_clocks_are_two_minutes_apart_agree_on_tokens_and_revocations() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let at = |clock: &FakeClock| {
            Verifier::new(fresh.db.clone(), clock.shared(), Arc::new(InProcessLive::default()), &settings())
        };
        let (behind, ahead) = (FakeClock::default(), FakeClock::default());
        ahead.advance(Duration::from_secs(240));
        fresh.clock.advance(Duration::from_secs(120));
        let session = process.sign_up("ana").await;
        let token = session.text("access_token");
        let verifiers = [at(&behind), at(&ahead)];
        for verifier in &verifiers {
            assert!(verifier.verify(&token).await.is_ok());
        }
        process.post("/auth/logout", json!({ "refresh_token": session.text("refresh_token") })).await;
        for verifier in &verifiers {
            verifier.read_recent_revocations().await.unwrap();
            assert_eq!(verifier.verify(&token).await, Err(TokenError::Revoked));
        }
    })
    .await;
}

#[tokio::test]
async fn a_hint_is_followed_at_once() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let session = process.sign_up("ana").await;
        let token = session.text("access_token");
        let other = Verifier::new(fresh.db.clone(), fresh.clock.shared(), fresh.live.clone(), &settings());
        let stop = CancellationToken::new();
        let running = {
            let (other, stop) = (other.clone(), stop.clone());
            tokio::spawn(async move { other.run(stop).await })
        };
        assert!(other.verify(&token).await.is_ok());
        // The first beat is at once; what comes within the next second comes by the hint.
        tokio::time::sleep(Duration::from_millis(300)).await;
        process.post("/auth/logout", json!({ "refresh_token": session.text("refresh_token") })).await;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(1);
        while other.verify(&token).await.is_ok() {
            assert!(tokio::time::Instant::now() < deadline, "the hint was not followed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
        running.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn of_many_processes_that_start_at_once_one_makes_the_key() {
    on_both_engines(async |fresh: &Fresh| {
        let starts = (0..6).map(|_| {
            let process = process(fresh);
            tokio::spawn(async move { process.get("/.well-known/jwks.json").await.expect(200).body })
        });
        let mut keys: Vec<Value> =
            futures::future::join_all(starts).await.into_iter().map(|jwks| jwks.unwrap()).collect();
        keys.dedup();
        assert_eq!((keys.len(), keys[0]["keys"].as_array().unwrap().len()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_new_key_is_published_before_it_signs_and_the_old_one_until_its_tokens_have_expired() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let kids = async || -> Vec<String> {
            let jwks = process.get("/.well-known/jwks.json").await;
            jwks.body["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
        };
        let kid_of = |token: &str| part(token, 0)["kid"].as_str().unwrap().to_owned();
        let refresh = async |token: &mut String| {
            let answer = process.refresh(token).await.expect(200);
            *token = answer.text("refresh_token");
            answer.text("access_token")
        };
        let other = deaf_verifier(fresh);
        let session = process.sign_up("ana").await;
        let mut token = session.text("refresh_token");
        let old = kid_of(&session.text("access_token"));
        fresh.clock.advance(Duration::from_secs(15 * 24 * 3600));
        refresh(&mut token).await;
        assert_eq!(kids().await, std::slice::from_ref(&old));

        fresh.clock.advance(Duration::from_secs(15 * 24 * 3600));
        assert_eq!(kid_of(&refresh(&mut token).await), old);
        let published = kids().await;
        assert_eq!((published.len(), &published[0]), (2, &old));
        fresh.clock.advance(Duration::from_secs(3599));
        let last_of_old = refresh(&mut token).await;
        assert_eq!(kid_of(&last_of_old), old);
        assert!(other.verify(&last_of_old).await.is_ok());

        fresh.clock.advance(Duration::from_secs(1));
        let first_of_new = refresh(&mut token).await;
        assert_eq!(kid_of(&first_of_new), published[1]);
        assert!(other.verify(&first_of_new).await.is_ok());
        fresh.clock.advance(Duration::from_secs(598));
        assert!(other.verify(&last_of_old).await.is_ok());
        assert!(deaf_verifier(fresh).verify(&last_of_old).await.is_ok());
        fresh.clock.advance(Duration::from_secs(600));
        assert_eq!(kids().await, [published[1].clone()]);
    })
    .await;
}

#[tokio::test]
async fn with_another_master_key_a_new_signing_key_is_made() {
    on_both_engines(async |fresh: &Fresh| {
        let before = process(fresh);
        let token = before.sign_up("ana").await.text("access_token");
        let after = process_with(fresh, settings(), 2);
        let session = after.log_in("ana", PASSWORD).await.expect(200);
        assert!(after.verifier.verify(&session.text("access_token")).await.is_ok());
        assert!(after.verifier.verify(&token).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn unknown_keys_are_looked_for_only_so_often() {
    let fresh = village_testkit::fresh_sqlite().await;
    let process = process(&fresh);
    let claims = part(&process.sign_up("ana").await.text("access_token"), 1);
    let mut patient = settings();
    patient.key_lookup_pause = Duration::from_secs(3600);
    let verifier = Verifier::new(fresh.db.clone(), fresh.clock.shared(), fresh.live.clone(), &patient);
    let (private, _) = key();
    let forged = signed("01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77", "at+jwt", &claims, &private, Algorithm::EdDSA);
    assert_eq!(verifier.verify(&forged).await, Err(TokenError::Invalid));
    fresh.db.close().await;
    // The database is gone: an answer shows that it was not asked.
    assert_eq!(verifier.verify(&forged).await, Err(TokenError::Invalid));
    let newcomer = Verifier::new(fresh.db.clone(), fresh.clock.shared(), fresh.live.clone(), &patient);
    for _ in 0..2 {
        assert_eq!(newcomer.verify(&forged).await, Err(TokenError::Unavailable));
    }
}
