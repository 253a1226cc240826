//! Rate limits (GCRA) for each person, and for each address that is not signed in.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, QuantaClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use http::{HeaderMap, HeaderValue, Method};
use village_kernel::UserId;

use crate::{ClientIp, Problem};

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, QuantaClock, StateInformationMiddleware>;

/// Requests a minute. A minute's worth may come at once.
#[derive(Clone, Copy, Debug)]
pub struct RateLimitConfig {
    pub reads_per_minute: NonZeroU32,
    pub writes_per_minute: NonZeroU32,
    pub anonymous_per_minute: NonZeroU32,
}

impl Default for RateLimitConfig {
    fn default() -> Self {
        let per_minute = |requests| NonZeroU32::new(requests).expect("not zero");
        Self {
            reads_per_minute: per_minute(1_200),
            writes_per_minute: per_minute(300),
            anonymous_per_minute: per_minute(300),
        }
    }
}

pub struct RateLimits {
    reads: Limiter<UserId>,
    writes: Limiter<UserId>,
    /// Keyed by address; IPv6 by its /64, which is what one household has.
    anonymous: Limiter<IpAddr>,
}

/// What is left of the quota that applied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Remaining {
    limit: u32,
    left: u32,
    policy: &'static str,
}

impl RateLimits {
    pub fn new(config: RateLimitConfig) -> Self {
        Self {
            reads: limiter(config.reads_per_minute),
            writes: limiter(config.writes_per_minute),
            anonymous: limiter(config.anonymous_per_minute),
        }
    }

    pub(crate) fn check_user(&self, user: UserId, method: &Method) -> Result<Remaining, Problem> {
        if method.is_safe() { check(&self.reads, &user, "reads") } else { check(&self.writes, &user, "writes") }
    }

    pub(crate) fn check_address(&self, address: ClientIp, _: &Method) -> Result<Remaining, Problem> {
        check(&self.anonymous, &address.household(), "anonymous")
    }

    /// Headers of draft-ietf-httpapi-ratelimit-headers.
    pub(crate) fn announce(&self, remaining: Remaining, headers: &mut HeaderMap) {
        let Remaining { limit, left, policy } = remaining;
        if let Ok(value) = HeaderValue::from_str(&format!("\"{policy}\";r={left}")) {
            headers.insert("ratelimit", value);
        }
        if let Ok(value) = HeaderValue::from_str(&format!("\"{policy}\";q={limit};w=60")) {
            headers.insert("ratelimit-policy", value);
        }
    }

    /// Forgets keys whose quota is full again. Call it every minute or so: memory is bounded by the active ones.
    pub fn forget_idle(&self) {
        self.reads.retain_recent();
        self.writes.retain_recent();
        self.anonymous.retain_recent();
    }
}

fn limiter<K: std::hash::Hash + Eq + Clone>(per_minute: NonZeroU32) -> Limiter<K> {
    RateLimiter::dashmap(Quota::per_minute(per_minute)).with_middleware()
}

fn check<K: std::hash::Hash + Eq + Clone>(
    limiter: &Limiter<K>,
    key: &K,
    policy: &'static str,
) -> Result<Remaining, Problem> {
    match limiter.check_key(key) {
        Ok(state) => {
            Ok(Remaining { limit: state.quota().burst_size().get(), left: state.remaining_burst_capacity(), policy })
        }
        Err(refused) => {
            let wait = refused.wait_time_from(QuantaClock::default().now());
            metrics::counter!("village_http_rate_limited_total", "policy" => policy).increment(1);
            Err(Problem::rate_limited(wait.max(Duration::from_secs(1))))
        }
    }
}
