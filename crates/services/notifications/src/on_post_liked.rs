//! Tells the author of a post who likes it.

use std::sync::Arc;

use async_trait::async_trait;
use village_bus::{HandleError, Subscriber, Subscription};
use village_events::{CloudEvent, Event, PostLiked};

use crate::Notifications;
use crate::pipeline::{Occurrence, What};

pub(crate) const SUBSCRIPTION: Subscription =
    Subscription { subscriber: "notifications.tell_of_like", event_types: &[PostLiked::TYPE] };

pub(crate) struct TellPostAuthor(pub Arc<Notifications>);

#[async_trait]
impl Subscriber for TellPostAuthor {
    fn subscription(&self) -> Subscription {
        SUBSCRIPTION
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let occurrence = Occurrence::from_event(event, |event: PostLiked| {
            (event.liker_id, What::PostLiked { post: event.post_id, post_author: event.post_author_id })
        })?;
        Ok(self.0.tell(&occurrence).await?)
    }
}
