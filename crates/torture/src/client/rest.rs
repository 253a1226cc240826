//! What a client does over HTTP.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use village_testkit::PASSWORD;

use crate::client::{Client, Session, promises_nothing};
use crate::history::{Call, Event, Mark};
use crate::seen::Seen;

/// Pages of a history; more than any conversation of a run has.
const MAX_PAGES: usize = 1_000;
/// Attempts at what must succeed in the end, when everything runs again.
const ATTEMPTS: usize = 20;

impl Client {
    fn base(&self, node: usize) -> String {
        self.world.bases[node].clone()
    }

    /// `None` when the node does not answer.
    pub(super) async fn log_in(&mut self, node: usize) -> Option<()> {
        if self.token.is_some() {
            return Some(());
        }
        let body = json!({ "email": self.person.email, "password": PASSWORD });
        let answer = self.world.ask(Method::POST, &self.base(node), None, "/auth/login", Some(&body)).await.ok()?;
        self.token = answer.1["access_token"].as_str().map(str::to_owned);
        self.token.as_ref().map(|_| ())
    }

    async fn get(&mut self, node: usize, path: &str) -> Option<Value> {
        self.log_in(node).await?;
        let answer = self.world.ask(Method::GET, &self.base(node), self.token.as_deref(), path, None).await.ok()?;
        match answer {
            (200, body) => Some(body),
            (401, _) => {
                self.token = None;
                None
            }
            _ => None,
        }
    }

    /// What a new device begins with: which conversations there are.
    pub(super) async fn find_conversations(&mut self, node: usize) -> Option<()> {
        for shown in self.listed(node).await? {
            if let Some(id) = shown["id"].as_str() {
                self.views.entry(id.to_owned()).or_default();
            }
        }
        Some(())
    }

    async fn listed(&mut self, node: usize) -> Option<Vec<Value>> {
        let mut path = "/conversations?limit=100".to_owned();
        let mut listed = Vec::new();
        for _ in 0..MAX_PAGES {
            let mut page = self.get(node, &path).await?;
            if let Value::Array(items) = page["items"].take() {
                listed.extend(items);
            }
            match page["next"].as_str() {
                Some(next) => path = format!("/conversations?limit=100&cursor={next}"),
                None => return Some(listed),
            }
        }
        None
    }

    /// One operation by HTTP, and what became of it.
    pub(super) async fn rest(
        &mut self,
        node: usize,
        call: Call,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Option<Value> {
        let op = self.invoke(node, None, &call);
        let answer = self.world.ask(method, &self.base(node), self.token.as_deref(), path, body).await;
        let event = match answer {
            Ok((200..300, body)) => {
                self.world.recorder.record(Event::Ok { op, result: json!({ "message": body }) });
                return Some(body);
            }
            // Told before anything was looked at.
            Ok((401, _)) => {
                self.token = None;
                Event::Refused { op, code: "unauthenticated".to_owned() }
            }
            Ok((status, body)) => {
                let code = body["code"].as_str().unwrap_or_default().to_owned();
                match status >= 500 || promises_nothing(&code) {
                    true => Event::Maybe { op, why: format!("{status} {code}") },
                    false => Event::Refused { op, code },
                }
            }
            Err(_) => Event::Maybe { op, why: "no answer".to_owned() },
        };
        if matches!(event, Event::Maybe { .. }) {
            self.keep_unsure(call);
        }
        self.world.recorder.record(event);
        None
    }

    pub(super) async fn send_over_rest(&mut self, session: &Session, call: Call) {
        let Call::Send { conversation, client_id, body, forward_of } = &call else { return };
        let path = format!("/conversations/{conversation}/messages");
        let mut body = json!({ "client_id": client_id, "body": body });
        if let Some((conversation, message)) = forward_of {
            body["forward_of"] = json!({ "conversation_id": conversation, "message_id": message });
        }
        if self.rest(session.node, call.clone(), Method::POST, &path, Some(&body)).await.is_some() {
            self.keep_sent(call);
        }
    }

    /// All that the person may see of a conversation. With `replaces` it becomes the view, at that position.
    pub(super) async fn read_history(&mut self, node: usize, conversation: &str, replaces: Option<i64>) -> Option<()> {
        let call = Call::History { conversation: conversation.to_owned() };
        let op = self.invoke(node, None, &call);
        let Some(messages) = self.pages(node, conversation).await else {
            self.world.recorder.record(Event::Maybe { op, why: "no answer".to_owned() });
            return None;
        };
        self.world.recorder.record(Event::Ok { op, result: Value::Null });
        if let Some(upto) = replaces {
            let seen: Vec<Seen> = messages.iter().filter_map(Seen::parse).collect();
            let view = self.views.entry(conversation.to_owned()).or_default();
            view.replace(upto, &seen);
            view.read_to_own(&self.person.id, &seen);
            self.world.reached(self.number, conversation, view);
        }
        self.world.recorder.record(Event::History {
            client: self.number,
            person: self.person.id.clone(),
            conversation: conversation.to_owned(),
            op,
            replaces,
            messages,
        });
        Some(())
    }

    async fn pages(&mut self, node: usize, conversation: &str) -> Option<Vec<Value>> {
        let first = format!("/conversations/{conversation}/messages?limit=100");
        let (mut path, mut messages) = (first.clone(), Vec::new());
        for _ in 0..MAX_PAGES {
            let mut page = self.get(node, &path).await?;
            if let Value::Array(items) = page["items"].take() {
                messages.extend(items);
            }
            match page["next"].as_str() {
                Some(next) => path = format!("{first}&cursor={next}"),
                None => return Some(messages),
            }
        }
        None
    }

    /// The end: the view, what the server lists, and for the first device of a person what it says of each
    /// conversation over HTTP.
    pub(super) async fn say_what_it_has(&mut self) {
        let devices = self.world.plan.crowd.devices as u32;
        let is_first = self.number.is_multiple_of(devices);
        let conversations: Vec<String> = self.views.keys().cloned().collect();
        for conversation in conversations {
            let view = &self.views[&conversation];
            let messages = view.messages.iter().map(|(seq, held)| (*seq, held.changed_seq, held.id.clone())).collect();
            let reacted = view.messages.iter().filter(|(_, held)| !held.reactions.is_empty());
            let reactions = reacted.map(|(seq, held)| (*seq, held.reactions.clone())).collect();
            self.world.recorder.record(Event::View {
                client: self.number,
                person: self.person.id.clone(),
                conversation: conversation.clone(),
                position: view.position,
                read_seq: view.read_seq,
                messages,
                reactions,
            });
            if is_first {
                self.say_what_is_listed(&conversation).await;
            }
        }
        self.say_what_is_unread().await;
    }

    async fn say_what_is_unread(&mut self) {
        for attempt in 0..ATTEMPTS {
            let node = (self.number as usize + attempt) % self.world.bases.len();
            if let Some(conversations) = self.listed(node).await
                && let Some(sum) = self.get(node, "/conversations/unread").await
            {
                self.world.recorder.record(Event::Inbox {
                    client: self.number,
                    person: self.person.id.clone(),
                    conversations: conversations.iter().filter_map(mark).collect(),
                    unread_count: sum["unread_count"].as_i64().unwrap_or(-1),
                });
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn say_what_is_listed(&mut self, conversation: &str) {
        for attempt in 0..ATTEMPTS {
            let node = (self.number as usize + attempt) % self.world.bases.len();
            let shown = self.get(node, &format!("/conversations/{conversation}")).await;
            if let Some(shown) = shown
                && self.read_history(node, conversation, None).await.is_some()
            {
                if let Some(mark) = mark(&shown) {
                    self.world.recorder.record(Event::Unread { person: self.person.id.clone(), mark });
                }
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

fn mark(shown: &Value) -> Option<Mark> {
    Some(Mark {
        conversation: shown["id"].as_str()?.to_owned(),
        read_seq: shown["read_seq"].as_i64()?,
        unread_count: shown["unread_count"].as_i64()?,
    })
}
