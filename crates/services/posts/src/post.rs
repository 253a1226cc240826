//! A post as it is shown, and the rules of its text.

use serde::{Deserialize, Serialize};
use village_kernel::text::{caption, multi_line};
use village_kernel::{Instant, PostId};
use village_ports::{ChannelSummary, Image, UserSummary};

use crate::PostsError;

pub(crate) const MAX_BODY: usize = 5_000;
pub(crate) const MAX_IMAGES: usize = 10;
pub(crate) const MAX_ALT: usize = 500;

/// A post that the caller may see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Post {
    pub id: PostId,
    pub author: UserSummary,
    /// Null when it went to the author's followers only.
    pub channel: Option<ChannelSummary>,
    #[schema(example = "Home at last, after 61 days. Thank you all for every answer at 3 a.m.", max_length = 5000)]
    pub body: String,
    /// At most 10.
    pub images: Vec<Image>,
    /// As many as `GET /posts/{id}/likes` lists for you.
    #[schema(example = 12)]
    pub like_count: i64,
    /// As many as `GET /posts/{id}/comments` lists for you: without deleted ones and those of people you do not see.
    #[schema(example = 3)]
    pub comment_count: i64,
    /// Whether you like it.
    pub liked: bool,
    /// Whether you may delete it: your own, in a channel you own, or because you moderate the community.
    pub can_delete: bool,
    pub created_at: Instant,
}

/// The text of a post: at most 5,000 characters, possibly none.
pub(crate) fn parse_body(text: &str) -> Result<String, PostsError> {
    multi_line(text, 0, MAX_BODY).map_err(|error| PostsError::text("body", error))
}

/// What stands for an image: at most 500 characters on one line, possibly none.
pub(crate) fn parse_alt(position: usize, text: &str) -> Result<String, PostsError> {
    caption(text, MAX_ALT).map_err(|error| PostsError::text(format!("media[{position}].alt"), error))
}
