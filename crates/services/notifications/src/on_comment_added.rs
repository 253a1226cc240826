//! Tells the author of a post of a comment on it.

use std::sync::Arc;

use async_trait::async_trait;
use village_bus::{HandleError, Subscriber, Subscription};
use village_events::{CloudEvent, CommentAdded, Event};

use crate::Notifications;
use crate::pipeline::{Occurrence, What};

pub(crate) const SUBSCRIPTION: Subscription =
    Subscription { subscriber: "notifications.tell_of_comment", event_types: &[CommentAdded::TYPE] };

pub(crate) struct TellPostAuthor(pub Arc<Notifications>);

#[async_trait]
impl Subscriber for TellPostAuthor {
    fn subscription(&self) -> Subscription {
        SUBSCRIPTION
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let occurrence = Occurrence::from_event(event, |event: CommentAdded| {
            let what = What::CommentAdded {
                post: event.post_id,
                comment: event.comment_id,
                post_author: event.post_author_id,
            };
            (event.author_id, what)
        })?;
        Ok(self.0.tell(&occurrence).await?)
    }
}
