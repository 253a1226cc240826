//! What the API says of people.

use serde::{Deserialize, Serialize};
use village_kernel::{Instant, UserId};
use village_ports::Image;

/// A person's profile as one viewer sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct User {
    pub id: UserId,
    #[schema(example = "ana")]
    pub handle: String,
    #[schema(example = "Ana Ribeiro")]
    pub display_name: String,
    #[schema(example = "Mother of Leo, born at 29 weeks.")]
    pub bio: String,
    pub avatar: Option<Image>,
    pub created_at: Instant,
    /// As many as `GET /users/{id}/followers` lists for you.
    #[schema(example = 12)]
    pub followers_count: i64,
    /// As many as `GET /users/{id}/following` lists for you.
    #[schema(example = 9)]
    pub following_count: i64,
    pub relationship: Relationship,
    /// Send it as `If-Match` with a change, so as not to overwrite somebody else's.
    #[schema(example = 3)]
    pub version: i64,
}

/// How the viewer and a person stand. That the person has blocked the viewer is never said: the answer is then 404.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow, utoipa::ToSchema)]
pub struct Relationship {
    /// The person is the viewer.
    pub is_self: bool,
    /// The viewer follows the person.
    pub following: bool,
    /// The person follows the viewer.
    pub followed_by: bool,
    /// The viewer has blocked the person.
    pub blocking: bool,
}
