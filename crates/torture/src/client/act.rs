//! Doing what was drawn.

use std::time::Duration;

use rand::RngExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::client::{Client, End, Open, Session};
use crate::history::{Call, Event, Kind as PlaceKind};
use crate::workload::{Choice, Kind, words};
use crate::world::Place;

impl Client {
    /// `Some` when the connection is over by it.
    pub(super) async fn act(&mut self, session: &mut Session, choice: Choice) -> Option<End> {
        if self.blocked.is_some() && choice.other.is_multiple_of(4) {
            self.block_or_unblock(session, &choice).await;
        }
        match choice.kind {
            Kind::Send | Kind::SendOverRest => {
                // What nobody answered is tried again first, as often as not.
                let retried = if choice.one.is_multiple_of(2) { self.unsure.pop_front() } else { None };
                let call = match retried {
                    Some(call) => call,
                    None => self.new_message(&choice)?,
                };
                if choice.kind == Kind::SendOverRest {
                    self.send_over_rest(session, call).await;
                    return None;
                }
                self.call(session, call).await
            }
            Kind::SendAgain => {
                let call = choice.one_of(self.sent.make_contiguous())?.clone();
                self.call(session, call).await
            }
            Kind::Forward => {
                let call = self.copy(&choice)?;
                self.call(session, call).await
            }
            Kind::Read => {
                let conversation = self.own_place(&choice)?;
                let seq = self.views.get(&conversation)?.position;
                self.call(session, Call::Read { conversation, seq }).await
            }
            Kind::Delivered => {
                let conversation = self.own_place(&choice)?;
                let seq = self.views.get(&conversation)?.position;
                self.call(session, Call::Delivered { conversation, seq }).await
            }
            Kind::Typing => {
                let conversation = self.own_place(&choice)?;
                self.call(session, Call::Typing { conversation }).await
            }
            Kind::Edit | Kind::Delete | Kind::React => {
                let call = self.change(&choice)?;
                self.call(session, call).await
            }
            Kind::Pin => {
                let call = self.change(&choice)?;
                self.pin(session, call).await;
                None
            }
            Kind::Ping => self.call(session, Call::Ping).await,
            Kind::Resume => {
                let conversation = self.own_place(&choice)?;
                let position = self.views.get(&conversation)?.position;
                self.call(session, Call::Resume { conversations: vec![(conversation, position)] }).await
            }
            Kind::History => {
                let conversation = self.own_place(&choice)?;
                self.read_history(session.node, &conversation, None).await;
                None
            }
            Kind::Reconnect => Some(End::Again(Duration::from_millis(u64::from(choice.one % 1_500)))),
            Kind::StartOver => {
                self.start_over();
                Some(End::Again(Duration::from_millis(u64::from(choice.one % 300))))
            }
            Kind::Block => {
                self.block_or_unblock(session, &choice).await;
                None
            }
            Kind::Add | Kind::Remove => {
                self.change_members(session, &choice).await;
                None
            }
            Kind::Intrude => self.intrude(session, &choice).await,
        }
    }

    /// Sends a frame and remembers that it waits for an answer.
    pub(super) async fn call(&mut self, session: &mut Session, call: Call) -> Option<End> {
        let op = self.invoke(session.node, Some(session.socket), &call);
        let reference = op.to_string();
        let mut frame = match &call {
            Call::Send { conversation, client_id, body, forward_of } => {
                let mut frame =
                    json!({ "type": "send", "conversation_id": conversation, "client_id": client_id, "body": body });
                if let Some((conversation, message)) = forward_of {
                    frame["forward_of"] = json!({ "conversation_id": conversation, "message_id": message });
                }
                frame
            }
            Call::Read { conversation, seq } => json!({ "type": "read", "conversation_id": conversation, "seq": seq }),
            Call::Delivered { conversation, seq } => {
                json!({ "type": "delivered", "conversations": { conversation: seq } })
            }
            Call::Typing { conversation } => json!({ "type": "typing", "conversation_id": conversation }),
            Call::Edit { conversation, message, body } => {
                json!({ "type": "edit", "conversation_id": conversation, "message_id": message, "body": body })
            }
            Call::Delete { conversation, message } => {
                json!({ "type": "delete", "conversation_id": conversation, "message_id": message })
            }
            Call::React { conversation, message, emoji, on } => {
                json!({ "type": "react", "conversation_id": conversation, "message_id": message,
                        "emoji": emoji, "on": on })
            }
            Call::Resume { conversations } => {
                let positions: serde_json::Map<String, Value> =
                    conversations.iter().map(|(id, seq)| (id.clone(), (*seq).into())).collect();
                json!({ "type": "resume", "conversations": positions })
            }
            Call::Intrude { conversation, how } if how == "send" => {
                json!({ "type": "send", "conversation_id": conversation, "client_id": reference, "body": "Hello?" })
            }
            Call::Intrude { conversation, how } if how == "read" => {
                json!({ "type": "read", "conversation_id": conversation, "seq": 1 })
            }
            Call::Intrude { conversation, how } if how == "type" => {
                json!({ "type": "typing", "conversation_id": conversation })
            }
            _ => json!({ "type": "ping" }),
        };
        frame["ref"] = reference.clone().into();
        let sent = session.link.send(&frame).await;
        session.open.insert(reference, Open { op, call, since: Instant::now() });
        sent.is_err().then_some(End::Again(Duration::from_millis(50)))
    }

    pub(super) fn invoke(&self, node: usize, socket: Option<u32>, call: &Call) -> u64 {
        let op = self.world.next_op();
        let (client, person) = (self.number, self.person.id.clone());
        self.world.recorder.record(Event::Invoke { op, client, person, node, socket, call: call.clone() });
        op
    }

    fn new_client_id(&mut self) -> String {
        self.messages_sent += 1;
        format!("m{}-{}", self.number, self.messages_sent)
    }

    fn new_message(&mut self, choice: &Choice) -> Option<Call> {
        let conversation = self.own_place(choice)?;
        let client_id = self.new_client_id();
        let body = format!("{client_id} {}", words(choice, self.world.plan.crowd.people));
        Some(Call::Send { conversation, client_id, body, forward_of: None })
    }

    /// Of something said here or elsewhere, but not of a copy: whose words those are could not be told.
    fn copy(&mut self, choice: &Choice) -> Option<Call> {
        let source = self.own_place(choice)?;
        let said: Vec<&str> = self
            .views
            .get(&source)?
            .messages
            .values()
            .rev()
            .take(60)
            .filter(|held| held.token.is_some() && !held.is_deleted)
            .map(|held| held.id.as_str())
            .collect();
        let message = (*choice.one_of(&said)?).to_owned();
        let own = self.own_places();
        let conversation = choice.other_of(&own)?.id.clone();
        let client_id = self.new_client_id();
        Some(Call::Send { conversation, client_id, body: String::new(), forward_of: Some((source, message)) })
    }

    /// A conversation of the person's, of those it takes part in from the beginning.
    fn own_place(&self, choice: &Choice) -> Option<String> {
        choice.place_of(&self.own_places()).map(|place| place.id.clone())
    }

    fn own_places(&self) -> Vec<&Place> {
        self.world.places.iter().filter(|place| place.people.contains(&self.person.id)).collect()
    }

    /// Of a message of one's own that is not old; of anybody's for a reaction and a pin.
    fn change(&mut self, choice: &Choice) -> Option<Call> {
        let conversation = self.own_place(choice)?;
        let view = self.views.get(&conversation)?;
        let any_sender = matches!(choice.kind, Kind::React | Kind::Pin);
        let recent: Vec<&str> = view
            .messages
            .values()
            .rev()
            .take(60)
            .filter(|held| held.is_text && !held.is_deleted && (any_sender || held.sender == self.person.id))
            .map(|held| held.id.as_str())
            .collect();
        let message = (*choice.one_of(&recent)?).to_owned();
        match choice.kind {
            Kind::Edit => {
                let token = self.token_of(&conversation, &message)?;
                let said = words(choice, self.world.plan.crowd.people);
                let body = format!("{token} {said} ({})", choice.other % 1_000);
                Some(Call::Edit { conversation, message, body })
            }
            Kind::Delete => Some(Call::Delete { conversation, message }),
            Kind::Pin => Some(Call::Pin { conversation, message, on: choice.words.is_multiple_of(2) }),
            _ => {
                let emoji = *choice.other_of(&["❤️", "👍", "😂"])?;
                Some(Call::React {
                    conversation,
                    message,
                    emoji: emoji.to_owned(),
                    on: !choice.words.is_multiple_of(4),
                })
            }
        }
    }

    fn token_of(&self, conversation: &str, message: &str) -> Option<String> {
        let view = self.views.get(conversation)?;
        view.messages.values().find(|held| held.id == message)?.token.clone()
    }

    async fn pin(&mut self, session: &Session, call: Call) {
        let Call::Pin { conversation, message, on } = &call else { return };
        let path = format!("/conversations/{conversation}/messages/{message}/pin");
        let method = if *on { Method::PUT } else { Method::DELETE };
        self.rest(session.node, call, method, &path, None).await;
    }

    async fn block_or_unblock(&mut self, session: &Session, choice: &Choice) {
        let unblocked = self.blocked.take();
        let on = unblocked.is_none();
        let own = || self.world.places.iter().filter(|place| place.people.contains(&self.person.id));
        let peers: Vec<&String> = own()
            .filter(|place| place.kind == PlaceKind::Direct)
            .flat_map(|place| place.people.iter().filter(|person| **person != self.person.id))
            .collect();
        let Some(other) = unblocked.or_else(|| choice.one_of(&peers).map(|peer| (*peer).clone())) else { return };
        let method = if on { Method::PUT } else { Method::DELETE };
        let path = format!("/users/{other}/block");
        if on {
            // Undone by the next of its kind, and at the latest in the end; a lost answer changes nothing of that.
            self.blocked = Some(other.clone());
        }
        self.rest(session.node, Call::Block { other, on }, method, &path, None).await;
    }

    /// Of a group of one's own: somebody is asked in, sent away, or leaves.
    async fn change_members(&mut self, session: &Session, choice: &Choice) {
        let own = self.world.places.iter().filter(|place| place.people.contains(&self.person.id));
        let groups: Vec<&Place> = own.filter(|place| place.kind == PlaceKind::Group).collect();
        let Some(conversation) = choice.place_of(&groups).map(|place| place.id.clone()) else { return };
        // Only some people ever come and go, so that there are always views that must be whole.
        let crowd = self.world.plan.crowd;
        let movers: Vec<&str> =
            self.world.people.iter().take(crowd.people).step_by(4).map(|person| person.id.as_str()).collect();
        let Some(other) = choice.one_of(&movers).map(|other| (*other).to_owned()) else { return };
        let path = format!("/conversations/{conversation}/members");
        if choice.kind == Kind::Add {
            let body = json!({ "user_ids": [other] });
            self.rest(session.node, Call::Add { conversation, other }, Method::POST, &path, Some(&body)).await;
        } else {
            let path = format!("{path}/{other}");
            self.rest(session.node, Call::Remove { conversation, other }, Method::DELETE, &path, None).await;
        }
    }

    async fn intrude(&mut self, session: &mut Session, choice: &Choice) -> Option<End> {
        // Direct ones only: nobody is ever asked into those.
        let foreign: Vec<&Place> = self
            .world
            .places
            .iter()
            .filter(|place| place.kind == PlaceKind::Direct && !place.people.contains(&self.person.id))
            .collect();
        let conversation = choice.one_of(&foreign)?.id.clone();
        let how = *choice.other_of(&["send", "read", "type", "resume", "list", "look", "send over REST"])?;
        let call = Call::Intrude { conversation: conversation.clone(), how: how.to_owned() };
        match how {
            "send" | "read" | "type" => self.call(session, call).await,
            "resume" => self.call(session, Call::Resume { conversations: vec![(conversation, 0)] }).await,
            "list" | "look" => {
                let tail = if how == "list" { "/messages" } else { "" };
                self.rest(session.node, call, Method::GET, &format!("/conversations/{conversation}{tail}"), None).await;
                None
            }
            _ => {
                let body = json!({ "client_id": "intruder", "body": "Hello?" });
                let path = format!("/conversations/{conversation}/messages");
                self.rest(session.node, call, Method::POST, &path, Some(&body)).await;
                None
            }
        }
    }

    /// As a device that was never used: it knows nothing and asks for everything.
    fn start_over(&mut self) {
        for (conversation, view) in &mut self.views {
            *view = Default::default();
            self.world.recorder.record(Event::Forget { client: self.number, conversation: conversation.clone() });
        }
        self.membership_seq = 0;
        let _: u32 = self.random.random();
    }
}
