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
