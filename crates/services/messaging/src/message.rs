//! A message, and the rules for what may be sent.

use serde::{Deserialize, Serialize};
use village_kernel::text::multi_line;
use village_kernel::{ConversationId, Instant, MessageId, UserId};

use crate::{ConversationEvent, MessagingError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum MessageKind {
    /// Somebody said something.
    Text,
    /// Something happened to the conversation.
    Event,
}

/// A message as one person sees it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// Where it stands in the conversation; never changes.
    #[schema(example = 41)]
    pub seq: i64,
    /// The conversation's seq when it was last changed; equals `seq` while it never was.
    #[schema(example = 41)]
    pub changed_seq: i64,
    /// Counts the messages of the conversation: 1, 2, 3, ... An event has the number of the message before it.
    #[schema(example = 37)]
    pub number: i64,
    pub kind: MessageKind,
    pub sender_id: UserId,
    /// What the sender called it; null for everyone else.
    pub client_id: Option<String>,
    /// Empty for an event.
    #[schema(example = "She slept through the night!")]
    pub body: String,
    /// What happened, when it is an event.
    pub event: Option<ConversationEvent>,
    pub created_at: Instant,
}

/// A message as it is stored.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub(crate) struct MessageRow {
    pub conversation_id: ConversationId,
    pub created_seq: i64,
    pub changed_seq: i64,
    pub id: MessageId,
    pub number: i64,
    pub kind: MessageKind,
    pub sender_id: UserId,
    pub client_id: String,
    pub body: String,
    /// JSON of a [`ConversationEvent`].
    pub event: Option<String>,
    pub created_at: Instant,
}

impl MessageRow {
    pub fn for_viewer(&self, user: UserId) -> Message {
        Message {
            id: self.id,
            conversation_id: self.conversation_id,
            seq: self.created_seq,
            changed_seq: self.changed_seq,
            number: self.number,
            kind: self.kind,
            sender_id: self.sender_id,
            client_id: (self.sender_id == user && self.kind == MessageKind::Text).then(|| self.client_id.clone()),
            body: self.body.clone(),
            event: self.event.as_deref().and_then(ConversationEvent::from_json),
            created_at: self.created_at,
        }
    }
}

/// A message that may be sent: 1 to 4,000 characters, and a `client_id` of 1 to 64 printable ASCII characters.
#[derive(Clone, Debug)]
pub(crate) struct NewMessage {
    pub client_id: String,
    pub body: String,
}

impl NewMessage {
    pub const MAX_CHARACTERS: usize = 4_000;

    pub fn parse(client_id: String, body: &str) -> Result<Self, MessagingError> {
        if !(1..=64).contains(&client_id.len()) || !client_id.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = "must be 1 to 64 printable ASCII characters without spaces".to_owned();
            return Err(MessagingError::Invalid { field: "client_id", code: "invalid", message });
        }
        let body = multi_line(body, 1, Self::MAX_CHARACTERS).map_err(|error| MessagingError::text("body", &error))?;
        Ok(Self { client_id, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_words_and_a_client_id() {
        assert!(NewMessage::parse("a-1".into(), " hi \n").is_ok_and(|message| message.body == "hi"));
        for (client_id, body) in [("", "x"), ("a b", "x"), ("é", "x"), ("a", ""), ("a", " \n"), ("a", "\0")] {
            assert!(NewMessage::parse(client_id.into(), body).is_err(), "{client_id:?} {body:?}");
        }
        assert!(NewMessage::parse("a".repeat(65), "x").is_err());
        assert!(NewMessage::parse("a".into(), &"é".repeat(4_000)).is_ok());
        assert!(NewMessage::parse("a".into(), &"é".repeat(4_001)).is_err());
    }
}
