//! What a node does for all of its sockets: one subscription to hints, one heartbeat, one reader for each conversation.
//!
//! Hints say only that something changed. The hub reads it from the database and hands it to the sockets; what a
//! lost hint hid is found by the next heartbeat, which compares marks.

mod beat;
mod deliver;
mod drain;
mod fresh;
mod hand_out;
mod jobs;
mod presence;
mod registry;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use village_http::{AddressSlot, ClientIp, PerAddress, Problem};
use village_kernel::{ConversationId, UserId};
use village_live::{Hint, Received, SharedLive, Subscription, Topic};

use crate::message::StoredMessage;
use crate::typing::TypingTimes;
use crate::{Messaging, MessagingSettings};
pub(crate) use jobs::Job;
use jobs::Jobs;
pub(crate) use presence::Watchers;
pub(crate) use registry::{Registry, TooMany};

/// How often expired tokens and revoked sessions are looked for.
const SWEEP: Duration = Duration::from_secs(1);

/// The mark of a hint that who sees a person may have changed, and not whether they are here.
const LOOK_AGAIN: i64 = 2;

const TOPICS: [Topic; 9] = [
    Topic::Conversation,
    Topic::Membership,
    Topic::ReadMark,
    Topic::Notification,
    Topic::Typing,
    Topic::Presence,
    Topic::Blocks,
    Topic::Session,
    Topic::Account,
];

pub(crate) struct Hub {
    registry: Mutex<Registry>,
    /// Locked after the registry, where both are.
    watchers: Mutex<Watchers>,
    pub typing: TypingTimes,
    jobs: Jobs,
    waiting: AtomicUsize,
    waiting_by_address: Arc<PerAddress>,
    pub draining: AtomicBool,
    beats: beat::Beats,
}

impl Hub {
    pub fn new(settings: &MessagingSettings, live: SharedLive) -> Self {
        Self {
            watchers: Mutex::new(Watchers::new(live.clone())),
            typing: TypingTimes::default(),
            registry: Mutex::new(Registry::new(settings.max_sockets, live)),
            jobs: Jobs::default(),
            waiting: AtomicUsize::new(0),
            waiting_by_address: PerAddress::at_most(settings.max_waiting_sockets_per_address),
            draining: AtomicBool::new(false),
            beats: beat::Beats::default(),
        }
    }

    /// Never held across an await.
    pub fn watchers(&self) -> MutexGuard<'_, Watchers> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message that this node has written is about to be announced.
    pub fn written(&self, message: &StoredMessage) {
        if let Some(fresh) = self.registry().fresh(message.row.conversation_id) {
            fresh.keep(message.clone());
        }
    }

    /// Never held across an await.
    pub fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A socket that has not said hello yet; there are only so many, and only so many of one address.
pub(crate) struct Waiting {
    messaging: Arc<Messaging>,
    _of_address: AddressSlot,
}

impl Waiting {
    pub fn enter(messaging: &Arc<Messaging>, client: ClientIp) -> Result<Self, Problem> {
        let of_address = messaging.hub.waiting_by_address.enter(client.0).ok_or_else(|| {
            let detail = "Your address has too many sockets that have not said hello. Try again in a few seconds.";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_connections", detail)
                .retry_after(messaging.settings.hello_timeout)
        })?;
        let waiting = Self { messaging: messaging.clone(), _of_address: of_address };
        let before = messaging.hub.waiting.fetch_add(1, Ordering::AcqRel);
        // Dropping it gives the places back.
        match before < messaging.settings.max_waiting_sockets && !messaging.is_draining() {
            true => Ok(waiting),
            false => Err(Problem::unavailable()),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.messaging.hub.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Messaging {
    /// Starts what keeps sockets fed, on this node, until `stop`. Subscribes before it returns.
    pub fn start(self: &Arc<Self>, stop: CancellationToken) -> JoinHandle<()> {
        let hints = self.live.subscribe(&TOPICS);
        tokio::spawn(self.clone().run_hub(hints, stop))
    }

    async fn run_hub(self: Arc<Self>, mut hints: Subscription, stop: CancellationToken) {
        let mut sweep = tokio::time::interval(SWEEP);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let first = tokio::time::Instant::now() + self.settings.heartbeat;
        let mut beat = tokio::time::interval_at(first, self.settings.heartbeat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                received = hints.next() => match received {
                    Some(Received::Hint(hint)) => self.on_hint(hint),
                    Some(Received::Missed) => self.schedule(Job::Beat),
                    None => return,
                },
                _ = beat.tick() => self.schedule(Job::Beat),
                _ = sweep.tick() => self.hub.registry().sweep(&*self.tokens, self.clock.now()),
            }
        }
    }

    fn on_hint(self: &Arc<Self>, hint: Hint) {
        match hint.topic {
            Topic::Conversation => {
                let conversation = ConversationId(hint.key);
                if self.hub.registry().concerns(conversation, hint.mark) {
                    self.schedule(Job::Deliver(conversation));
                }
            }
            Topic::ReadMark => {
                let conversation = ConversationId(hint.key);
                let Some(user) = hint.other.map(UserId) else { return };
                let registry = self.hub.registry();
                let concerns = registry.has_room(conversation) || registry.is_here(user);
                drop(registry);
                match hint.mark {
                    _ if !concerns => {}
                    0 => self.schedule(Job::DeliveredMark(conversation, user)),
                    membership_seq => self.schedule(Job::ReadMark(conversation, user, membership_seq)),
                }
            }
            Topic::Membership => {
                let user = UserId(hint.key);
                if self.hub.registry().is_here(user) {
                    // Without a mark: what others see of them has changed.
                    self.schedule(if hint.mark == 0 { Job::Appear(user) } else { Job::Memberships(user) });
                }
            }
            Topic::Notification => {
                let user = UserId(hint.key);
                if self.hub.registry().is_here(user) {
                    self.schedule(Job::Notifications(user));
                }
            }
            // Whether the session has ended is known to the token verifier, perhaps a moment after this hint: the
            // sweep of the next second looks again.
            Topic::Session => self.hub.registry().sweep(&*self.tokens, self.clock.now()),
            Topic::Account => {
                self.hub.registry().sweep(&*self.tokens, self.clock.now());
                // Suspended people are shown to nobody.
                self.schedule(Job::Presence(UserId(hint.key)));
            }
            Topic::Typing => {
                let conversation = ConversationId(hint.key);
                if let Some(user) = hint.other.map(UserId)
                    && self.hub.registry().has_room(conversation)
                {
                    self.schedule(Job::Typing(conversation, user));
                }
            }
            Topic::Presence if hint.mark == LOOK_AGAIN => self.schedule(Job::Presence(UserId(hint.key))),
            Topic::Presence => self.on_presence(UserId(hint.key), hint.mark == 1),
            Topic::Blocks => {
                let user = UserId(hint.key);
                if self.hub.registry().is_here(user) {
                    self.schedule(Job::Blocks(user));
                }
            }
            Topic::Profile | Topic::Post | Topic::Channel | Topic::Media | Topic::Outbox | Topic::Queue => {}
        }
    }
}
