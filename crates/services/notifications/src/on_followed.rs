//! Tells a person of a new follower.

use std::sync::Arc;

use async_trait::async_trait;
use village_bus::{HandleError, Subscriber, Subscription};
use village_events::{CloudEvent, Event, Followed};

use crate::Notifications;
use crate::pipeline::{Occurrence, What};

pub(crate) const SUBSCRIPTION: Subscription =
    Subscription { subscriber: "notifications.tell_of_follower", event_types: &[Followed::TYPE] };

pub(crate) struct TellFollowee(pub Arc<Notifications>);

#[async_trait]
impl Subscriber for TellFollowee {
    fn subscription(&self) -> Subscription {
        SUBSCRIPTION
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let occurrence = Occurrence::from_event(event, |event: Followed| {
            (event.follower_id, What::Followed { followee: event.followee_id })
        })?;
        Ok(self.0.tell(&occurrence).await?)
    }
}
