//! Which passwords may be chosen, and that one is the same on every keyboard.

mod support;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use serde_json::{Value, json};
use support::*;
use village_db::{execute, transaction};
use village_testkit::{Fresh, on_both_engines};

/// As most keyboards write it, as some devices take it apart, and with the space that a phone may put in.
const COMPOSED: &str = "zo\u{EB}s gro\u{DF}er hut";
const APART: &str = "zoe\u{308}s gro\u{DF}er hut";
const SPACED: &str = "zo\u{EB}s\u{A0}gro\u{DF}er\u{3000}hut";

fn account(handle: &str, password: &str) -> Value {
    let mut account = new_account(handle);
    account["password"] = json!(password);
    account
}

async fn reset(process: &Process, handle: &str, password: &str) -> Answer {
    let token = process.auth.create_password_reset(&email(handle)).await.unwrap().token;
    process.post("/auth/password/reset", json!({ "token": token, "new_password": password })).await
}

/// Stores the hash of exactly these bytes, as was done before passwords had a normal form.
async fn store_raw_hash(fresh: &Fresh, handle: &str, password: &str) {
    let params = Params::new(64, 1, 1, Some(Params::DEFAULT_OUTPUT_LEN)).unwrap();
    let argon2id = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = argon2id.hash_password_with_salt(password.as_bytes(), &[7; 16]).unwrap();
    let (hash, email) = (hash.to_string(), email(handle));
    transaction!(&fresh.db, |tx| -> village_db::Result<u64> {
        execute!(tx, "update auth_accounts set password_hash = $2 where email = $1", &email, &hash)
    })
    .unwrap();
}

#[tokio::test]
async fn a_password_is_the_same_however_a_device_writes_its_letters() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        for (number, chosen) in [COMPOSED, APART, SPACED].into_iter().enumerate() {
            let handle = format!("ana{number}");
            let token = process.post("/auth/signup", account(&handle, chosen)).await.expect(201).text("access_token");
            for typed in [COMPOSED, APART, SPACED] {
                process.log_in(&handle, typed).await.expect(200);
            }
            for other in ["Zo\u{EB}s gro\u{DF}er hut", "zoes grosser hut", "zo\u{EB}s gro\u{DF}er hut "] {
                assert_eq!(process.log_in(&handle, other).await.problem().0, 401, "{other}");
            }
            let change = json!({ "current_password": APART, "new_password": "e\u{301}tage num\u{E9}ro huit" });
            process.post_as(&token, "/auth/password", change).await.expect(204);
            process.log_in(&handle, "\u{E9}tage nume\u{301}ro huit").await.expect(200);
            reset(&process, &handle, SPACED).await.expect(204);
            process.log_in(&handle, APART).await.expect(200);
        }
    })
    .await;
}

#[tokio::test]
async fn a_hash_of_the_raw_bytes_lets_in_and_is_replaced_by_one_of_the_normal_form() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let token = process.sign_up("ana").await.text("access_token");
        for raw in [APART, SPACED] {
            store_raw_hash(fresh, "ana", raw).await;
            assert_eq!(process.log_in("ana", COMPOSED).await.problem(), (401, "invalid_credentials".into()));
            process.log_in("ana", raw).await.expect(200);
            for typed in [COMPOSED, APART, SPACED] {
                process.log_in("ana", typed).await.expect(200);
            }
        }
        store_raw_hash(fresh, "ana", APART).await;
        let change = json!({ "current_password": APART, "new_password": PASSWORD });
        process.post_as(&token, "/auth/password", change).await.expect(204);
        // What may not be chosen any more still opens what was closed with it.
        store_raw_hash(fresh, "ana", "a tab\tand more words").await;
        for _ in 0..2 {
            process.log_in("ana", "a tab\tand more words").await.expect(200);
        }
    })
    .await;
}

/// The problem's field, code and status where a password is chosen: at sign-up, change and reset.
async fn refusals(process: &Process, token: &str, handle: &str, password: &str) -> Vec<(u16, String, String)> {
    let change = json!({ "current_password": PASSWORD, "new_password": password });
    let answers = [
        process.post("/auth/signup", account("bo_svensson", password)).await,
        process.post_as(token, "/auth/password", change).await,
        reset(process, handle, password).await,
    ];
    let told = |answer: &Answer| {
        let field = &answer.body["fields"][0];
        let text = |name: &str| field[name].as_str().unwrap_or_default().to_owned();
        (answer.status.as_u16(), text("field"), text("code"))
    };
    answers.iter().map(told).collect()
}

#[tokio::test]
async fn what_cannot_be_seen_and_what_is_too_short_or_long_is_refused_wherever_a_password_is_chosen() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let token = process.sign_up("ana").await.text("access_token");
        for (password, code) in [
            ("a tab\tand more words".to_owned(), "invalid_character"),
            ("line\nbreak and more words".to_owned(), "invalid_character"),
            ("nul\0 and more words".to_owned(), "invalid_character"),
            ("zero\u{200B}width and more".to_owned(), "invalid_character"),
            ("a\u{308}o\u{308}u\u{308}e\u{301}e\u{300}".to_owned(), "too_short"),
            ("e\u{301}a".repeat(65), "too_long"),
            ("x y".repeat(1_000), "too_long"),
        ] {
            let expected =
                ["password", "new_password", "new_password"].map(|field| (422, field.to_owned(), code.to_owned()));
            assert_eq!(refusals(&process, &token, "ana", &password).await, expected, "{:.30}", password);
        }
        reset(&process, "ana", &"e\u{301}a".repeat(64)).await.expect(204);
        process.log_in("ana", &"\u{E9}a".repeat(64)).await.expect(200);
        for long in ["x y".repeat(1_000), "e\u{301}a".repeat(65)] {
            assert_eq!(process.log_in("ana", &long).await.problem(), (401, "invalid_credentials".into()));
        }
    })
    .await;
}

#[tokio::test]
async fn a_password_made_of_ones_own_names_or_the_communitys_is_refused_wherever_it_is_chosen() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let mut ana = account("ana_ribeiro", PASSWORD);
        ana["email"] = json!("ana.moreira@mail.example.org");
        ana["display_name"] = json!("Zo\u{EB} Lindqvist");
        let token = process.post("/auth/signup", ana).await.expect(201).text("access_token");
        let own = ["ana.moreira@mail.example.org", "AnaMoreira2026", "4n4_r1b31r0", "arieromarierom", "Zoe-Lindqvist"];
        let everybodys = ["villagevillage", "V1llage-V1llage", "littlelions", "snoilelttil", "LittleLions2026!"];
        for password in everybodys {
            let mut bo = account("bo_svensson", password);
            bo["display_name"] = json!("Bo");
            let answer = process.post("/auth/signup", bo).await.expect(422);
            assert_eq!(answer.body["fields"][0]["code"], "too_easy", "{password}");
        }
        for password in own.into_iter().chain(everybodys) {
            let change = json!({ "current_password": PASSWORD, "new_password": password });
            let changed = process.post_as(&token, "/auth/password", change).await.expect(422);
            assert_eq!(
                (&changed.body["fields"][0]["field"], &changed.body["fields"][0]["code"]),
                (&json!("new_password"), &json!("too_easy"))
            );
            let reset_token = process.auth.create_password_reset("ana.moreira@mail.example.org").await.unwrap().token;
            let by_token = json!({ "token": reset_token, "new_password": password });
            let reset = process.post("/auth/password/reset", by_token).await.expect(422);
            assert_eq!(reset.body["fields"][0]["code"], "too_easy", "{password}");
        }
        for (field, value) in
            [("email", "per.holm@example.org"), ("handle", "per_holm_x"), ("display_name", "Per Holm")]
        {
            let mut per = account("per_h", "Per-Holm-12345");
            per[field] = json!(value);
            let answer = process.post("/auth/signup", per).await.expect(422);
            assert_eq!(
                (&answer.body["fields"][0]["field"], &answer.body["fields"][0]["code"]),
                (&json!("password"), &json!("too_easy"))
            );
        }
        process.post("/auth/signup", account("per_h", "holm per vann sju runor")).await.expect(201);
    })
    .await;
}

#[tokio::test]
async fn codes_are_good_however_they_were_copied() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process(fresh);
        let token = process.sign_up("ana").await.text("access_token");
        let code = process.post_as(&token, "/auth/invitations", json!({ "uses": 5 })).await.expect(201).text("code");
        let wide: String = code.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
        let copied = [code.to_uppercase(), code.replace('-', "\u{2011}"), format!("\u{FEFF}{code}\u{A0}\n"), wide];
        for (number, copied) in copied.into_iter().enumerate() {
            let mut account = new_account(&format!("bo{number}"));
            account["invitation"] = json!(copied);
            process.post("/auth/signup", account).await.expect(201);
        }
        let reset = process.auth.create_password_reset(&email("ana")).await.unwrap().token;
        let (start, end) = reset.split_at(20);
        let wrapped = format!(" {start}\r\n{end}\u{200B} ");
        let body = json!({ "token": wrapped, "new_password": "four large green hats" });
        process.post("/auth/password/reset", body).await.expect(204);
    })
    .await;
}
