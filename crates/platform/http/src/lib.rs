//! The HTTP conventions that every service shares: errors, bodies, paging, callers, retries, limits, and the server.

mod address;
mod caller;
mod conditional;
mod connection;
mod extract;
mod framing;
mod gather;
mod idempotency;
mod identify;
mod layers;
mod limits;
mod paging;
mod problem;
mod progress;
mod security;
mod serve;
pub mod strict;

pub use address::{AddressSlot, ClientIp, PerAddress};
pub use caller::Caller;
pub use conditional::{IfMatch, IfMatchHeader, Versioned, is_known};
pub use extract::{Json, Path, Query};
pub use idempotency::{Idempotency, IdempotencyError, IdempotencyKeyHeader, forget_old_keys};
pub use identify::{Identify, identify};
pub use layers::{Admission, HttpConfig, harden};
pub use limits::{RateLimitConfig, RateLimits};
pub use paging::PageQuery;
pub use problem::{FieldError, Problem};
pub use progress::Connections;
pub use security::{SECURITY_TARGET, SecurityEvent};
pub use serve::serve;

use village_db::{Migration, migrations};

pub const MIGRATIONS: &[Migration] = migrations!["20261122000200_http_idempotency"];
