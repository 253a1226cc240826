//! Work that must not run twice at once for the same thing: asked for again while it runs, it runs once more after.
//! That keeps the frames of one conversation in order, and folds a burst of hints into few reads.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use village_kernel::{ConversationId, UserId};

use crate::Messaging;

/// Jobs that read the database at once, so that requests find connections too.
const AT_ONCE: usize = 4;
/// So long a delivery to many sockets waits for what comes close behind: writing to a socket costs the same for one
/// frame and for several. Nobody reads that fast.
const GATHER: Duration = Duration::from_millis(5);
/// People here from whom on that is worth it.
const CROWD: usize = 64;
/// A job that hangs must not keep its conversation from being delivered.
const TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Job {
    Deliver(ConversationId),
    /// With the membership seq of the change.
    ReadMark(ConversationId, UserId, i64),
    DeliveredMark(ConversationId, UserId),
    Memberships(UserId),
    Notifications(UserId),
    Typing(ConversationId, UserId),
    /// Somebody came or went whom somebody here watches.
    Presence(UserId),
    /// Somebody here has blocked or unblocked somebody.
    Blocks(UserId),
    /// Somebody came here, or changed whether that is shown.
    Appear(UserId),
    /// What other nodes did not yet know to send here while the person came.
    CatchUp(UserId),
    Beat,
}

pub(crate) struct Jobs {
    /// What is running or waiting its turn, and whether it is to run again.
    running: Mutex<HashMap<Job, bool>>,
    turns: Semaphore,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { running: Mutex::default(), turns: Semaphore::new(AT_ONCE) }
    }
}

impl Jobs {
    fn running(&self) -> MutexGuard<'_, HashMap<Job, bool>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when the caller is to start it.
    fn claim(&self, job: Job) -> bool {
        match self.running().entry(job) {
            Entry::Occupied(mut again) => {
                again.insert(true);
                false
            }
            Entry::Vacant(idle) => {
                idle.insert(false);
                true
            }
        }
    }

    /// What was asked for until now is done by what begins now.
    fn begin(&self, job: Job) {
        if let Some(again) = self.running().get_mut(&job) {
            *again = false;
        }
    }

    /// True when it was asked for since it began; otherwise it is over.
    fn again(&self, job: Job) -> bool {
        let mut running = self.running();
        match running.get_mut(&job) {
            Some(again) if *again => {
                *again = false;
                true
            }
            _ => {
                running.remove(&job);
                false
            }
        }
    }
}

/// Frees the job when it panics.
struct Claim<'a> {
    jobs: &'a Jobs,
    job: Job,
    over: bool,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.jobs.running().remove(&self.job);
        }
    }
}

impl Messaging {
    pub(crate) fn schedule(self: &Arc<Self>, job: Job) {
        if !self.hub.jobs.claim(job) {
            return;
        }
        let messaging = self.clone();
        tokio::spawn(async move {
            let mut claim = Claim { jobs: &messaging.hub.jobs, job, over: false };
            loop {
                messaging.run_job(job).await;
                if !messaging.hub.jobs.again(job) {
                    claim.over = true;
                    return;
                }
            }
        });
    }

    /// As [`Self::schedule`], once other nodes know what this one attends to. Nothing where they need not know: there
    /// a hint went everywhere.
    pub(super) fn schedule_when_settled(self: &Arc<Self>, jobs: Vec<Job>) {
        let Some(settled) = self.live.settled() else { return };
        let messaging = self.clone();
        tokio::spawn(async move {
            settled.await;
            for job in jobs {
                if let Job::Deliver(conversation) = job {
                    messaging.hub.registry().look(conversation);
                }
                messaging.schedule(job);
            }
        });
    }

    async fn run_job(self: &Arc<Self>, job: Job) {
        if let Job::Deliver(conversation) = job
            && self.hub.registry().people_in(conversation) >= CROWD
        {
            tokio::time::sleep(GATHER).await;
        }
        // Heartbeats say that the node is alive, so they queue behind nothing.
        let _turn = match job {
            Job::Beat => None,
            _ => self.hub.jobs.turns.acquire().await.ok(),
        };
        self.hub.jobs.begin(job);
        let work = async {
            match job {
                Job::Deliver(conversation) => self.deliver(conversation).await,
                Job::ReadMark(conversation, user, seq) => self.deliver_read_mark(conversation, user, seq).await,
                Job::DeliveredMark(conversation, user) => self.deliver_delivered_mark(conversation, user).await,
                Job::Memberships(user) => self.deliver_memberships(user).await,
                Job::Notifications(user) => self.deliver_notifications(user).await,
                Job::Typing(conversation, user) => self.deliver_typing(conversation, user).await,
                Job::Presence(user) => self.deliver_presence(user).await,
                Job::Blocks(user) => self.deliver_blocks(user).await,
                Job::Appear(user) => self.appear(user).await,
                Job::CatchUp(user) => self.catch_up(user).await,
                Job::Beat => self.beat().await,
            }
        };
        // What could not be read now is found behind by the next heartbeat.
        match tokio::time::timeout(TIMEOUT, work).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(?job, %error, "live delivery failed"),
            Err(_) => tracing::warn!(?job, "live delivery took too long"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_before_the_work_begins_is_done_by_it_and_what_comes_later_is_done_again() {
        let (jobs, job) = (Jobs::default(), Job::Beat);
        assert!(jobs.claim(job), "the first starts it");
        assert!(!jobs.claim(job), "asked for while it waits its turn");
        jobs.begin(job);
        assert!(!jobs.claim(job), "asked for while it works");
        assert!(jobs.again(job));
        jobs.begin(job);
        assert!(!jobs.again(job), "nothing since");

        assert!(jobs.claim(job) && !jobs.claim(job));
        jobs.begin(job);
        assert!(!jobs.again(job), "all of it was asked for before it began");
        assert!(jobs.claim(job), "it is over");
    }
}
