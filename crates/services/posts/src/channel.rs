//! A channel as it is shown, and the rules of its names.

use serde::{Deserialize, Serialize};
use village_kernel::text::{self, index_words, multi_line};
use village_kernel::{ChannelId, Instant};
use village_ports::{UserSummary, Visibility};

use crate::PostsError;
use crate::slug::parse_slug;

/// A channel the caller may know of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Channel {
    pub id: ChannelId,
    #[schema(example = "preemies")]
    pub slug: String,
    #[schema(example = "Preemies")]
    pub name: String,
    pub visibility: Visibility,
    #[schema(example = "Born too soon: questions, hope, and company at night.")]
    pub description: String,
    /// As many as `GET /channels/{id}/members` lists for you, or would list if you joined.
    #[schema(example = 48)]
    pub member_count: i64,
    /// What you are there; null when nothing.
    pub membership: Option<Membership>,
    pub created_at: Instant,
    /// Grows with each edit; send it as `If-Match` to change only what you have seen.
    #[schema(example = 1)]
    pub version: i64,
}

impl Channel {
    /// Whether the viewer it was read for is a member.
    pub(crate) fn is_joined(&self) -> bool {
        matches!(self.membership, Some(Membership::Owner | Membership::Member))
    }

    /// Whether the viewer it was read for may read the posts and the members.
    pub(crate) fn is_readable(&self) -> bool {
        self.visibility == Visibility::Open || self.is_joined()
    }
}

/// What a person is in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    Owner,
    Member,
    /// May join; until then sees that the channel exists, and nothing in it if it is private.
    Invited,
}

/// The role of one who has joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ChannelRole {
    Owner,
    Member,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChannelMember {
    pub user: UserSummary,
    pub role: ChannelRole,
    pub joined_at: Instant,
}

/// How a path names a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChannelRef {
    Id(ChannelId),
    Slug(String),
}

impl ChannelRef {
    /// What can be neither an id nor a slug is not there.
    pub(crate) fn parse(text: &str) -> Result<Self, PostsError> {
        match text.parse::<ChannelId>() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => parse_slug(text).map(Self::Slug).map_err(|_| PostsError::NotFound),
        }
    }
}

pub(crate) fn parse_name(text: &str) -> Result<String, PostsError> {
    text::name(text, 60).map_err(|error| PostsError::text("name", error))
}

pub(crate) fn parse_description(text: &str) -> Result<String, PostsError> {
    multi_line(text, 0, 500).map_err(|error| PostsError::text("description", error))
}

/// Slug and name as they are searched, with a space before each word.
pub(crate) fn search_text(slug: &str, name: &str) -> String {
    format!(" {} {}", index_words(slug), index_words(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_channel_by_id_or_slug() {
        let id = "01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77";
        assert_eq!(ChannelRef::parse(id).unwrap(), ChannelRef::Id(id.parse().unwrap()));
        assert_eq!(ChannelRef::parse("preemies").unwrap(), ChannelRef::Slug("preemies".into()));
        assert!(matches!(ChannelRef::parse("a\0b"), Err(PostsError::NotFound)));
    }
}
