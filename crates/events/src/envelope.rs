//! The CloudEvents envelope.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use village_kernel::{EventId, Instant};

/// Something that happened. The type never changes meaning: a new shape is a new version beside the old one.
pub trait Event: Serialize + DeserializeOwned + Send + Sync {
    /// `<service>.<what_happened>.v<n>`
    const TYPE: &'static str;

    /// The id of the thing it happened to.
    fn subject(&self) -> String;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloudEvent {
    pub specversion: String,
    pub id: EventId,
    pub source: String,
    #[serde(rename = "type")]
    pub event_type: String,
    pub subject: String,
    pub time: Instant,
    pub datacontenttype: String,
    /// W3C trace context of the request that caused it (the CloudEvents Distributed Tracing extension).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub traceparent: Option<String>,
    pub data: serde_json::Value,
}

#[derive(Debug, thiserror::Error)]
pub enum WrongEvent {
    #[error("expected an event of type {expected}, got {got}")]
    Type { expected: &'static str, got: String },
    #[error("the data of an event of type {0} has an unexpected shape: {1}")]
    Data(&'static str, serde_json::Error),
}

impl CloudEvent {
    pub fn new<E: Event>(id: EventId, time: Instant, traceparent: Option<String>, event: &E) -> Self {
        let service = E::TYPE.split('.').next().unwrap_or_default();
        Self {
            specversion: "1.0".to_owned(),
            id,
            source: format!("/village/{service}"),
            event_type: E::TYPE.to_owned(),
            subject: event.subject(),
            time,
            datacontenttype: "application/json".to_owned(),
            traceparent,
            // Events are plain structs of ids and numbers: serialising them cannot fail.
            data: serde_json::to_value(event).unwrap_or_default(),
        }
    }

    /// The data as `E`, when that is what this event is.
    pub fn parse<E: Event>(&self) -> Result<E, WrongEvent> {
        if self.event_type != E::TYPE {
            return Err(WrongEvent::Type { expected: E::TYPE, got: self.event_type.clone() });
        }
        E::deserialize(&self.data).map_err(|error| WrongEvent::Data(E::TYPE, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Followed;
    use village_kernel::UserId;

    #[test]
    fn an_event_survives_the_wire_and_is_a_cloud_event() {
        let now = Instant::from_micros(1_700_000_000_000_000);
        let event = Followed { follower_id: UserId::new(now), followee_id: UserId::new(now) };
        let sent = CloudEvent::new(EventId::new(now), now, None, &event);
        let json = serde_json::to_string(&sent).unwrap();
        let got: CloudEvent = serde_json::from_str(&json).unwrap();
        assert_eq!(got, sent);
        assert_eq!(got.parse::<Followed>().unwrap(), event);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["specversion"], "1.0");
        assert_eq!(value["type"], "users.followed.v1");
        assert_eq!(value["source"], "/village/users");
    }

    #[test]
    fn an_event_of_another_type_is_refused() {
        let now = Instant::from_micros(0);
        let event = Followed { follower_id: UserId::new(now), followee_id: UserId::new(now) };
        let sent = CloudEvent::new(EventId::new(now), now, None, &event);
        assert!(matches!(sent.parse::<crate::MessageSent>(), Err(WrongEvent::Type { .. })));
    }
}
