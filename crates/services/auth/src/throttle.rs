//! How often secrets may be tried (GCRA), for each process.

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use governor::RateLimiter;
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use village_http::ClientIp;
use village_kernel::secret::sha256;
use village_kernel::{Clock, UserId};

use crate::email::Email;
use crate::{AuthError, Quota, ThrottleSettings};

/// The clock that was passed in, for governor.
#[derive(Clone)]
struct PassedIn(Arc<dyn Clock>);

impl GovernorClock for PassedIn {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_micros(self.0.now().as_micros().max(0) as u64)
    }
}

struct Throttle<K: Hash + Eq + Clone> {
    name: &'static str,
    limiter: RateLimiter<K, DashMapStateStore<K>, PassedIn, NoOpMiddleware<Duration>>,
    clock: PassedIn,
}

impl<K: Hash + Eq + Clone> Throttle<K> {
    fn new(name: &'static str, quota: Quota, clock: Arc<dyn Clock>) -> Self {
        let clock = PassedIn(clock);
        let quota = governor::Quota::with_period(quota.every)
            .unwrap_or(governor::Quota::per_second(quota.burst))
            .allow_burst(quota.burst);
        Self { name, limiter: RateLimiter::new(quota, DashMapStateStore::default(), clock.clone()), clock }
    }

    fn check(&self, key: &K) -> Result<(), AuthError> {
        self.limiter.check_key(key).map_err(|refused| {
            metrics::counter!("village_auth_throttled_total", "throttle" => self.name).increment(1);
            AuthError::RateLimited(refused.wait_time_from(self.clock.now()).max(Duration::from_secs(1)))
        })
    }

    fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

pub(crate) struct Throttles {
    /// By account, known or not: by a hash, so that long addresses take no more room than short ones.
    password: Throttle<[u8; 32]>,
    login: Throttle<IpAddr>,
    signup: Throttle<IpAddr>,
    refresh: Throttle<IpAddr>,
    invitation: Throttle<IpAddr>,
    reset: Throttle<IpAddr>,
}

impl Throttles {
    pub fn new(settings: &ThrottleSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            password: Throttle::new("password", settings.password_per_account, clock.clone()),
            login: Throttle::new("login", settings.login_per_address, clock.clone()),
            signup: Throttle::new("signup", settings.signup_per_address, clock.clone()),
            refresh: Throttle::new("refresh", settings.refresh_per_address, clock.clone()),
            invitation: Throttle::new("invitation", settings.invitation_per_address, clock.clone()),
            reset: Throttle::new("reset", settings.reset_per_address, clock),
        }
    }

    /// The address first: one address cannot use up the attempts of many accounts.
    pub fn login(&self, ip: ClientIp, email: Option<&Email>) -> Result<(), AuthError> {
        self.login.check(&ip.household())?;
        email.map_or(Ok(()), |email| self.password.check(&sha256(email.folded().as_bytes())))
    }

    /// The password of a person who is signed in, tried from wherever the session is.
    pub fn own_password(&self, user: UserId) -> Result<(), AuthError> {
        self.password.check(&sha256(user.0.as_bytes()))
    }

    pub fn signup(&self, ip: ClientIp) -> Result<(), AuthError> {
        self.signup.check(&ip.household())
    }

    pub fn refresh(&self, ip: ClientIp) -> Result<(), AuthError> {
        self.refresh.check(&ip.household())
    }

    pub fn invitation(&self, ip: ClientIp) -> Result<(), AuthError> {
        self.invitation.check(&ip.household())
    }

    pub fn reset(&self, ip: ClientIp) -> Result<(), AuthError> {
        self.reset.check(&ip.household())
    }

    /// Forgets whoever has their whole quota back: memory is bounded by those who try now.
    pub fn forget_idle(&self) {
        self.password.forget_idle();
        for throttle in [&self.login, &self.signup, &self.refresh, &self.invitation, &self.reset] {
            throttle.forget_idle();
        }
    }
}
