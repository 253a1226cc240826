//! Accounts for the load: made through the API, as anybody's.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Client;
use serde_json::{Value, json};

/// Requests under way at once while setting up.
const AT_ONCE: usize = 32;

#[derive(Clone)]
pub struct Person {
    pub id: String,
    pub token: String,
    client: Client,
    base: Arc<str>,
}

/// `count` new people, whose handles begin with `prefix`.
pub async fn sign_up(base: &str, prefix: &str, count: usize) -> anyhow::Result<Vec<Person>> {
    let client = Client::new();
    let base: Arc<str> = base.into();
    stream::iter(0..count)
        .map(|number| {
            let (client, base, handle) = (client.clone(), base.clone(), format!("{prefix}{number}"));
            async move {
                let body = json!({
                    "email": format!("{handle}@example.org"), "password": "correct horse battery staple",
                    "handle": handle, "display_name": handle,
                });
                let answer = client.post(format!("{base}/auth/signup")).json(&body).send().await?;
                let status = answer.status();
                let session: Value = answer.json().await?;
                ensure!(status == 201, "sign-up answered {status}: {session}");
                let text = |pointer| session.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
                anyhow::Ok(Person {
                    id: text("/me/id").context("an id")?,
                    token: text("/access_token").context("a token")?,
                    client,
                    base,
                })
            }
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

impl Person {
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.token).json(body);
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{path} answered {status}: {text}");
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

/// The conversation of two people who follow each other, so that it is no message request.
pub async fn converse(one: &Person, other: &Person) -> anyhow::Result<String> {
    one.post("/users/follow", &json!({ "user_id": other.id })).await?;
    other.post("/users/follow", &json!({ "user_id": one.id })).await?;
    let conversation = one.post("/conversations", &json!({ "user_id": other.id })).await?;
    Ok(conversation["id"].as_str().context("a conversation")?.to_owned())
}

/// A group of all of them, made by the first.
pub async fn gather(people: &[Person]) -> anyhow::Result<String> {
    let (owner, others) = people.split_first().context("a group has people")?;
    stream::iter(others)
        .map(|person| async move { person.post("/users/follow", &json!({ "user_id": owner.id })).await.map(drop) })
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<_>>()
        .await?;
    let ids: Vec<&str> = others.iter().map(|person| person.id.as_str()).collect();
    let mut chunks = ids.chunks(100);
    let first = chunks.next().context("a group has others")?;
    let group = owner.post("/conversations/groups", &json!({ "name": "Room", "member_ids": first })).await?;
    let id = group["id"].as_str().context("a group")?.to_owned();
    for chunk in chunks {
        owner.post(&format!("/conversations/{id}/members"), &json!({ "user_ids": chunk })).await?;
    }
    Ok(id)
}
