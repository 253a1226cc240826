//! Blocking and unblocking.

use std::sync::Arc;

use axum::extract::State;
use village_db::{Tx, transaction};
use village_events::Unfollowed;
use village_http::{Caller, Json, Path, Problem};
use village_kernel::{UserId, Viewer};
use village_live::{Hint, Topic};

use crate::store::graph;
use crate::{Relationship, Users, UsersError};

/// Neither of you sees what the other posts from now on, neither can write to the other, and neither follows the other.
/// The person is not told; your profile is then not found by them. In groups and channel conversations that you are both
/// in they go on as before: fold their messages there, see "Blocks" in docs/messaging.md.
#[utoipa::path(
    put,
    path = "/users/{id}/block",
    operation_id = "block_user",
    tag = "users",
    summary = "Block a person",
    params(("id" = UserId, Path, description = "The person's id")),
    responses(
        (status = 200, description = "How you stand now", body = Relationship),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 422, description = "`invalid_request`: that is you", body = Problem),
    ),
)]
pub(crate) async fn block(
    State(users): State<Arc<Users>>,
    Caller(viewer): Caller,
    Path(person): Path<UserId>,
) -> Result<Json<Relationship>, UsersError> {
    users.block(&viewer, person).await.map(Json)
}

/// Follows that the block removed do not come back.
#[utoipa::path(
    delete,
    path = "/users/{id}/block",
    operation_id = "unblock_user",
    tag = "users",
    summary = "Unblock a person",
    params(("id" = UserId, Path, description = "The person's id")),
    responses(
        (status = 200, description = "How you stand now", body = Relationship),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 422, description = "`invalid_request`: that is you", body = Problem),
    ),
)]
pub(crate) async fn unblock(
    State(users): State<Arc<Users>>,
    Caller(viewer): Caller,
    Path(person): Path<UserId>,
) -> Result<Json<Relationship>, UsersError> {
    users.unblock(&viewer, person).await.map(Json)
}

impl Users {
    pub async fn block(&self, viewer: &Viewer, person: UserId) -> Result<Relationship, UsersError> {
        let me = viewer.user;
        if me == person {
            return Err(UsersError::Yourself);
        }
        transaction!(&self.db, |tx| -> Result<Relationship, UsersError> {
            if !graph::lock_pair(tx, me, person).await? {
                return Err(UsersError::NotFound);
            }
            graph::relationship(tx, viewer, person).await?.ok_or(UsersError::NotFound)?;
            graph::insert_block(tx, me, person, self.clock.now()).await?;
            self.announce_blocks(tx, me, person);
            for (follower, followee) in [(me, person), (person, me)] {
                if graph::delete_follow(tx, follower, followee).await? {
                    self.outbox.publish(tx, &Unfollowed { follower_id: follower, followee_id: followee }).await?;
                }
            }
            Ok(Relationship { blocking: true, ..Relationship::default() })
        })
    }

    pub async fn unblock(&self, viewer: &Viewer, person: UserId) -> Result<Relationship, UsersError> {
        let me = viewer.user;
        if me == person {
            return Err(UsersError::Yourself);
        }
        transaction!(&self.db, |tx| -> Result<Relationship, UsersError> {
            if !graph::lock_pair(tx, me, person).await? {
                return Err(UsersError::NotFound);
            }
            // Before it is asked whether the viewer may know of them: a block of one's own can always be taken back.
            let removed = graph::delete_block(tx, me, person).await?;
            if removed {
                self.announce_blocks(tx, me, person);
            }
            match graph::relationship(tx, viewer, person).await? {
                Some(relationship) => Ok(relationship),
                None if removed => Ok(Relationship::default()),
                None => Err(UsersError::NotFound),
            }
        })
    }

    /// Tells the blocker's devices after the commit, and has it looked at who sees either of the two come and go. The
    /// other's devices are told nothing else.
    fn announce_blocks(&self, tx: &mut Tx, me: UserId, person: UserId) {
        let live = self.live.clone();
        tx.after_commit(move || {
            live.publish(Hint::new(Topic::Blocks, me));
            for user in [me, person] {
                live.publish(Hint::new(Topic::Presence, user).mark(2));
            }
        });
    }
}
