//! Tells the others in a conversation of a message.

use std::sync::Arc;

use async_trait::async_trait;
use village_bus::{HandleError, Subscriber, Subscription};
use village_events::{CloudEvent, Event, MessageSent};

use crate::Notifications;
use crate::pipeline::{Occurrence, What};

pub(crate) const SUBSCRIPTION: Subscription =
    Subscription { subscriber: "notifications.tell_of_message", event_types: &[MessageSent::TYPE] };

pub(crate) struct TellMembers(pub Arc<Notifications>);

#[async_trait]
impl Subscriber for TellMembers {
    fn subscription(&self) -> Subscription {
        SUBSCRIPTION
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let occurrence = Occurrence::from_event(event, |event: MessageSent| {
            (event.sender_id, What::MessageSent { conversation: event.conversation_id, seq: event.seq })
        })?;
        Ok(self.0.tell(&occurrence).await?)
    }
}
