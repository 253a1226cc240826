//! Brings the newest posts of a channel into the feed of whoever joins it.

use std::sync::Arc;

use async_trait::async_trait;
use village_bus::{HandleError, Subscriber, Subscription};
use village_db::transaction;
use village_events::{ChannelJoined, CloudEvent, Event};

use crate::{Posts, store};

pub(crate) const NAME: &str = "posts.backfill_joined";

/// Looks at who is a member now, not at the event alone: events come in any order.
pub(crate) struct Backfill(pub(crate) Arc<Posts>);

#[async_trait]
impl Subscriber for Backfill {
    fn subscription(&self) -> Subscription {
        Subscription { subscriber: NAME, event_types: &[ChannelJoined::TYPE] }
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let ChannelJoined { channel_id, user_id } = event.parse()?;
        let Posts { db, settings, .. } = &*self.0;
        transaction!(db, |tx| -> village_db::Result<()> {
            store::timelines::backfill_channel(tx, user_id, channel_id, settings.backfill_posts).await?;
            store::timelines::trim(tx, &[user_id], settings.timeline_entries).await?;
            Ok(())
        })?;
        Ok(())
    }
}
