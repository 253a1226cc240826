//! An edit that mentions somebody tells them, and one that mentions them no more takes that back.

use std::sync::Arc;

use async_trait::async_trait;
use village_bus::{HandleError, Subscriber, Subscription};
use village_events::{CloudEvent, Event, MessageEdited};

use crate::Notifications;
use crate::pipeline::{Occurrence, What};

pub(crate) const SUBSCRIPTION: Subscription =
    Subscription { subscriber: "notifications.tell_of_edit", event_types: &[MessageEdited::TYPE] };

pub(crate) struct TellMentioned(pub Arc<Notifications>);

#[async_trait]
impl Subscriber for TellMentioned {
    fn subscription(&self) -> Subscription {
        SUBSCRIPTION
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let edited: MessageEdited = event.parse()?;
        let (conversation, sender) = (edited.conversation_id, edited.sender_id);
        if !edited.no_longer_mentioned.is_empty() {
            self.0.message_taken_back(conversation, sender, &edited.no_longer_mentioned).await?;
        }
        if !edited.newly_mentioned.is_empty() {
            let MessageEdited { message_id: message, created_seq, seq, .. } = edited;
            let what = What::Mentioned { conversation, message, created_seq, seq };
            let occurrence = Occurrence { event_id: event.id, at: event.time, actor: sender, what };
            self.0.tell_mentioned(&occurrence, &edited.newly_mentioned).await?;
        }
        Ok(())
    }
}
