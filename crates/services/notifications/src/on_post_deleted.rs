//! What was told of a post goes with it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use village_bus::{HandleError, RetryPolicy, Subscriber, Subscription};
use village_events::{CloudEvent, Event, PostDeleted};

use crate::Notifications;

pub(crate) const SUBSCRIPTION: Subscription =
    Subscription { subscriber: "notifications.forget_post", event_types: &[PostDeleted::TYPE] };

pub(crate) struct ForgetPost(pub Arc<Notifications>);

#[async_trait]
impl Subscriber for ForgetPost {
    fn subscription(&self) -> Subscription {
        SUBSCRIPTION
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let PostDeleted { post_id, author_id, .. } = event.parse()?;
        Ok(self.0.post_taken_back(post_id, author_id).await?)
    }

    /// As of its publication: chunks of 500 people, from the first on with every attempt.
    fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy { time_limit: Duration::from_secs(600), ..RetryPolicy::default() }
    }
}
