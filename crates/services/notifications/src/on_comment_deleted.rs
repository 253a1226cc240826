//! A comment that is deleted leaves what the author of the post was told.

use std::sync::Arc;

use async_trait::async_trait;
use village_bus::{HandleError, Subscriber, Subscription};
use village_events::{CloudEvent, CommentDeleted, Event};

use crate::Notifications;

pub(crate) const SUBSCRIPTION: Subscription =
    Subscription { subscriber: "notifications.forget_comment", event_types: &[CommentDeleted::TYPE] };

pub(crate) struct ForgetComment(pub Arc<Notifications>);

#[async_trait]
impl Subscriber for ForgetComment {
    fn subscription(&self) -> Subscription {
        SUBSCRIPTION
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let deleted: CommentDeleted = event.parse()?;
        let CommentDeleted { comment_id, post_id, author_id, post_author_id } = deleted;
        Ok(self.0.comment_taken_back(post_id, comment_id, author_id, post_author_id).await?)
    }
}
