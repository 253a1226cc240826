//! How often secrets may be tried (GCRA), for each process.
//!
//! Passwords are counted by account and by where they come from. Who tries from a device or an address that the account
//! was used from lately has an allowance of their own, which nobody elsewhere can use up. All others share one for the
//! account, so that an attacker with many addresses gets a bounded number of tries.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;
use std::time::Duration;

use governor::RateLimiter;
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use moka::sync::Cache;
use village_http::{ClientIp, SecurityEvent};
use village_kernel::secret::sha256;
use village_kernel::{Clock, SessionId, UserId};

use crate::known::Source;
use crate::{AuthError, Quota, ThrottleSettings};

/// Keys fall into so many buckets by a hash that nobody outside can compute: memory is bounded whatever is tried (some
/// 3 MB for each throttle), and the two who share a bucket by chance are none that anybody chose.
const BUCKETS: u64 = 1 << 17;

/// A throttle that refuses is logged for each bucket once in this time.
const LOGGED_EVERY: Duration = Duration::from_secs(60);

/// The clock that was passed in, for governor.
#[derive(Clone)]
struct PassedIn(Arc<dyn Clock>);

impl GovernorClock for PassedIn {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_micros(self.0.now().as_micros().max(0) as u64)
    }
}

struct Throttle {
    name: &'static str,
    limiter: RateLimiter<u32, DashMapStateStore<u32>, PassedIn, NoOpMiddleware<Duration>>,
    buckets: RandomState,
    clock: PassedIn,
    logged: Cache<u32, ()>,
}

impl Throttle {
    fn new(name: &'static str, quota: Quota, clock: Arc<dyn Clock>) -> Self {
        let clock = PassedIn(clock);
        let quota = governor::Quota::with_period(quota.every)
            .unwrap_or(governor::Quota::per_second(quota.burst))
            .allow_burst(quota.burst);
        let logged = Cache::builder().max_capacity(BUCKETS).time_to_live(LOGGED_EVERY).build();
        let limiter = RateLimiter::new(quota, DashMapStateStore::default(), clock.clone());
        Self { name, limiter, buckets: RandomState::new(), clock, logged }
    }

    /// `user` is whose secret is tried, if that is known: for the log.
    fn check(&self, key: impl Hash, user: Option<UserId>) -> Result<(), AuthError> {
        let bucket = (self.buckets.hash_one(key) % BUCKETS) as u32;
        self.limiter.check_key(&bucket).map_err(|refused| {
            metrics::counter!("village_auth_throttled_total", "throttle" => self.name).increment(1);
            if self.logged.entry(bucket).or_insert(()).is_fresh() {
                SecurityEvent::new("attempts_refused").user(user).detail(self.name).log();
            }
            AuthError::RateLimited(refused.wait_time_from(self.clock.now()).max(Duration::from_secs(1)))
        })
    }

    fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

/// Whose password is tried, whether there is such an account or not: long addresses take no more room than short ones.
#[derive(Clone, Copy)]
pub(crate) struct Tried {
    address: [u8; 32],
    /// For the log; it decides nothing.
    user: Option<UserId>,
}

impl Tried {
    /// `folded` is the e-mail address as it is compared.
    pub fn new(folded: &str, user: Option<UserId>) -> Self {
        Self { address: sha256(folded.as_bytes()), user }
    }
}

pub(crate) struct Throttles {
    known: Throttle,
    new_source: Throttle,
    account: Throttle,
    own_password: Throttle,
    login: Throttle,
    signup: Throttle,
    refresh: Throttle,
    invitation: Throttle,
    reset: Throttle,
}

impl Throttles {
    pub fn new(settings: &ThrottleSettings, clock: Arc<dyn Clock>) -> Self {
        let throttle = |name, quota| Throttle::new(name, quota, clock.clone());
        Self {
            known: throttle("password_known_source", settings.password_per_source),
            new_source: throttle("password_new_source", settings.password_per_source),
            account: throttle("password_account", settings.password_per_account),
            own_password: throttle("own_password", settings.password_per_source),
            login: throttle("login", settings.login_per_address),
            signup: throttle("signup", settings.signup_per_address),
            refresh: throttle("refresh", settings.refresh_per_address),
            invitation: throttle("invitation", settings.invitation_per_address),
            reset: throttle("reset", settings.reset_per_address),
        }
    }

    /// Log-ins from one address, whatever account they are for.
    pub fn login(&self, ip: ClientIp) -> Result<(), AuthError> {
        self.login.check(ip.household(), None)
    }

    /// One password for one account. Among strangers the source comes first: one of them cannot use up what all share.
    pub fn password(&self, tried: Tried, source: Source) -> Result<(), AuthError> {
        let Tried { address, user } = tried;
        match source {
            Source::Device(_) | Source::Place(_) => self.known.check((address, source), user),
            Source::Stranger(_) => {
                self.new_source.check((address, source), user)?;
                self.account.check(address, user)
            }
        }
    }

    /// The password of a person who is signed in. Each session has its own tries: a stolen access token uses up none of
    /// those that its owner has on another device.
    pub fn own_password(&self, user: UserId, session: SessionId) -> Result<(), AuthError> {
        self.own_password.check((user, session), Some(user))
    }

    pub fn signup(&self, ip: ClientIp) -> Result<(), AuthError> {
        self.signup.check(ip.household(), None)
    }

    pub fn refresh(&self, ip: ClientIp) -> Result<(), AuthError> {
        self.refresh.check(ip.household(), None)
    }

    pub fn invitation(&self, ip: ClientIp) -> Result<(), AuthError> {
        self.invitation.check(ip.household(), None)
    }

    pub fn reset(&self, ip: ClientIp) -> Result<(), AuthError> {
        self.reset.check(ip.household(), None)
    }

    /// Forgets whoever has their whole quota back.
    pub fn forget_idle(&self) {
        let passwords = [&self.known, &self.new_source, &self.account, &self.own_password];
        let addresses = [&self.login, &self.signup, &self.refresh, &self.invitation, &self.reset];
        for throttle in passwords.into_iter().chain(addresses) {
            throttle.forget_idle();
        }
    }
}
