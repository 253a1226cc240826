//! `PUT /channels/{id}/invitations/{user_id}`, `DELETE /channels/{id}/invitations/{user_id}`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use village_db::{Tx, transaction};
use village_events::{ChannelInvitationEnded, ChannelInvited};
use village_http::{Caller, Path, Problem};
use village_kernel::{ChannelId, UserId, Viewer};

use crate::{Posts, PostsError, store};

/// Invite a person to a channel that you own, and tell them. Doing it twice is one invitation; a member needs none.
#[utoipa::path(
    put, path = "/channels/{id}/invitations/{user_id}", operation_id = "invite_to_channel", tag = "posts",
    params(("id" = String, Path, description = "Id or slug", example = "preemies", max_length = 40), ("user_id" = UserId, Path)),
    responses(
        (status = 204, description = "Invited"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "`not_channel_owner`"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    )
)]
pub(crate) async fn invite_to_channel(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path((id, user)): Path<(String, UserId)>,
) -> Result<StatusCode, Problem> {
    posts.invite_to_channel(&viewer, &id, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Withdraw an invitation that has not been used. Who has joined stays.
#[utoipa::path(
    delete, path = "/channels/{id}/invitations/{user_id}", operation_id = "withdraw_channel_invitation", tag = "posts",
    params(("id" = String, Path, description = "Id or slug", example = "preemies", max_length = 40), ("user_id" = UserId, Path)),
    responses(
        (status = 204, description = "There is no such invitation any more"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "`not_channel_owner`"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    )
)]
pub(crate) async fn withdraw_channel_invitation(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path((id, user)): Path<(String, UserId)>,
) -> Result<StatusCode, Problem> {
    posts.withdraw_channel_invitation(&viewer, &id, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Posts {
    pub async fn invite_to_channel(&self, viewer: &Viewer, channel: &str, user: UserId) -> Result<(), PostsError> {
        let channel = self.owned_channel(viewer, channel).await?;
        let now = self.clock.now();
        transaction!(&self.db, |tx| -> Result<(), PostsError> {
            if !store::channels::knows_person(tx, viewer, user).await? {
                return Err(PostsError::NotFound);
            }
            if store::channels::invite(tx, channel.id, user, viewer.user, now).await? {
                let event = ChannelInvited { channel_id: channel.id, user_id: user, invited_by: viewer.user };
                self.outbox.publish(tx, &event).await?;
            }
            Ok(())
        })
    }

    pub async fn withdraw_channel_invitation(
        &self,
        viewer: &Viewer,
        channel: &str,
        user: UserId,
    ) -> Result<(), PostsError> {
        let channel = self.owned_channel(viewer, channel).await?;
        transaction!(&self.db, |tx| -> Result<(), PostsError> {
            self.end_invitation(tx, channel.id, user).await?;
            Ok(())
        })
    }

    /// The invitation is used, declined or withdrawn; `false` when there was none.
    pub(crate) async fn end_invitation(
        &self,
        tx: &mut Tx,
        channel: ChannelId,
        user: UserId,
    ) -> village_db::Result<bool> {
        let Some(invited_by) = store::channels::take_invitation(tx, channel, user).await? else { return Ok(false) };
        let event = ChannelInvitationEnded { channel_id: channel, user_id: user, invited_by };
        self.outbox.publish(tx, &event).await?;
        Ok(true)
    }
}
