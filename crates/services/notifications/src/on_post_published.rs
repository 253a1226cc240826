//! Tells the audience of a post.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use village_bus::{HandleError, RetryPolicy, Subscriber, Subscription};
use village_events::{CloudEvent, Event, PostPublished};

use crate::Notifications;
use crate::pipeline::{Occurrence, What};

pub(crate) const SUBSCRIPTION: Subscription =
    Subscription { subscriber: "notifications.tell_of_post", event_types: &[PostPublished::TYPE] };

pub(crate) struct TellAudience(pub Arc<Notifications>);

#[async_trait]
impl Subscriber for TellAudience {
    fn subscription(&self) -> Subscription {
        SUBSCRIPTION
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let occurrence = Occurrence::from_event(event, |event: PostPublished| {
            (event.author_id, What::PostPublished { post: event.post_id })
        })?;
        Ok(self.0.tell(&occurrence).await?)
    }

    /// A chunk of 500 takes some 50 ms, so this is enough for millions; every attempt starts with the first chunk.
    fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy { time_limit: Duration::from_secs(600), ..RetryPolicy::default() }
    }
}
