//! What happened to a conversation itself. Such an event is a row like a message: it takes the next seq, so members
//! see it live, on resume and in the history. It has no number, so it is never unread.

use serde::{Deserialize, Serialize};
use village_kernel::UserId;

use crate::MemberRole;

/// Who did it is the row's `sender_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ConversationEvent {
    Created,
    Renamed {
        name: String,
    },
    PictureChanged,
    MembersAdded {
        user_ids: Vec<UserId>,
    },
    /// By a link, through the channel, or by accepting to have been added.
    MemberJoined,
    MemberLeft,
    MemberRemoved {
        user_id: UserId,
    },
    RoleChanged {
        user_id: UserId,
        role: MemberRole,
    },
    RetentionChanged {
        /// Null: messages are kept for good.
        retention_seconds: Option<i64>,
    },
}

impl ConversationEvent {
    /// As it is stored. Ids, names and numbers serialise without fail.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// `None` for what a newer version wrote.
    pub(crate) fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_written_as_the_contract_says_and_read_back() {
        let user = "01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77";
        let user_id: UserId = user.parse().unwrap();
        for (event, json) in [
            (ConversationEvent::Created, r#"{"type":"created"}"#.to_owned()),
            (
                ConversationEvent::MemberRemoved { user_id },
                format!(r#"{{"type":"member_removed","user_id":"{user}"}}"#),
            ),
            (
                ConversationEvent::RoleChanged { user_id, role: MemberRole::Admin },
                format!(r#"{{"type":"role_changed","user_id":"{user}","role":"admin"}}"#),
            ),
            (
                ConversationEvent::RetentionChanged { retention_seconds: None },
                r#"{"type":"retention_changed","retention_seconds":null}"#.to_owned(),
            ),
        ] {
            assert_eq!(event.to_json(), json);
            assert_eq!(ConversationEvent::from_json(&json), Some(event));
        }
        assert_eq!(ConversationEvent::from_json(r#"{"type":"from_the_future"}"#), None);
    }
}
