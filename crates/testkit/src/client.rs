//! A person at the API: requests with her token, and the steps that most tests begin with.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::processes::eventually;

/// The password of everyone who signs up through [`Person::sign_up`].
pub const PASSWORD: &str = "correct horse battery staple";

/// An answer with everything a test may look at.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// The JSON; text as a string; nothing as null.
    pub body: Value,
}

impl Answer {
    /// The header as text; panics when it is missing.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("the answer has no header {name}: {self:?}"));
        value.to_str().expect("headers are text")
    }

    /// The stable `code` of a problem.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// Someone who uses the API; without a token, a stranger.
#[derive(Clone, Debug)]
pub struct Person {
    pub base: String,
    pub token: Option<String>,
    pub refresh_token: Option<String>,
    pub id: String,
    pub handle: String,
    pub email: String,
    client: Client,
}

impl Person {
    /// Without an account. `base` is `http://host:port`.
    pub fn stranger(base: &str) -> Self {
        let client = Client::builder()
            .timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a plain client");
        Self {
            base: base.to_owned(),
            token: None,
            refresh_token: None,
            id: String::new(),
            handle: String::new(),
            email: String::new(),
            client,
        }
    }

    /// Whoever holds `token`, which may be forged.
    pub fn with_token(base: &str, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..Self::stranger(base) }
    }

    /// A new account; the invitation is left out where registration is open.
    pub async fn sign_up(base: &str, handle: &str, invitation: Option<&str>) -> Self {
        let mut person = Self::stranger(base);
        person.handle = handle.to_owned();
        person.email = format!("{handle}@example.org");
        let mut body = json!({
            "email": person.email, "password": PASSWORD, "handle": handle, "display_name": display_name(handle),
        });
        if let Some(invitation) = invitation {
            body["invitation"] = invitation.into();
        }
        let (status, session) = person.post("/auth/signup", &body).await;
        assert_eq!(status, 201, "{handle} could not sign up: {session}");
        person.use_session(&session);
        person
    }

    /// The same account with a new session.
    pub async fn log_in(&self) -> Self {
        let mut person = Self { token: None, refresh_token: None, ..self.clone() };
        let (status, session) = person.post("/auth/login", &json!({ "email": self.email, "password": PASSWORD })).await;
        assert_eq!(status, 200, "{} could not log in: {session}", self.handle);
        person.use_session(&session);
        person
    }

    /// The same person at another address: another process, or the load balancer.
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// Takes the tokens and the identity of a `Session`.
    pub fn use_session(&mut self, session: &Value) {
        self.token = session["access_token"].as_str().map(str::to_owned);
        self.refresh_token = session["refresh_token"].as_str().map(str::to_owned);
        self.id = text(session, "/me/id");
        self.handle = text(session, "/me/handle");
    }

    pub fn token(&self) -> &str {
        self.token.as_deref().expect("this person is signed in")
    }

    /// The code of a new invitation.
    pub async fn invite(&self) -> String {
        let (status, invitation) = self.post("/auth/invitations", &json!({})).await;
        assert_eq!(status, 201, "{invitation}");
        text(&invitation, "/code")
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.plain(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.plain(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        self.plain(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> (u16, Value) {
        self.plain(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> (u16, Value) {
        self.plain(Method::DELETE, path, None).await
    }

    /// With an `Idempotency-Key`.
    pub async fn post_once(&self, key: &str, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.send(Method::POST, path, &[("idempotency-key", key)], Some(body)).await;
        (answer.status, answer.body)
    }

    async fn plain(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let answer = self.send(method, path, &[], body).await;
        (answer.status, answer.body)
    }

    /// Any request with headers of its own. `null` as a body sends none.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let body = body.filter(|body| !body.is_null()).map(|body| ("application/json", body.to_string().into_bytes()));
        self.send_bytes(method, path, headers, body).await
    }

    /// Any bytes as a body, with their content type. `path` may be a whole URL, as that of a presigned upload, which
    /// is then sent without the token.
    pub async fn send_bytes(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, Vec<u8>)>,
    ) -> Answer {
        self.try_send_bytes(method, path, headers, body).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// For requests during which a process is killed: an error means that no answer came.
    pub async fn try_send_bytes(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, Vec<u8>)>,
    ) -> reqwest::Result<Answer> {
        let is_url = path.starts_with("http");
        let url = if is_url { path.to_owned() } else { format!("{}{path}", self.base) };
        let mut request = self.client.request(method, url);
        if let Some(token) = self.token.as_deref().filter(|_| !is_url) {
            request = request.bearer_auth(token);
        }
        if let Some((content_type, bytes)) = body {
            request = request.header("content-type", content_type).body(bytes);
        }
        let mut own = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a header name");
            own.insert(name, HeaderValue::from_str(value).expect("a header value"));
        }
        // Replaces those set above.
        let answer = request.headers(own).send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = answer.bytes().await?;
        let body = match serde_json::from_slice(&bytes) {
            Ok(json) => json,
            Err(_) if bytes.is_empty() => Value::Null,
            Err(_) => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
        };
        Ok(Answer { status, headers, body })
    }

    /// The bytes behind a URL, as an `<img>` fetches them: no token.
    pub async fn fetch(&self, url: &str) -> (u16, Vec<u8>) {
        let url = if url.starts_with("http") { url.to_owned() } else { format!("{}{url}", self.base) };
        let answer = self.client.get(url).send().await.expect("the blob store answers");
        let status = answer.status().as_u16();
        (status, answer.bytes().await.expect("a whole body").to_vec())
    }

    /// The whole way of an image: asks for an upload, sends the bytes, completes it, and waits until it is ready or
    /// rejected. Returns the final `Media`.
    pub async fn upload(&self, content_type: &str, bytes: Vec<u8>, purpose: &str) -> Value {
        let wanted = json!({ "content_type": content_type, "length": bytes.len(), "purpose": purpose });
        let (status, created) = self.post("/media", &wanted).await;
        assert_eq!(status, 201, "no upload was offered: {created}");
        let answer = self.send_upload(&created, bytes).await;
        assert!((200..300).contains(&answer.status), "the upload was refused: {answer:?}");
        let path = format!("/media/{}", text(&created, "/id"));
        let (status, media) = self.post(&format!("{path}/complete"), &Value::Null).await;
        assert_eq!(status, 202, "the upload could not be completed: {media}");
        eventually("the image is processed", Duration::from_secs(60), async || {
            let (_, media) = self.get(&path).await;
            matches!(media["state"].as_str(), Some("ready" | "rejected")).then_some(media)
        })
        .await
    }

    /// Sends the bytes where a `MediaCreated` says, with exactly its headers.
    pub async fn send_upload(&self, created: &Value, bytes: Vec<u8>) -> Answer {
        let upload = &created["upload"];
        let headers: Vec<(&str, &str)> = upload["headers"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
            // The client computes it from the body.
            .filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"))
            .collect();
        let content_type = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let content_type = content_type.map_or("application/octet-stream", |(_, value)| *value).to_owned();
        self.send_bytes(Method::PUT, &text(upload, "/url"), &headers, Some((&content_type, bytes))).await
    }
}

/// The text at a JSON pointer; panics with the whole value when it is missing.
pub fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("there is no text at {pointer} in {value}")).to_owned()
}

/// `ana_maria` is shown as `Ana_maria`.
fn display_name(handle: &str) -> String {
    let mut letters = handle.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}
