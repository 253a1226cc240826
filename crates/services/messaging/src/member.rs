//! Who somebody is in a conversation.

use serde::{Deserialize, Serialize};
use village_kernel::Instant;
use village_ports::UserSummary;

/// Members of direct conversations and of those of channels are all `member`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum MemberRole {
    /// One in each group: changes roles, and all that admins may.
    Owner,
    /// Changes the group, adds and removes members.
    Admin,
    Member,
}

impl MemberRole {
    pub(crate) fn is_admin(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }
}

/// How somebody has answered to be written to or added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum MemberState {
    Active,
    /// Asked, and not answered yet.
    Requested,
    /// Of direct conversations: does not want to hear of it.
    Declined,
}

/// A member as others see them.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Member {
    pub user: UserSummary,
    pub role: MemberRole,
    pub state: MemberState,
    /// What was said from here on they can see.
    #[schema(example = 1)]
    pub joined_seq: i64,
    /// Everything up to here they have read; null where one of you keeps that private.
    #[schema(example = 40)]
    pub read_seq: Option<i64>,
    /// Everything up to here has reached a device of theirs; null as above.
    #[schema(example = 41)]
    pub delivered_seq: Option<i64>,
}

/// Of which messages a person wants to be notified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum NotifyLevel {
    All,
    /// Only of those that mention them.
    Mentions,
    None,
}

/// What a person has begun to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Draft {
    #[schema(example = "She slept thr")]
    pub body: String,
    pub updated_at: Instant,
}
