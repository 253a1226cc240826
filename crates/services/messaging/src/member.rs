//! Who somebody is in a conversation.

use serde::{Deserialize, Serialize};
use village_kernel::Instant;
use village_ports::UserSummary;

use crate::MessagingError;

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

/// Which text a draft is, and how new. Both are chosen by who writes; see `put_draft`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftMark {
    /// Stays the same while one text is being written, on whichever device: at most 64 printable ASCII characters.
    #[schema(example = "4b6f0c1e-9f0a-4c39-8f6d-2b1d6c1f7a10", max_length = 64, pattern = "^[!-~]*$")]
    pub key: String,
    /// Greater than every revision seen before: milliseconds since 1970, or one more than the last where that is greater.
    #[schema(example = 1_764_500_000_000_i64, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub revision: i64,
    /// In requests: the revision that was known when this was written. A draft that is newer than it, and has another key, is
    /// not overwritten and not ended, so that nothing is lost that was not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub after: Option<i64>,
}

impl DraftMark {
    const MAX_KEY_BYTES: usize = 64;
    /// The greatest whole number that every client can hold.
    pub(crate) const MAX_REVISION: i64 = (1 << 53) - 1;

    pub(crate) fn check(&self, field: &'static str) -> Result<(), MessagingError> {
        let is_key = self.key.len() <= Self::MAX_KEY_BYTES && self.key.bytes().all(|byte| byte.is_ascii_graphic());
        let is_after = self.after.is_none_or(|after| (0..=Self::MAX_REVISION).contains(&after));
        if is_key && is_after && (1..=Self::MAX_REVISION).contains(&self.revision) {
            return Ok(());
        }
        let message =
            "needs a key of at most 64 printable ASCII characters, a revision from 1 to 2^53 - 1, and, if it says \
                       which revision was known (`after`), one from 0 to 2^53 - 1"
                .to_owned();
        Err(MessagingError::Invalid { field, code: "invalid", message })
    }
}

/// What a person has begun to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Draft {
    #[schema(example = "She slept thr")]
    pub body: String,
    pub updated_at: Instant,
}
