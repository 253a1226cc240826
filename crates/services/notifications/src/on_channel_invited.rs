//! Tells a person that they are invited to a channel.

use std::sync::Arc;

use async_trait::async_trait;
use village_bus::{HandleError, Subscriber, Subscription};
use village_events::{ChannelInvited, CloudEvent, Event};

use crate::Notifications;
use crate::pipeline::{Occurrence, What};

pub(crate) const SUBSCRIPTION: Subscription =
    Subscription { subscriber: "notifications.tell_of_invitation", event_types: &[ChannelInvited::TYPE] };

pub(crate) struct TellInvitee(pub Arc<Notifications>);

#[async_trait]
impl Subscriber for TellInvitee {
    fn subscription(&self) -> Subscription {
        SUBSCRIPTION
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let occurrence = Occurrence::from_event(event, |event: ChannelInvited| {
            (event.invited_by, What::ChannelInvited { channel: event.channel_id, invitee: event.user_id })
        })?;
        Ok(self.0.tell(&occurrence).await?)
    }
}
