//! The name by which a person is found and mentioned.

use serde::{Deserialize, Serialize};
use village_kernel::UserId;

use crate::look::reads_as;

/// 3 to 30 of `a-z 0-9 _`; upper case is folded, so that `Ana` and `ana` are one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Handle(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    #[error("must be 3 to 30 characters of a-z, 0-9 and _")]
    Form,
    #[error("is reserved")]
    Reserved,
}

/// Names that would be mistaken for the server, for a role, for a mention of many, or for a word in an address.
const RESERVED: &[&str] = &[
    "admin",
    "administrator",
    "all",
    "anonymous",
    "api",
    "auth",
    "block",
    "blocks",
    "bot",
    "channel",
    "channels",
    "conversations",
    "docs",
    "everyone",
    "feed",
    "follow",
    "followers",
    "following",
    "help",
    "here",
    "login",
    "logout",
    "me",
    "media",
    "messaging",
    "moderator",
    "moderators",
    "notifications",
    "null",
    "official",
    "owner",
    "people",
    "posts",
    "root",
    "security",
    "self",
    "settings",
    "signup",
    "staff",
    "support",
    "system",
    "undefined",
    "users",
    "village",
    "you",
];

impl Handle {
    /// A handle somebody may already have.
    pub fn parse(text: &str) -> Result<Self, HandleError> {
        let folded = text.to_ascii_lowercase();
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if (3..=30).contains(&folded.len()) && folded.bytes().all(allowed) {
            Ok(Self(folded))
        } else {
            Err(HandleError::Form)
        }
    }

    /// A handle that may be given to somebody new.
    pub fn choose(text: &str) -> Result<Self, HandleError> {
        let handle = Self::parse(text.trim())?;
        if RESERVED.iter().any(|word| reads_as(&handle.0, word)) { Err(HandleError::Reserved) } else { Ok(handle) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Handle {
    type Error = HandleError;

    fn try_from(text: String) -> Result<Self, HandleError> {
        Self::parse(&text)
    }
}

impl From<Handle> for String {
    fn from(handle: Handle) -> Self {
        handle.0
    }
}

/// How a path names a person: by id, or by `@handle`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonRef {
    Id(UserId),
    Handle(Handle),
}

impl PersonRef {
    /// `None` for what can name nobody.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix('@') {
            Some(handle) => Handle::parse(handle).ok().map(Self::Handle),
            None => text.parse().ok().map(Self::Id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_folded() {
        assert_eq!(Handle::choose(" Ana_9 ").unwrap().as_str(), "ana_9");
    }

    #[test]
    fn what_is_no_handle_is_refused() {
        for text in ["", "ab", "a-b", "a b", "zoë", "ana\0", "@ana", &"a".repeat(31), "ｆｕｌｌ"] {
            assert_eq!(Handle::parse(text), Err(HandleError::Form), "{text:?}");
        }
    }

    #[test]
    fn words_that_mislead_are_reserved() {
        for text in ["admin", "Village", "EVERYONE", "here", "_admin_", "null", "settings", "adm1n", "0wner", "vi11age"]
        {
            assert_eq!(Handle::choose(text), Err(HandleError::Reserved), "{text}");
        }
    }

    #[test]
    fn a_person_is_named_by_id_or_handle() {
        let id = UserId::new(village_kernel::Instant::from_micros(1));
        assert_eq!(PersonRef::parse(&id.to_string()), Some(PersonRef::Id(id)));
        assert_eq!(PersonRef::parse("@Ana"), Some(PersonRef::Handle(Handle::parse("ana").unwrap())));
        for text in ["ana", "@", "@a", "", "me"] {
            assert_eq!(PersonRef::parse(text), None, "{text}");
        }
    }
}
