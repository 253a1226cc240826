//! Stage 4: the in-app item, the ledger and the channels, in one transaction.

use std::collections::{BTreeMap, HashSet};

use village_db::{Tx, transaction};
use village_kernel::{Instant, NotificationId, UserId};
use village_live::{Hint, Topic};
use village_ports::PostAct;

use super::checks::Verdict;
use super::{Notice, Occurrence, What};
use crate::store::marks::{self, MarkRow};
use crate::store::{decisions, items};
use crate::{Kind, Notifications, Outcome, Reason};

/// How far apart similar occurrences are still told as one: 24 hours.
const COLLAPSE_SECS: i64 = 24 * 3600;

/// What one chunk came to, for the metrics.
#[derive(Default)]
struct Tally {
    notified: usize,
    collapsed: usize,
    skipped: usize,
}

impl Notifications {
    pub(super) async fn deliver(
        &self,
        occurrence: &Occurrence,
        verdicts: &[(UserId, Verdict)],
    ) -> village_db::Result<()> {
        let mut told = Vec::new();
        let mut skipped: BTreeMap<Reason, Vec<UserId>> = BTreeMap::new();
        for (person, verdict) in verdicts {
            match verdict {
                Verdict::Tell => told.push(*person),
                Verdict::Skip(reason) => skipped.entry(*reason).or_default().push(*person),
            }
        }
        let everyone: Vec<UserId> = verdicts.iter().map(|(person, _)| *person).collect();
        let tally = transaction!(&self.deps.db, |tx| -> village_db::Result<Tally> {
            marks::lock(tx, &everyone).await?;
            let mut tally = Tally::default();
            let (mut told, mut skipped) = (told.clone(), skipped.clone());
            self.spare(tx, occurrence, &mut told, &mut skipped).await?;
            for (reason, people) in &skipped {
                let new = self.decide(tx, occurrence, Outcome::Skipped, *reason, people).await?;
                tally.skipped += new.len();
            }
            let reason = occurrence.what.reason();
            let new = self.decide(tx, occurrence, Outcome::Notified, reason, &told).await?;
            if !new.is_empty() {
                tally.collapsed = self.tell_in_app(tx, occurrence, &new).await?;
                tally.notified = new.len() - tally.collapsed;
            }
            Ok(tally)
        })?;
        let kind = occurrence.what.kind();
        count(kind, Outcome::Notified, tally.notified);
        count(kind, Outcome::Collapsed, tally.collapsed);
        count(kind, Outcome::Skipped, tally.skipped);
        Ok(())
    }

    /// Moves those from `told` to `skipped` for whom something has changed since it was asked. Asked under the lock of
    /// their marks: whoever takes back what they did, or reads it, from now on waits for the lock, and then finds the
    /// item.
    async fn spare(
        &self,
        tx: &mut Tx,
        occurrence: &Occurrence,
        told: &mut Vec<UserId>,
        skipped: &mut BTreeMap<Reason, Vec<UserId>>,
    ) -> village_db::Result<()> {
        if told.is_empty() {
            return Ok(());
        }
        let stands_for = self.stands_for(tx, occurrence, told).await?;
        let (stands, taken_back): (Vec<UserId>, Vec<UserId>) =
            told.iter().copied().partition(|person| stands_for.contains(person));
        *told = stands;
        skipped.entry(Reason::NotVisible).or_default().extend(taken_back);
        if let Some(message) = occurrence.message().filter(|_| !told.is_empty()) {
            let read = self.deps.conversations.have_read(tx, message.conversation, message.seq, told).await?;
            told.retain(|person| !read.contains(person));
            skipped.entry(Reason::AlreadyRead).or_default().extend(read);
        }
        Ok(())
    }

    /// Those among `people` for whom what was done has not been taken back.
    async fn stands_for(
        &self,
        tx: &mut Tx,
        occurrence: &Occurrence,
        people: &[UserId],
    ) -> village_db::Result<HashSet<UserId>> {
        let (posts, conversations) = (&self.deps.posts, &self.deps.conversations);
        let actor = occurrence.actor;
        let stands = match occurrence.what {
            What::PostPublished { post } => posts.stands(tx, PostAct::Published(post)).await?,
            What::CommentAdded { post, comment, .. } => posts.stands(tx, PostAct::Commented(post, comment)).await?,
            What::PostLiked { post, .. } => posts.stands(tx, PostAct::Liked(post, actor)).await?,
            What::Followed { followee } => self.deps.graph.follows(tx, actor, followee).await?,
            What::ChannelInvited { channel, invitee } => self.deps.invitations.waits(tx, channel, invitee).await?,
            What::MessageSent { .. } | What::Mentioned { .. } => {
                let Some(message) = occurrence.message() else { return Ok(HashSet::new()) };
                match (conversations.mentioned_among(tx, &message, people).await?, &occurrence.what) {
                    (Some(mentioned), What::Mentioned { .. }) => return Ok(mentioned.into_iter().collect()),
                    (mentioned, _) => mentioned.is_some(),
                }
            }
        };
        Ok(if stands { people.iter().copied().collect() } else { HashSet::new() })
    }

    /// Writes the decision for those among `people` for whom there is none, and returns these: the others have
    /// been through this with the same event before.
    async fn decide(
        &self,
        tx: &mut Tx,
        occurrence: &Occurrence,
        outcome: Outcome,
        reason: Reason,
        people: &[UserId],
    ) -> village_db::Result<Vec<UserId>> {
        if people.is_empty() {
            return Ok(Vec::new());
        }
        decisions::insert(tx, occurrence, outcome, reason, people, self.deps.clock.now()).await
    }

    /// Makes or changes an item of each of `people`, whose marks are locked. Returns how many were collapsed.
    async fn tell_in_app(&self, tx: &mut Tx, occurrence: &Occurrence, people: &[UserId]) -> village_db::Result<usize> {
        let (since, until) = collapse_window(occurrence);
        let open = items::open_of(tx, people, &occurrence.what, since, until).await?;
        for (person, item) in &open {
            items::collapse(tx, *person, *item, occurrence).await?;
        }
        let collapsed: Vec<UserId> = open.keys().copied().collect();
        decisions::mark_collapsed(tx, occurrence.event_id, &collapsed).await?;

        let fresh: Vec<UserId> = people.iter().copied().filter(|person| !open.contains_key(person)).collect();
        let notification_id = NotificationId::new(self.deps.clock.now());
        // A conversation is one item, and so is an invitation: the read one makes room for the new.
        let replaced = match occurrence.what {
            What::MessageSent { .. } | What::Mentioned { .. } | What::ChannelInvited { .. } => {
                items::delete_of_subject(tx, &fresh, &occurrence.what).await?
            }
            _ => Vec::new(),
        };
        items::insert(tx, notification_id, &fresh, occurrence).await?;

        let mut hints = marks::advance(tx, &collapsed, 0).await?;
        hints.extend(marks::advance(tx, &fresh, 1).await?);
        let full: Vec<UserId> =
            hints.iter().filter(|mark| mark.item_count > items::KEPT).map(|mark| mark.user_id).collect();
        items::delete_oldest(tx, &full).await?;
        marks::recount(tx, &[full, replaced].concat()).await?;

        if !fresh.is_empty() {
            let notice = Notice { notification_id, occurrence };
            for channel in &self.deps.channels {
                channel.enqueue(tx, &notice, &fresh).await?;
            }
        }
        self.hint(tx, hints);
        Ok(collapsed.len())
    }

    /// Tells the devices of these people, once `tx` is committed, where they stand.
    pub(crate) fn hint(&self, tx: &mut Tx, moved: Vec<MarkRow>) {
        let live = self.deps.live.clone();
        tx.after_commit(move || {
            for mark in moved {
                live.publish(Hint::new(Topic::Notification, mark.user_id).mark(mark.seq));
            }
        });
    }
}

/// Between when an unread item must have begun to take this occurrence in. A conversation's takes in any, and so does an
/// invitation.
fn collapse_window(occurrence: &Occurrence) -> (Instant, Instant) {
    match occurrence.what.kind() {
        // Far before and after: 1970 and 9999.
        Kind::MessageSent | Kind::ChannelInvited => {
            (Instant::from_micros(0), Instant::from_micros(253_370_764_800_000_000))
        }
        _ => (occurrence.at.plus_secs(-COLLAPSE_SECS), occurrence.at.plus_secs(COLLAPSE_SECS)),
    }
}

pub(super) fn count(kind: Kind, outcome: Outcome, people: usize) {
    if people > 0 {
        let labels = [("kind", kind.as_str()), ("outcome", outcome.as_str())];
        metrics::counter!("village_notifications_decided_total", &labels).increment(people as u64);
    }
}
