//! One newtype per entity, all UUIDv7 (RFC 9562 §5.7): the order of ids is the order of time,
//! and no node needs a number. This file is the registry; an id type exists only here.

use std::sync::Mutex;

use uuid::{ContextV7, Timestamp, Uuid};

use crate::Instant;

/// Keeps ids made in one process within one millisecond in the order they were made.
static SEQUENCE: Mutex<ContextV7> = Mutex::new(ContextV7::new());

/// A fresh UUIDv7 stamped with `now`. The time is passed in so that tests and replays decide it.
pub fn uuid_at(now: Instant) -> Uuid {
    let micros = now.as_micros().max(0) as u64;
    let sequence = SEQUENCE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    Uuid::new_v7(Timestamp::from_unix(&*sequence, micros / 1_000_000, (micros % 1_000_000) as u32 * 1_000))
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[sqlx(transparent)]
        #[schema(value_type = String, format = "uuid", example = "01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77")]
        pub struct $name(pub Uuid);

        impl $name {
            pub fn new(now: Instant) -> Self {
                Self(uuid_at(now))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
    )+};
}

typed_ids! {
    /// A person. Account (auth) and profile (users) share it.
    UserId,
    /// A login on one device: a family of rotating refresh tokens.
    SessionId,
    /// An asymmetric key that signs access tokens; its text form is the JWT's `kid`.
    SigningKeyId,
    ChannelId,
    PostId,
    CommentId,
    MediaId,
    ConversationId,
    MessageId,
    NotificationId,
    /// An event in the outbox; the `id` attribute of its CloudEvent.
    EventId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_later_sort_later_even_within_one_instant() {
        let now = Instant::from_micros(1_700_000_000_000_000);
        let ids: Vec<PostId> = (0..1_000).map(|_| PostId::new(now)).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(PostId::new(now.plus_secs(1)) > ids[999]);
    }
}
