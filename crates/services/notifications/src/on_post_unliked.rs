//! A like that is taken back leaves what the author of the post was told.

use std::sync::Arc;

use async_trait::async_trait;
use village_bus::{HandleError, Subscriber, Subscription};
use village_events::{CloudEvent, Event, PostUnliked};

use crate::Notifications;

pub(crate) const SUBSCRIPTION: Subscription =
    Subscription { subscriber: "notifications.forget_like", event_types: &[PostUnliked::TYPE] };

pub(crate) struct ForgetLike(pub Arc<Notifications>);

#[async_trait]
impl Subscriber for ForgetLike {
    fn subscription(&self) -> Subscription {
        SUBSCRIPTION
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let PostUnliked { post_id, liker_id, post_author_id } = event.parse()?;
        Ok(self.0.like_taken_back(post_id, liker_id, post_author_id).await?)
    }
}
