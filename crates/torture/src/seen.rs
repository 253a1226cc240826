//! A message as the API shows it, as much of it as can be wrong.

use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub id: String,
    pub conversation: String,
    pub seq: i64,
    pub changed_seq: i64,
    pub content: Content,
}

/// What must be the same for everybody who sees the message after the same change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    pub number: i64,
    pub sender: String,
    pub body: String,
    pub is_text: bool,
    pub is_deleted: bool,
}

impl Seen {
    /// `None` for what is no message.
    pub fn parse(value: &Value) -> Option<Self> {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let is_deleted = !value["deleted_at"].is_null();
        Some(Self {
            id: text("id")?,
            conversation: text("conversation_id")?,
            seq: value["seq"].as_i64()?,
            changed_seq: value["changed_seq"].as_i64()?,
            content: Content {
                number: value["number"].as_i64()?,
                sender: text("sender_id")?,
                body: text("body")?,
                is_text: value["kind"].as_str().is_none_or(|kind| kind == "text"),
                is_deleted,
            },
        })
    }

    pub fn all(values: &Value) -> Vec<Self> {
        values.as_array().into_iter().flatten().filter_map(Self::parse).collect()
    }
}

/// The `client_id` with which our messages begin.
pub fn token(body: &str) -> Option<&str> {
    body.split(' ').next().filter(|word| word.starts_with('m'))
}
