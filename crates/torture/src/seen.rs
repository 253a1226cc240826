//! A message as the API shows it, as much of it as can be wrong.

use std::collections::BTreeMap;

use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub id: String,
    pub conversation: String,
    pub seq: i64,
    pub changed_seq: i64,
    pub content: Content,
    /// Each emoji with how many gave it and, if the reader is one of them, a `+`; in the order of emoji. Apart from the
    /// content: it may be newer than the change under which the message was read.
    pub reactions: String,
}

/// What must be the same for everybody who sees the message after the same change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    pub number: i64,
    pub sender: String,
    pub body: String,
    pub is_text: bool,
    pub is_deleted: bool,
    pub is_forwarded: bool,
    pub is_pinned: bool,
    /// Ids of people, in the order of ids.
    pub mentions: Vec<String>,
}

impl Seen {
    /// `None` for what is no message.
    pub fn parse(value: &Value) -> Option<Self> {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let mentioned = value["mentions"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut mentions: Vec<String> = mentioned.map(str::to_owned).collect();
        mentions.sort_unstable();
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
                is_deleted: !value["deleted_at"].is_null(),
                is_forwarded: value["forwarded"] == true,
                is_pinned: !value["pinned_at"].is_null(),
                mentions,
            },
            reactions: reactions(value),
        })
    }

    pub fn has_own_reaction(&self, emoji: &str) -> bool {
        self.reactions.split(' ').any(|one| one.starts_with(emoji) && one.ends_with('+'))
    }

    pub fn all(values: &Value) -> Vec<Self> {
        values.as_array().into_iter().flatten().filter_map(Self::parse).collect()
    }
}

impl Content {
    /// The `client_id` with which our messages begin. A copy begins with that of another message.
    pub fn token(&self) -> Option<&str> {
        self.body.split(' ').next().filter(|word| word.starts_with('m') && !self.is_forwarded)
    }
}

fn reactions(value: &Value) -> String {
    let given = value["reactions"].as_array().into_iter().flatten();
    let given = given.filter_map(|one| Some((one["emoji"].as_str()?, one["count"].as_i64()?, one["me"] == true)));
    write_reactions(given.map(|(emoji, count, own)| (emoji, (count, own))).collect())
}

/// As in [`Seen::reactions`].
pub fn write_reactions(by_emoji: BTreeMap<&str, (i64, bool)>) -> String {
    let one = |(emoji, (count, own)): (&str, (i64, bool))| format!("{emoji}{count}{}", if own { "+" } else { "" });
    by_emoji.into_iter().map(one).collect::<Vec<_>>().join(" ")
}
