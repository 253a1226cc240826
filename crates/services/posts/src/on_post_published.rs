//! Puts a new post into the feeds it belongs in.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::SemaphorePermit;
use uuid::Uuid;
use village_bus::{HandleError, Subscriber, Subscription, bulk_turn};
use village_db::transaction;
use village_events::{CloudEvent, Event, PostPublished};
use village_kernel::{PostId, UserId};
use village_live::{Hint, Topic};

use crate::store::audience::{Audience, Split};
use crate::store::timelines::{Chunk, Delivery};
use crate::{Posts, store};

pub(crate) const NAME: &str = "posts.fan_out";

/// People whose timelines are cut back in one transaction: each has some 800 rows to look at.
const TRIM_CHUNK: u32 = 100;

/// Posts to more people than this are written one after the other, see [`bulk_turn`].
const TAKES_TURNS: i64 = 500;

/// Writes the post into the timeline of each person in its audience, in the order of ids, chunk by chunk, each in
/// its own transaction. What is there already stays, so that a delivery that was cut off is simply done again.
/// For an author with more followers than the limit, or a channel with more members, it is only recorded; feeds merge
/// such posts in when they are read.
pub(crate) struct FanOut(pub(crate) Arc<Posts>);

#[async_trait]
impl Subscriber for FanOut {
    fn subscription(&self) -> Subscription {
        Subscription { subscriber: NAME, event_types: &[PostPublished::TYPE] }
    }

    async fn handle(&self, event: &CloudEvent) -> Result<(), HandleError> {
        let PostPublished { post_id, .. } = event.parse()?;
        Ok(self.0.fan_out(post_id).await?)
    }
}

impl Posts {
    async fn fan_out(&self, post: PostId) -> village_db::Result<()> {
        let mut reader = self.db.reader().await?;
        let Some(header) = store::posts::find_header(&mut reader, post).await? else { return Ok(()) };
        if header.deleted_at.is_some() {
            return Ok(());
        }
        let audience = Audience::of(header.author_id, header.channel_id.zip(header.visibility));
        let Split { large, small, people } = audience.split(&mut reader, self.settings.fan_out_limit).await?;
        drop(reader);
        if !large.is_empty() {
            self.record_large(post, large).await?;
        }
        match small {
            Some(audience) => self.write_timelines(post, &audience, people > TAKES_TURNS).await,
            None => Ok(()),
        }
    }

    async fn write_timelines(&self, post: PostId, audience: &Audience, takes_turns: bool) -> village_db::Result<()> {
        let mut after = None;
        let mut people = 0;
        loop {
            let turn = if takes_turns { bulk_turn().await } else { None };
            let chunk = self.write_chunk(post, audience, after, turn).await?;
            people += chunk.people;
            after = chunk.last;
            if chunk.people < self.settings.fan_out_chunk.into() {
                break;
            }
        }
        metrics::histogram!("village_posts_fan_out_people").record(people as f64);
        if self.trims_after(post) { self.trim_timelines(audience).await } else { Ok(()) }
    }

    /// Nearly always the first delivery; when it turns out that the post is in one of the timelines already, again. The turn
    /// ends with the writing: while the disk is waited for, the next one writes. What is written once more has none.
    async fn write_chunk(
        &self,
        post: PostId,
        audience: &Audience,
        after: Option<UserId>,
        mut turn: Option<SemaphorePermit<'static>>,
    ) -> village_db::Result<Chunk> {
        let limit = self.settings.fan_out_chunk;
        let first = transaction!(&self.db, |tx| -> village_db::Result<Chunk> {
            let chunk = store::timelines::add(tx, post, audience, after, limit, Delivery::First).await;
            turn = None;
            chunk
        });
        drop(turn);
        match first {
            Err(error) if village_db::is_unique_violation(&error) => {
                transaction!(&self.db, |tx| -> village_db::Result<Chunk> {
                    store::timelines::add(tx, post, audience, after, limit, Delivery::Again).await
                })
            }
            outcome => outcome,
        }
    }

    /// Cutting back costs far more than adding one entry, so only every so many posts pay for it; timelines are
    /// that much longer meanwhile. Chosen by the id, so that a repeated delivery chooses alike.
    fn trims_after(&self, post: PostId) -> bool {
        post.0.as_u128().is_multiple_of(u128::from(self.settings.trim_every.max(1)))
    }

    async fn trim_timelines(&self, audience: &Audience) -> village_db::Result<()> {
        let mut after = None;
        loop {
            let mut reader = self.db.reader().await?;
            let users = audience.page(&mut reader, after, TRIM_CHUNK).await?;
            drop(reader);
            let Some(last) = users.last().copied() else { return Ok(()) };
            transaction!(&self.db, |tx| -> village_db::Result<u64> {
                store::timelines::trim(tx, &users, self.settings.timeline_entries).await
            })?;
            after = Some(last);
        }
    }

    async fn record_large(&self, post: PostId, sources: Vec<Uuid>) -> village_db::Result<()> {
        metrics::counter!("village_posts_large_audiences_total").increment(1);
        transaction!(&self.db, |tx| -> village_db::Result<()> {
            store::timelines::add_large(tx, post, &sources, self.settings.timeline_entries).await?;
            let (live, recent, sources) = (self.live.clone(), self.recent_large.clone(), sources.clone());
            tx.after_commit(move || {
                for source in sources {
                    recent.forget(source);
                    live.publish(Hint::new(Topic::Post, post).other(source));
                }
            });
            Ok(())
        })
    }
}
