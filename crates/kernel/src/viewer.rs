//! On whose behalf a read or write happens.

use serde::{Deserialize, Serialize};

use crate::{SessionId, UserId};

/// What a person may do in the community as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Role {
    /// Owns the community: made by the first invitation.
    Owner,
    Admin,
    Member,
}

impl Role {
    /// May remove what others wrote.
    pub fn moderates(self) -> bool {
        matches!(self, Role::Owner | Role::Admin)
    }
}

/// The signed-in person for whom something is read. Every read that returns people's words or
/// pictures takes one, so that a query without an access check cannot be written by accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub user: UserId,
    pub session: SessionId,
    pub role: Role,
}
