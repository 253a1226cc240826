//! Stage 3: who of those who should know is told. Each check is asked once for the whole chunk.

use std::collections::HashSet;

use village_kernel::UserId;

use super::Occurrence;
use super::audience::Audience;
use crate::store::preferences;
use crate::{Notifications, Reason};

/// What was decided for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Tell,
    Skip(Reason),
}

impl Notifications {
    /// The first check that fails is the reason.
    pub(super) async fn check(
        &self,
        occurrence: &Occurrence,
        audience: &Audience,
    ) -> village_db::Result<Vec<(UserId, Verdict)>> {
        let people = audience.people.as_slice();
        let what = &occurrence.what;
        let blocked = self.deps.graph.blocked_among(occurrence.actor, people).await?;
        let readers: Option<HashSet<UserId>> = match what.post() {
            Some(post) => Some(self.deps.posts.readers_among(post, people).await?.into_iter().collect()),
            None => None,
        };
        let unwanted = preferences::unwanted_among(&mut self.deps.db.reader().await?, what.kind(), people).await?;
        let mut verdicts = Vec::with_capacity(people.len());
        for person in people {
            let verdict = if *person == occurrence.actor {
                Verdict::Skip(Reason::OwnAction)
            } else if blocked.contains(person) {
                Verdict::Skip(Reason::Blocked)
            } else if readers.as_ref().is_some_and(|readers| !readers.contains(person)) {
                Verdict::Skip(Reason::NotVisible)
            } else if unwanted.contains(person) {
                Verdict::Skip(Reason::PreferenceOff)
            } else if let Some(reason) = audience.spared.get(person) {
                Verdict::Skip(*reason)
            } else {
                Verdict::Tell
            };
            verdicts.push((*person, verdict));
        }
        Ok(verdicts)
    }
}
