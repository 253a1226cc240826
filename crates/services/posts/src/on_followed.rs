//! Brings the newest posts of a person into the feed of whoever begins to follow them.

use std::sync::Arc;

use async_trait::async_trait;
use village_bus::{HandleError, Subscriber, Subscription};
use village_db::transaction;
use village_events::{CloudEvent, Event, Followed};

use crate::{Posts, store};

pub(crate) const NAME: &str = "posts.backfill_followed";

/// Looks at who follows whom now, not at the event alone: events come in any order.
pub(crate) struct Backfill(pub(crate) Arc<Posts>);

#[async_trait]
impl Subscriber for Backfill {
    fn subscription(&self) -> Subscription {
        Subscription { subscriber: NAME, event_types: &[Followed::TYPE] }
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let Followed { follower_id, followee_id } = event.parse()?;
        let Posts { db, settings, .. } = &*self.0;
        transaction!(db, |tx| -> village_db::Result<()> {
            store::timelines::backfill_author(tx, follower_id, followee_id, settings.backfill_posts).await?;
            store::timelines::trim(tx, &[follower_id], settings.timeline_entries).await?;
            Ok(())
        })?;
        Ok(())
    }
}
