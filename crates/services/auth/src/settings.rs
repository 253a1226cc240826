//! What an operator decides about identity.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Who may sign up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationMode {
    /// Anyone who reaches the server.
    Open,
    /// Whoever brings an invitation.
    #[default]
    Invite,
}

#[derive(Clone, Debug)]
pub struct AuthSettings {
    /// Where people reach the server, without a slash at the end; the issuer of access tokens.
    pub public_url: String,
    pub community_name: String,
    pub registration: RegistrationMode,
    /// Mark cookies `Secure`: set when `public_url` is https.
    pub secure_cookies: bool,
    /// How long an access token is good for; also how long a revocation must be remembered.
    pub access_token_ttl: Duration,
    /// A session ends this long after it was last used.
    pub session_idle: Duration,
    /// How long the predecessor of a refresh token still yields the same successor.
    pub refresh_grace: Duration,
    /// A signing key is replaced at this age …
    pub key_rotation: Duration,
    /// … and its successor signs only after having been published this long, so that every verifier knows it.
    pub key_grace: Duration,
    /// The shortest pause between two looks for an unknown signing key.
    pub key_lookup_pause: Duration,
    pub password_hashing: PasswordHashing,
    pub throttles: ThrottleSettings,
}

impl AuthSettings {
    pub fn new(public_url: impl Into<String>, community_name: impl Into<String>) -> Self {
        let public_url = public_url.into().trim_end_matches('/').to_owned();
        Self {
            secure_cookies: public_url.starts_with("https://"),
            public_url,
            community_name: community_name.into(),
            registration: RegistrationMode::default(),
            access_token_ttl: Duration::from_secs(600),
            session_idle: Duration::from_secs(30 * 24 * 3600),
            refresh_grace: Duration::from_secs(30),
            key_rotation: Duration::from_secs(30 * 24 * 3600),
            key_grace: Duration::from_secs(3600),
            key_lookup_pause: Duration::from_secs(1),
            password_hashing: PasswordHashing::default(),
            throttles: ThrottleSettings::default(),
        }
    }
}

/// argon2id. The defaults are OWASP's (Password Storage Cheat Sheet, second recommended set).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordHashing {
    pub memory_kib: u32,
    pub iterations: u32,
    pub parallelism: u32,
    /// Hashes computed at the same time; each takes `memory_kib` and a core for some 20 ms.
    pub concurrency: usize,
    /// Callers that may wait for their turn; more are told to come back.
    pub queue: usize,
}

impl Default for PasswordHashing {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        Self { memory_kib: 19_456, iterations: 2, parallelism: 1, concurrency: (cores / 2).max(1), queue: 64 }
    }
}

impl PasswordHashing {
    /// Worthless against an attacker and fast: for tests and demo data only.
    pub fn cheap() -> Self {
        Self { memory_kib: 64, iterations: 1, parallelism: 1, concurrency: 4, queue: 256 }
    }
}

/// `burst` attempts at once, then one more each `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    pub burst: NonZeroU32,
    pub every: Duration,
}

impl Quota {
    pub fn new(burst: u32, every: Duration) -> Self {
        Self { burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN), every: every.max(Duration::from_millis(1)) }
    }

    pub fn per_minute(requests: u32) -> Self {
        Self::new(requests, Duration::from_secs(60) / requests)
    }
}

/// Limits of each process. Addresses are counted by household: IPv6 by its /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleSettings {
    /// Passwords tried for one account from one source: a device, an address, or, for a change, a session.
    pub password_per_source: Quota,
    /// Passwords tried for one account from all devices and addresses together that it was not used from before.
    pub password_per_account: Quota,
    pub login_per_address: Quota,
    pub signup_per_address: Quota,
    pub refresh_per_address: Quota,
    pub invitation_per_address: Quota,
    pub reset_per_address: Quota,
}

impl Default for ThrottleSettings {
    fn default() -> Self {
        Self {
            password_per_source: Quota::new(10, Duration::from_secs(30)),
            password_per_account: Quota::new(50, Duration::from_secs(30)),
            login_per_address: Quota::per_minute(30),
            signup_per_address: Quota::per_minute(10),
            refresh_per_address: Quota::per_minute(120),
            invitation_per_address: Quota::per_minute(30),
            reset_per_address: Quota::per_minute(10),
        }
    }
}

impl ThrottleSettings {
    /// For tests and load generators: nobody is held back.
    pub fn off() -> Self {
        let all = Quota::new(1_000_000, Duration::from_millis(1));
        Self {
            password_per_source: all,
            password_per_account: all,
            login_per_address: all,
            signup_per_address: all,
            refresh_per_address: all,
            invitation_per_address: all,
            reset_per_address: all,
        }
    }
}
