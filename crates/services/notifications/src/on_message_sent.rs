//! Tells the others in a conversation of a message.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use village_bus::{Batches, HandleError, Subscriber, Subscription};
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
        self.handle_all(std::slice::from_ref(event)).await
    }

    async fn handle_all(&self, events: &[CloudEvent]) -> Result<(), HandleError> {
        let occurrence = |event: &CloudEvent| {
            Occurrence::from_event(event, |sent: MessageSent| {
                let (conversation, message, seq) = (sent.conversation_id, sent.message_id, sent.seq);
                (sent.sender_id, What::MessageSent { conversation, message, seq })
            })
        };
        let occurrences = events.iter().map(occurrence).collect::<Result<Vec<_>, _>>()?;
        Ok(self.0.tell_of_messages(&occurrences).await?)
    }

    /// Waiting a moment also gives those who look at the conversation the time to say that they have read it: they
    /// are not told at all then.
    fn batches(&self) -> Batches {
        Batches { size: 128, gather: Duration::from_millis(200) }
    }

    fn concurrency(&self) -> usize {
        2
    }
}
