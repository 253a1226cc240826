//! The way of an event to people, one file for each stage:
//!
//! 1. [`occurrence`]: what happened, as far as notifications care;
//! 2. [`audience`]: who should know, in chunks;
//! 3. [`checks`]: who of them is told, and why not the others;
//! 4. [`deliver`]: the in-app item, the ledger and the channels, in one transaction for each chunk.
//!
//! Messages come in batches, and most of them say nothing new: [`messages`]. What somebody takes back leaves the items
//! again: [`undo`].
//!
//! An event may come twice and events come in any order. A crash between chunks leaves the event with the bus,
//! which brings it again; the chunks that were done find their decisions and change nothing.

mod audience;
pub mod channel;
mod checks;
mod deliver;
mod messages;
pub mod occurrence;
mod undo;

pub use channel::{Channel, Notice};
pub use occurrence::{Occurrence, What};

use village_bus::bulk_turn;
use village_kernel::UserId;

use crate::Notifications;
use audience::Audience;

impl Notifications {
    /// Takes one occurrence to everybody it concerns.
    pub async fn tell(&self, occurrence: &Occurrence) -> village_db::Result<()> {
        let mut after = None;
        loop {
            let audience = self.audience(&occurrence.what, after).await?;
            let Some(last) = audience.people.last().copied() else { return Ok(()) };
            let _turn = if audience.is_full() { bulk_turn().await } else { None };
            self.tell_chunk(occurrence, &audience).await?;
            after = Some(last);
        }
    }

    /// Tells people whom an edit of a message mentions and who could see the message. Who has read since the edit
    /// knows.
    pub async fn tell_mentioned(&self, occurrence: &Occurrence, people: &[UserId]) -> village_db::Result<()> {
        let (Some(message), Some(created_seq)) = (occurrence.message(), occurrence.what.created_seq()) else {
            return Ok(());
        };
        let conversations = &self.deps.conversations;
        let pairs: Vec<_> = people.iter().map(|person| (*person, message.conversation)).collect();
        let mut could_see = conversations.taking_part(&pairs).await?;
        could_see.retain(|(_, _, first_seq)| *first_seq <= created_seq);
        let mut listeners = conversations.to_notify(&[message]).await?.pop().unwrap_or_default();
        listeners.retain(|(person, _)| could_see.iter().any(|(member, ..)| member == person));
        for audience in Audience::chunks(&listeners) {
            self.tell_chunk(occurrence, &audience).await?;
        }
        Ok(())
    }

    async fn tell_chunk(&self, occurrence: &Occurrence, audience: &Audience) -> village_db::Result<()> {
        let verdicts = self.check(occurrence, audience).await?;
        self.deliver(occurrence, &verdicts).await
    }
}
