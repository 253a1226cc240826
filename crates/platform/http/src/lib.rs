//! The HTTP conventions that every service shares: errors, bodies, paging, callers, retries, limits, and the server.

mod caller;
mod conditional;
mod extract;
mod gather;
mod idempotency;
mod identify;
mod layers;
mod limits;
mod paging;
mod problem;
mod serve;
pub mod strict;

pub use caller::Caller;
pub use conditional::{IfMatch, IfMatchHeader, Versioned};
pub use extract::{Json, Path, Query};
pub use idempotency::{Idempotency, IdempotencyError, IdempotencyKeyHeader, forget_old_keys};
pub use identify::{ClientIp, Identify, identify};
pub use layers::{HttpConfig, harden};
pub use limits::{RateLimitConfig, RateLimits};
pub use paging::PageQuery;
pub use problem::{FieldError, Problem};
pub use serve::serve;

use village_db::{Migration, migrations};

pub const MIGRATIONS: &[Migration] = migrations!["20261122000200_http_idempotency"];
