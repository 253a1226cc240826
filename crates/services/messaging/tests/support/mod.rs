//! A node of messaging on its own, with doubles for what other services own, and a client for its socket.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod album;
mod client;
mod doubles;
mod groups;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::middleware;
use http::{Method, Request};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt;
use village_http::{HttpConfig, Identify, RateLimitConfig, RateLimits, harden, identify};
use village_kernel::{Instant, Role, SessionId, UserId, Viewer};
use village_live::SharedLive;
use village_messaging::{Messaging, MessagingDeps, MessagingSettings};
use village_testkit::Fresh;

#[allow(unused_imports, reason = "each test file uses its part")]
pub use album::Images;
#[allow(unused_imports, reason = "each test file uses its part")]
pub use client::{Client, Refused};
#[allow(unused_imports, reason = "each test file uses its part")]
pub use doubles::{Channels, Feed, LossyLive, People, Tokens};

pub const ORIGIN: &str = "http://village.test";

pub fn settings() -> MessagingSettings {
    MessagingSettings::new(ORIGIN)
}

/// What all nodes of one test share.
#[derive(Clone)]
pub struct World {
    pub tokens: Arc<Tokens>,
    pub people: Arc<People>,
    pub feed: Arc<Feed>,
    pub images: Arc<Images>,
    pub channels: Arc<Channels>,
    pub now: Instant,
}

/// A person on one device.
#[derive(Clone)]
pub struct Device {
    pub viewer: Viewer,
    pub token: String,
}

impl Device {
    pub fn user(&self) -> UserId {
        self.viewer.user
    }
}

impl World {
    pub async fn new(fresh: &Fresh) -> Self {
        use village_kernel::Clock;
        let people = Arc::new(People::new(fresh.db.clone()));
        people.replace_views().await;
        let tokens = Arc::new(Tokens::new(fresh.clock.shared()));
        Self {
            tokens,
            people,
            feed: Arc::default(),
            images: Arc::default(),
            channels: Arc::default(),
            now: fresh.clock.now(),
        }
    }

    /// Somebody who follows, and is followed by, everybody there is.
    pub async fn person(&self) -> Device {
        let device = self.stranger().await;
        self.people.befriend_all(device.user()).await;
        device
    }

    /// Somebody who follows nobody, and whom only those follow who come later.
    pub async fn stranger(&self) -> Device {
        let user = UserId::new(self.now);
        self.people.add(user).await;
        self.device_of(user)
    }

    /// Another device of the same person, with a token for an hour.
    pub fn device_of(&self, user: UserId) -> Device {
        let viewer = Viewer { user, session: SessionId::new(self.now), role: Role::Member };
        Device { viewer, token: Tokens::token(&viewer, self.now.plus_secs(3_600)) }
    }
}

/// One server process, as far as messaging goes.
pub struct Node {
    pub messaging: Arc<Messaging>,
    pub address: SocketAddr,
    router: Router,
    _stop: DropGuard,
}

impl Node {
    pub async fn start(fresh: &Fresh, world: &World, settings: MessagingSettings) -> Self {
        Self::start_with(fresh, world, settings, fresh.live.clone()).await
    }

    pub async fn start_with(fresh: &Fresh, world: &World, settings: MessagingSettings, live: SharedLive) -> Self {
        let messaging = Messaging::new(MessagingDeps {
            db: fresh.db.clone(),
            clock: fresh.clock.shared(),
            outbox: fresh.outbox.clone(),
            live,
            profiles: world.people.clone(),
            graph: world.people.clone(),
            media: world.images.clone(),
            channels: world.channels.clone(),
            notifications: world.feed.clone(),
            tokens: world.tokens.clone(),
            settings,
        });
        let plenty = NonZeroU32::new(1_000_000).unwrap();
        let limits =
            RateLimitConfig { reads_per_minute: plenty, writes_per_minute: plenty, anonymous_per_minute: plenty };
        let context =
            Identify { tokens: world.tokens.clone(), limits: Arc::new(RateLimits::new(limits)), trusted_proxy_hops: 0 };
        let (router, _) = messaging.router().split_for_parts();
        let router = router.layer(middleware::from_fn_with_state(context, identify));
        let router = harden(router, Router::new(), HttpConfig::default());
        let stop = CancellationToken::new();
        messaging.start(stop.clone());
        // Small send buffers, so that a client that does not read is noticed after little.
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_send_buffer_size(16 * 1024).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1_024).unwrap();
        let address = listener.local_addr().unwrap();
        let served = router.clone();
        let stopped = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = axum::serve(listener, served) => {}
                () = stopped.cancelled() => {}
            }
        });
        Self { messaging, address, router, _stop: stop.drop_guard() }
    }

    /// Status and JSON body of a REST call.
    pub async fn call(&self, device: &Device, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", device.token));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub async fn get(&self, device: &Device, path: &str) -> (u16, Value) {
        self.call(device, Method::GET, path, None).await
    }

    /// The id of the conversation of the two.
    pub async fn open(&self, device: &Device, peer: &Device) -> String {
        let body = json!({"user_id": peer.user()});
        let (status, conversation) = self.call(device, Method::POST, "/conversations", Some(body)).await;
        assert!(status == 200 || status == 201, "{status} {conversation}");
        conversation["id"].as_str().unwrap().to_owned()
    }

    pub async fn put(&self, device: &Device, path: &str, body: Value) -> (u16, Value) {
        self.call(device, Method::PUT, path, Some(body)).await
    }

    pub async fn post(&self, device: &Device, path: &str, body: Value) -> (u16, Value) {
        self.call(device, Method::POST, path, Some(body)).await
    }

    pub async fn patch(&self, device: &Device, path: &str, body: Value) -> (u16, Value) {
        self.call(device, Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, device: &Device, path: &str) -> (u16, Value) {
        self.call(device, Method::DELETE, path, None).await
    }

    /// The id of a new group.
    pub async fn group(&self, owner: &Device, others: &[&Device]) -> String {
        let others: Vec<UserId> = others.iter().map(|device| device.user()).collect();
        let body = json!({"name": "Night shift", "member_ids": others});
        let (status, group) = self.post(owner, "/conversations/groups", body).await;
        assert_eq!(status, 201, "{group}");
        group["id"].as_str().unwrap().to_owned()
    }

    /// The conversation as `device` sees it.
    pub async fn shown(&self, device: &Device, conversation: &str) -> Value {
        let (status, shown) = self.get(device, &format!("/conversations/{conversation}")).await;
        assert_eq!(status, 200, "{shown}");
        shown
    }

    pub async fn add(&self, admin: &Device, group: &str, people: &[&Device]) -> (u16, Value) {
        let people: Vec<UserId> = people.iter().map(|device| device.user()).collect();
        self.post(admin, &format!("/conversations/{group}/members"), json!({"user_ids": people})).await
    }

    /// Removes somebody from a group, or leaves it.
    pub async fn remove(&self, by: &Device, group: &str, user: UserId) -> (u16, Value) {
        self.delete(by, &format!("/conversations/{group}/members/{user}")).await
    }

    pub async fn set_role(&self, by: &Device, group: &str, user: UserId, role: &str) -> (u16, Value) {
        self.put(by, &format!("/conversations/{group}/members/{user}"), json!({"role": role})).await
    }

    pub async fn try_send(&self, device: &Device, conversation: &str, client_id: &str, body: &str) -> (u16, Value) {
        let path = format!("/conversations/{conversation}/messages");
        self.call(device, Method::POST, &path, Some(json!({"client_id": client_id, "body": body}))).await
    }

    pub async fn send(&self, device: &Device, conversation: &str, client_id: &str, body: &str) -> Value {
        let (status, message) = self.try_send(device, conversation, client_id, body).await;
        assert_eq!(status, 201, "{message}");
        message
    }

    /// Sends what a request body says, with a fresh `client_id`.
    pub async fn post_message(&self, device: &Device, conversation: &str, mut body: Value) -> (u16, Value) {
        body["client_id"] = json!(uuid::Uuid::now_v7().to_string());
        self.call(device, Method::POST, &format!("/conversations/{conversation}/messages"), Some(body)).await
    }

    pub async fn pin(&self, device: &Device, conversation: &str, message: &Value, on: bool) -> (u16, Value) {
        let method = if on { Method::PUT } else { Method::DELETE };
        self.call(device, method, &format!("{}/pin", message_path(conversation, message)), None).await
    }

    pub async fn message(&self, device: &Device, conversation: &str, message: &Value) -> (u16, Value) {
        self.get(device, &message_path(conversation, message)).await
    }

    pub async fn edit(&self, device: &Device, conversation: &str, message: &Value, body: &str) -> (u16, Value) {
        self.call(device, Method::PATCH, &message_path(conversation, message), Some(json!({"body": body}))).await
    }

    pub async fn erase(&self, device: &Device, conversation: &str, message: &Value) -> (u16, Value) {
        self.call(device, Method::DELETE, &message_path(conversation, message), None).await
    }

    pub async fn react(&self, device: &Device, conversation: &str, message: &Value, emoji: &str) -> (u16, Value) {
        let path = format!("{}/reactions/{}", message_path(conversation, message), encoded(emoji));
        self.call(device, Method::PUT, &path, None).await
    }

    pub async fn unreact(&self, device: &Device, conversation: &str, message: &Value, emoji: &str) -> (u16, Value) {
        let path = format!("{}/reactions/{}", message_path(conversation, message), encoded(emoji));
        self.call(device, Method::DELETE, &path, None).await
    }

    pub async fn last_seq(&self, device: &Device, conversation: &str) -> i64 {
        self.get(device, &format!("/conversations/{conversation}")).await.1["last_seq"].as_i64().unwrap()
    }

    /// Every message, oldest first, read page by page.
    pub async fn history(&self, device: &Device, conversation: &str) -> Vec<Value> {
        let mut messages = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/conversations/{conversation}/messages?limit=100&cursor={cursor}");
            let (status, page) = self.get(device, &path).await;
            assert_eq!(status, 200, "{page}");
            messages.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        messages.reverse();
        messages
    }

    pub async fn connect(&self, device: &Device) -> Client {
        let mut client = Client::open(self.address).await;
        client.hello(device, Value::Null).await;
        client
    }
}

pub fn message_path(conversation: &str, message: &Value) -> String {
    format!("/conversations/{conversation}/messages/{}", message["id"].as_str().expect("a message"))
}

/// For a path: every byte as `%XX`.
pub fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The same person with a token for a day.
pub fn renewed(world: &World, device: &Device) -> Device {
    Device { viewer: device.viewer, token: Tokens::token(&device.viewer, world.now.plus_secs(86_400)) }
}

/// The answer is a problem with this status and code.
#[track_caller]
pub fn refused((status, problem): (u16, Value), expected: u16, code: &str) {
    assert_eq!((status, problem["code"].as_str()), (expected, Some(code)), "{problem}");
}

/// What a client knows of one conversation, kept by the rules of the protocol.
#[derive(Default)]
pub struct View {
    pub seq: i64,
    pub messages: HashMap<i64, Value>,
}

impl View {
    /// Takes a frame in. False when it shows a hole: the client has to resume.
    pub fn take(&mut self, frame: &Value) -> bool {
        match frame["type"].as_str().unwrap() {
            "message" => {
                let (seq, prev) = (frame["seq"].as_i64().unwrap(), frame["prev_seq"].as_i64().unwrap());
                if seq <= self.seq {
                    return true;
                }
                if prev != self.seq {
                    return false;
                }
                self.put(&frame["message"]);
                self.seq = seq;
            }
            "rows" => {
                assert!(frame["from"].as_i64().unwrap() <= self.seq, "{frame}");
                for message in frame["messages"].as_array().unwrap() {
                    self.put(message);
                }
                self.seq = self.seq.max(frame["upto"].as_i64().unwrap());
            }
            _ => {}
        }
        true
    }

    fn put(&mut self, message: &Value) {
        self.messages.insert(message["seq"].as_i64().unwrap(), message.clone());
    }

    pub fn in_order(&self) -> Vec<Value> {
        let mut messages: Vec<_> = self.messages.iter().collect();
        messages.sort_by_key(|(seq, _)| **seq);
        messages.into_iter().map(|(_, message)| message.clone()).collect()
    }
}

pub const PATIENCE: Duration = Duration::from_secs(20);

/// Asks again until it is so.
pub async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(tokio::time::Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
