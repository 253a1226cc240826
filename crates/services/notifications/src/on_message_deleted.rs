//! A message that is deleted leaves what the others in the conversation were told.

use std::sync::Arc;

use async_trait::async_trait;
use village_bus::{HandleError, Subscriber, Subscription};
use village_events::{CloudEvent, Event, MessageDeleted};

use crate::Notifications;

pub(crate) const SUBSCRIPTION: Subscription =
    Subscription { subscriber: "notifications.forget_message", event_types: &[MessageDeleted::TYPE] };

pub(crate) struct ForgetMessage(pub Arc<Notifications>);

#[async_trait]
impl Subscriber for ForgetMessage {
    fn subscription(&self) -> Subscription {
        SUBSCRIPTION
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let MessageDeleted { conversation_id, sender_id, .. } = event.parse()?;
        let mut people = self.0.deps.conversations.members(conversation_id).await?;
        people.retain(|person| *person != sender_id);
        Ok(self.0.message_taken_back(conversation_id, sender_id, &people).await?)
    }
}
