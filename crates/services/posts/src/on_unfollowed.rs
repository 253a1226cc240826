//! Takes the posts of a person out of the feed of whoever stops following them.

use std::sync::Arc;

use async_trait::async_trait;
use village_bus::{HandleError, Subscriber, Subscription};
use village_db::transaction;
use village_events::{CloudEvent, Event, Unfollowed};

use crate::{Posts, store};

pub(crate) const NAME: &str = "posts.forget_unfollowed";

/// For tidiness only: whether a post may be seen is decided at each read. Looks at who follows whom now, since
/// events come in any order.
pub(crate) struct Forget(pub(crate) Arc<Posts>);

#[async_trait]
impl Subscriber for Forget {
    fn subscription(&self) -> Subscription {
        Subscription { subscriber: NAME, event_types: &[Unfollowed::TYPE] }
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let Unfollowed { follower_id, followee_id } = event.parse()?;
        transaction!(&self.0.db, |tx| -> village_db::Result<u64> {
            store::timelines::forget_author(tx, follower_id, followee_id).await
        })?;
        Ok(())
    }
}
