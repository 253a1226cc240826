//! Owned by users: who people are and how they relate.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use village_db::Tx;
use village_kernel::{Instant, UserId, Viewer};

use crate::Image;

/// A person as shown beside what they wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UserSummary {
    pub id: UserId,
    #[schema(example = "ana")]
    pub handle: String,
    #[schema(example = "Ana Ribeiro")]
    pub display_name: String,
    pub avatar: Option<Image>,
}

/// The profile that sign-up creates together with the account.
#[derive(Clone, Debug)]
pub struct NewProfile {
    pub user: UserId,
    pub handle: String,
    pub display_name: String,
    pub created_at: Instant,
}

#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error("the handle is taken")]
    HandleTaken,
    /// Which field, and why, in words that can follow its name ("is longer than 60 characters").
    #[error("{field} {message}")]
    Invalid { field: &'static str, message: String },
    #[error(transparent)]
    Database(#[from] village_db::Error),
}

#[async_trait]
pub trait Profiles: Send + Sync {
    /// Creates a profile inside the caller's transaction.
    async fn create(&self, tx: &mut Tx, profile: NewProfile) -> Result<(), ProfileError>;

    /// The people among `ids` that exist. Says nothing about blocks: callers show only what the viewer
    /// may see, and ask [`SocialGraph::blocked_among`] where that is not settled already.
    async fn summaries(&self, viewer: &Viewer, ids: &[UserId]) -> village_db::Result<HashMap<UserId, UserSummary>>;
}

#[async_trait]
pub trait SocialGraph: Send + Sync {
    /// Those among `others` between whom and `user` a block stands, in either direction.
    async fn blocked_among(&self, user: UserId, others: &[UserId]) -> village_db::Result<HashSet<UserId>>;

    /// Those among `others` whom `user` follows.
    async fn followed_among(&self, user: UserId, others: &[UserId]) -> village_db::Result<HashSet<UserId>>;

    /// Whether `follower` follows `followee`, read inside the caller's transaction.
    async fn follows(&self, _tx: &mut Tx, follower: UserId, followee: UserId) -> village_db::Result<bool> {
        Ok(self.followed_among(follower, &[followee]).await?.contains(&followee))
    }

    /// Whether a block stands between the two, read inside the caller's transaction.
    async fn blocks_between(&self, tx: &mut Tx, one: UserId, other: UserId) -> village_db::Result<bool>;
}
