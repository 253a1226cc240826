//! The way of an event to people, one file for each stage:
//!
//! 1. [`occurrence`]: what happened, as far as notifications care;
//! 2. [`audience`]: who should know, in chunks;
//! 3. [`checks`]: who of them is told, and why not the others;
//! 4. [`deliver`]: the in-app item, the ledger and the channels, in one transaction for each chunk.
//!
//! An event may come twice and events come in any order. A crash between chunks leaves the event with the bus,
//! which brings it again; the chunks that were done find their decisions and change nothing.

mod audience;
pub mod channel;
mod checks;
mod deliver;
pub mod occurrence;

pub use channel::{Channel, Notice};
pub use occurrence::{Occurrence, What};

use std::collections::HashSet;

use village_kernel::UserId;

use crate::Notifications;
use crate::store::items;

/// Conversations of more people than this do not renew an unread item with every message.
const SMALL_CONVERSATION: usize = 8;

impl Notifications {
    /// Those to whom another message says nothing that their unread item about the conversation does not say already:
    /// a lively group would otherwise rewrite an item and a line of the ledger for each of its members with every
    /// message. How many are unread, the conversation itself counts.
    async fn told_before(&self, occurrence: &Occurrence, people: &[UserId]) -> village_db::Result<HashSet<UserId>> {
        match occurrence.what {
            What::MessageSent { .. } if people.len() > SMALL_CONVERSATION => {
                let mut reader = self.deps.db.reader().await?;
                items::told_of(&mut reader, people, &occurrence.what, occurrence.actor).await
            }
            _ => Ok(HashSet::new()),
        }
    }

    /// Takes one occurrence to everybody it concerns.
    pub async fn tell(&self, occurrence: &Occurrence) -> village_db::Result<()> {
        let mut after = None;
        loop {
            let mut audience = self.audience(occurrence, after).await?;
            let Some(last) = audience.people.last().copied() else { return Ok(()) };
            let told = self.told_before(occurrence, &audience.people).await?;
            audience.people.retain(|person| !told.contains(person));
            let verdicts = self.check(occurrence, &audience).await?;
            self.deliver(occurrence, &verdicts).await?;
            if !audience.more {
                return Ok(());
            }
            after = Some(last);
        }
    }
}
