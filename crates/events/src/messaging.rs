use serde::{Deserialize, Serialize};
use village_kernel::{ConversationId, MessageId, UserId};

use crate::Event;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSent {
    pub conversation_id: ConversationId,
    pub message_id: MessageId,
    pub seq: i64,
    pub sender_id: UserId,
    /// The members it names.
    #[serde(default)]
    pub mentions: Vec<UserId>,
}

impl Event for MessageSent {
    const TYPE: &'static str = "messaging.message_sent.v1";
    fn subject(&self) -> String {
        self.conversation_id.to_string()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageEdited {
    pub conversation_id: ConversationId,
    pub message_id: MessageId,
    /// Where the message stands.
    pub created_seq: i64,
    /// The change that the edit is.
    pub seq: i64,
    pub sender_id: UserId,
    /// The members it names now, and did not name before.
    #[serde(default)]
    pub newly_mentioned: Vec<UserId>,
    /// The members it named before, and does not name any more.
    #[serde(default)]
    pub no_longer_mentioned: Vec<UserId>,
}

impl Event for MessageEdited {
    const TYPE: &'static str = "messaging.message_edited.v1";
    fn subject(&self) -> String {
        self.conversation_id.to_string()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageDeleted {
    pub conversation_id: ConversationId,
    pub message_id: MessageId,
    /// Where the message stood.
    pub created_seq: i64,
    /// Who had sent it, whoever deleted it.
    pub sender_id: UserId,
}

impl Event for MessageDeleted {
    const TYPE: &'static str = "messaging.message_deleted.v1";
    fn subject(&self) -> String {
        self.conversation_id.to_string()
    }
}
