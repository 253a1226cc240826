//! A person who stops following leaves the notification of the one they followed.

use std::sync::Arc;

use async_trait::async_trait;
use village_bus::{HandleError, Subscriber, Subscription};
use village_events::{CloudEvent, Event, Unfollowed};

use crate::Notifications;

pub(crate) const SUBSCRIPTION: Subscription =
    Subscription { subscriber: "notifications.forget_follower", event_types: &[Unfollowed::TYPE] };

pub(crate) struct ForgetFollower(pub Arc<Notifications>);

#[async_trait]
impl Subscriber for ForgetFollower {
    fn subscription(&self) -> Subscription {
        SUBSCRIPTION
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let Unfollowed { follower_id, followee_id } = event.parse()?;
        Ok(self.0.follow_taken_back(follower_id, followee_id).await?)
    }
}
