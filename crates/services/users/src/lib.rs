//! People: who they are, whom they follow, whom they have blocked.
//!
//! Owns profiles and the social graph; answers `/users`. Others ask through the ports `Profiles` and `SocialGraph`,
//! or read the views `users_people_v`, `users_follows_v`, `users_following_v` and `users_blocks_v`. Accounts,
//! passwords and suspension belong to auth.

mod block;
mod blocks;
mod cache;
mod edit;
mod error;
mod find;
mod follow;
mod followers;
mod handle;
mod look;
mod name;
mod ports;
mod refold;
mod store;
mod user;
mod view;

pub use edit::EditProfile;
pub use error::UsersError;
pub use follow::FollowRequest;
pub use user::{Relationship, User};

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use village_bus::{Outbox, Subscriber, Subscription};
use village_db::{Db, Migration, migrations};
use village_kernel::{Clock, UserId};
use village_live::{Received, SharedLive, Topic};
use village_ports::MediaAccess;

use crate::cache::ProfileCache;

pub const MIGRATIONS: &[Migration] = migrations![
    "20261122002000_users_profiles",
    "20261122002100_users_graph",
    "20261130030200_users_block_times",
    "20261130040300_users_looks",
];

/// Users hears of no events.
pub const SUBSCRIPTIONS: &[Subscription] = &[];

/// How much of people is kept in memory.
#[derive(Clone, Copy, Debug)]
pub struct UsersConfig {
    /// Profiles cached at most; each takes about 300 bytes.
    pub cached_profiles: u64,
    /// How long a cached profile is believed when no hint says that it changed.
    pub profile_ttl: Duration,
}

impl Default for UsersConfig {
    fn default() -> Self {
        Self { cached_profiles: 50_000, profile_ttl: Duration::from_secs(60) }
    }
}

/// The service and its state.
pub struct Users {
    db: Db,
    clock: Arc<dyn Clock>,
    outbox: Outbox,
    live: SharedLive,
    media: Arc<dyn MediaAccess>,
    cache: Arc<ProfileCache>,
}

impl Users {
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        outbox: Outbox,
        live: SharedLive,
        media: Arc<dyn MediaAccess>,
        config: UsersConfig,
    ) -> Arc<Self> {
        let cache = Arc::new(ProfileCache::new(db.clone(), config.cached_profiles, config.profile_ttl));
        Arc::new(Self { db, clock, outbox, live, media, cache })
    }

    pub fn router(self: &Arc<Self>) -> OpenApiRouter {
        OpenApiRouter::new()
            .routes(routes!(find::find_people))
            .routes(routes!(view::get_user))
            .routes(routes!(edit::edit_profile))
            .routes(routes!(follow::follow))
            .routes(routes!(follow::unfollow))
            .routes(routes!(followers::list_followers))
            .routes(routes!(followers::list_following))
            .routes(routes!(block::block, block::unblock))
            .routes(routes!(blocks::list_blocks))
            .with_state(self.clone())
    }

    pub fn subscribers(self: &Arc<Self>) -> Vec<Arc<dyn Subscriber>> {
        Vec::new()
    }

    /// Drops cached profiles when hints say that they changed, until `stop`. Without it a change made by another
    /// process shows after [`UsersConfig::profile_ttl`].
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut hints = self.live.subscribe(&[Topic::Profile]);
        loop {
            let received = tokio::select! {
                () = stop.cancelled() => return,
                received = hints.next() => received,
            };
            match received {
                Some(Received::Hint(hint)) if hint.topic == Topic::Profile => self.cache.forget(UserId(hint.key)),
                Some(Received::Hint(_)) => {}
                Some(Received::Missed) => self.cache.forget_all(),
                None => return,
            }
        }
    }
}
