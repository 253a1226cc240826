use serde::{Deserialize, Serialize};
use village_kernel::UserId;

use crate::Event;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    pub follower_id: UserId,
    pub followee_id: UserId,
}

impl Event for Followed {
    const TYPE: &'static str = "users.followed.v1";
    fn subject(&self) -> String {
        self.followee_id.to_string()
    }
}

/// Also published for both directions when one person blocks the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfollowed {
    pub follower_id: UserId,
    pub followee_id: UserId,
}

impl Event for Unfollowed {
    const TYPE: &'static str = "users.unfollowed.v1";
    fn subject(&self) -> String {
        self.followee_id.to_string()
    }
}
