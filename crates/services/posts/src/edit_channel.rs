//! `PATCH /channels/{id}`

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_http::{Caller, IfMatch, IfMatchHeader, Json, Path, Problem};
use village_kernel::Viewer;

use crate::channel::{Channel, ChannelRef, Membership, parse_description, parse_name};
use crate::{Posts, PostsError, store};

/// What to change; what is left away stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelChanges {
    #[schema(example = "Preemies and their people", min_length = 1, max_length = 60)]
    pub name: Option<String>,
    #[schema(example = "Questions welcome at any hour.", max_length = 500)]
    pub description: Option<String>,
}

/// Rename or describe a channel that you own.
#[utoipa::path(
    patch, path = "/channels/{id}", operation_id = "edit_channel", tag = "posts",
    params(
        ("id" = String, Path, description = "Id or slug", example = "preemies", max_length = 40),
        IfMatchHeader,
    ),
    request_body = ChannelChanges,
    responses(
        (status = 200, body = Channel),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "`not_channel_owner`"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "`version_conflict`"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "`invalid_request`"),
    )
)]
pub(crate) async fn edit_channel(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path(id): Path<String>,
    IfMatch(version): IfMatch,
    Json(changes): Json<ChannelChanges>,
) -> Result<Json<Channel>, Problem> {
    Ok(Json(posts.edit_channel(&viewer, &id, &changes, version).await?))
}

impl Posts {
    pub async fn edit_channel(
        &self,
        viewer: &Viewer,
        channel: &str,
        changes: &ChannelChanges,
        version: Option<i64>,
    ) -> Result<Channel, PostsError> {
        let name = changes.name.as_deref().map(parse_name).transpose()?;
        let description = changes.description.as_deref().map(parse_description).transpose()?;
        let channel = self.owned_channel(viewer, channel).await?;
        if name.is_some() || description.is_some() {
            transaction!(&self.db, |tx| -> Result<(), PostsError> {
                let (name, description) = (name.as_deref(), description.as_deref());
                if !store::channels::update(tx, channel.id, viewer.user, name, description, version).await? {
                    return Err(PostsError::Changed);
                }
                let live = self.live.clone();
                tx.after_commit(move || {
                    live.publish(village_live::Hint::new(village_live::Topic::Channel, channel.id))
                });
                Ok(())
            })?;
        } else if version.is_some_and(|version| version != channel.version) {
            return Err(PostsError::Changed);
        }
        self.channel(viewer, &ChannelRef::Id(channel.id)).await
    }

    /// The channel, if the viewer owns it; the owner never changes.
    pub(crate) async fn owned_channel(&self, viewer: &Viewer, channel: &str) -> Result<Channel, PostsError> {
        let channel = self.channel(viewer, &ChannelRef::parse(channel)?).await?;
        match channel.membership {
            Some(Membership::Owner) => Ok(channel),
            _ => Err(PostsError::NotChannelOwner),
        }
    }
}
