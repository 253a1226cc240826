//! Owned by posts: what others may show of posts and channels.

use std::collections::HashMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use village_db::Tx;
use village_kernel::{ChannelId, PostId, UserId, Viewer};

/// Who may read a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Visibility {
    /// Everyone in the community reads and may join.
    Open,
    /// Members only, who join by invitation.
    Private,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChannelSummary {
    pub id: ChannelId,
    #[schema(example = "preemies")]
    pub slug: String,
    #[schema(example = "Preemies")]
    pub name: String,
    pub visibility: Visibility,
}

/// As much of a post as a notification shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PostExcerpt {
    pub id: PostId,
    pub author_id: UserId,
    /// The first 120 characters.
    pub excerpt: String,
    pub channel: Option<ChannelSummary>,
}

#[async_trait]
pub trait ChannelAccess: Send + Sync {
    /// The channels among `ids` that the viewer may know of now.
    async fn summaries(
        &self,
        viewer: &Viewer,
        ids: &[ChannelId],
    ) -> village_db::Result<HashMap<ChannelId, ChannelSummary>>;

    /// Whether `user` is a member of the channel; they stay one until the caller's transaction ends.
    async fn hold_membership(&self, tx: &mut Tx, channel: ChannelId, user: UserId) -> village_db::Result<bool>;
}

#[async_trait]
pub trait PostAccess: Send + Sync {
    /// The posts among `ids` that the viewer may see now.
    async fn visible(&self, viewer: &Viewer, ids: &[PostId]) -> village_db::Result<HashMap<PostId, PostExcerpt>>;

    /// Those among `readers` who may see the post now: for deciding whom to tell of it.
    async fn readers_among(&self, post: PostId, readers: &[UserId]) -> village_db::Result<Vec<UserId>>;

    /// A page of the people whose feed the post belongs in (open channel: followers of the author and members;
    /// private channel: members; no channel: followers), the author left out, in the order of ids after `after`.
    async fn audience(&self, post: PostId, after: Option<UserId>, limit: u32) -> village_db::Result<Vec<UserId>>;
}

/// Asked by auth in the transaction that suspends a person: who counts what people leave notes where this person left
/// something, so that it can be subtracted from counts without looking at everybody who is suspended.
#[async_trait]
pub trait SuspendedTraces: Send + Sync {
    /// After the account's row says that it is suspended. Doing it twice is doing it once; nothing undoes it, because
    /// the notes do not say that somebody is suspended.
    async fn suspended(&self, tx: &mut Tx, user: UserId) -> village_db::Result<()>;
}
