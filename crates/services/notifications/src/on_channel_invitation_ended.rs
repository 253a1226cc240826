//! An invitation that was used, declined or withdrawn leaves what its person was told.

use std::sync::Arc;

use async_trait::async_trait;
use village_bus::{HandleError, Subscriber, Subscription};
use village_events::{ChannelInvitationEnded, CloudEvent, Event};

use crate::Notifications;

pub(crate) const SUBSCRIPTION: Subscription =
    Subscription { subscriber: "notifications.forget_invitation", event_types: &[ChannelInvitationEnded::TYPE] };

pub(crate) struct ForgetInvitation(pub Arc<Notifications>);

#[async_trait]
impl Subscriber for ForgetInvitation {
    fn subscription(&self) -> Subscription {
        SUBSCRIPTION
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let ChannelInvitationEnded { channel_id, user_id, invited_by } = event.parse()?;
        Ok(self.0.invitation_ended(channel_id, user_id, invited_by).await?)
    }
}
