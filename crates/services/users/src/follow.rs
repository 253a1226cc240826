//! Following and no longer following.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_events::{Followed, Unfollowed};
use village_http::{Caller, Json, Path, Problem};
use village_kernel::{UserId, Viewer};

use crate::store::graph;
use crate::{Relationship, Users, UsersError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowRequest {
    /// Whom to follow.
    pub user_id: UserId,
}

/// Following somebody twice is following once.
#[utoipa::path(
    post,
    path = "/users/follow",
    operation_id = "follow_user",
    tag = "users",
    summary = "Follow a person",
    request_body = FollowRequest,
    responses(
        (status = 200, description = "How you stand now", body = Relationship),
        (status = 404, description = "`not_found`: no such person, or a block stands between you", body = Problem),
        (status = 422, description = "`invalid_request`: that is you", body = Problem),
    ),
)]
pub(crate) async fn follow(
    State(users): State<Arc<Users>>,
    Caller(viewer): Caller,
    Json(request): Json<FollowRequest>,
) -> Result<Json<Relationship>, UsersError> {
    users.follow(&viewer, request.user_id).await.map(Json)
}

/// Says how you stand, also when you did not follow the person.
#[utoipa::path(
    delete,
    path = "/users/{id}/follow",
    operation_id = "unfollow_user",
    tag = "users",
    summary = "Stop following a person",
    params(("id" = UserId, Path, description = "The person's id")),
    responses(
        (status = 200, description = "How you stand now", body = Relationship),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 422, description = "`invalid_request`: that is you", body = Problem),
    ),
)]
pub(crate) async fn unfollow(
    State(users): State<Arc<Users>>,
    Caller(viewer): Caller,
    Path(person): Path<UserId>,
) -> Result<Json<Relationship>, UsersError> {
    users.unfollow(&viewer, person).await.map(Json)
}

impl Users {
    pub async fn follow(&self, viewer: &Viewer, followee: UserId) -> Result<Relationship, UsersError> {
        let follower = viewer.user;
        if follower == followee {
            return Err(UsersError::Yourself);
        }
        transaction!(&self.db, |tx| -> Result<Relationship, UsersError> {
            if !graph::lock_pair(tx, follower, followee).await? {
                return Err(UsersError::NotFound);
            }
            let before = graph::relationship(tx, viewer, followee).await?.ok_or(UsersError::NotFound)?;
            if before.blocking {
                return Err(UsersError::NotFound);
            }
            if graph::insert_follow(tx, follower, followee, self.clock.now()).await? {
                self.outbox.publish(tx, &Followed { follower_id: follower, followee_id: followee }).await?;
            }
            Ok(Relationship { following: true, ..before })
        })
    }

    pub async fn unfollow(&self, viewer: &Viewer, followee: UserId) -> Result<Relationship, UsersError> {
        let follower = viewer.user;
        if follower == followee {
            return Err(UsersError::Yourself);
        }
        transaction!(&self.db, |tx| -> Result<Relationship, UsersError> {
            if !graph::lock_pair(tx, follower, followee).await? {
                return Err(UsersError::NotFound);
            }
            let before = graph::relationship(tx, viewer, followee).await?.ok_or(UsersError::NotFound)?;
            if graph::delete_follow(tx, follower, followee).await? {
                self.outbox.publish(tx, &Unfollowed { follower_id: follower, followee_id: followee }).await?;
            }
            Ok(Relationship { following: false, ..before })
        })
    }
}
