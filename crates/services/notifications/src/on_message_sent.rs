//! Tells the others in a conversation of a message. Whoever writes has read what was there before.

use std::sync::Arc;

use async_trait::async_trait;
use village_bus::{HandleError, Subscriber, Subscription};
use village_db::transaction;
use village_events::{CloudEvent, Event, MessageSent};
use village_kernel::{ConversationId, UserId};
use village_ports::NotificationFeed;

use crate::Notifications;
use crate::pipeline::{Occurrence, What};
use crate::store::{items, marks};

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
        self.0.tell(&occurrence).await?;
        match occurrence.what {
            What::MessageSent { conversation, .. } => {
                Ok(self.0.sender_has_read(conversation, occurrence.actor).await?)
            }
            _ => Ok(()),
        }
    }
}

impl Notifications {
    /// A message is a read mark of its sender, so what they were told of the conversation is read, unless somebody has
    /// answered since.
    async fn sender_has_read(&self, conversation: ConversationId, sender: UserId) -> village_db::Result<()> {
        // Mostly there is none, and then nothing is locked.
        if !items::has_unread_of(&mut self.deps.db.reader().await?, sender, conversation).await? {
            return Ok(());
        }
        transaction!(&self.deps.db, |tx| -> village_db::Result<()> {
            marks::lock(tx, &[sender]).await?;
            match self.deps.conversations.has_unread(tx, conversation, sender).await? {
                true => Ok(()),
                false => self.conversation_read(tx, sender, conversation).await,
            }
        })
    }
}
