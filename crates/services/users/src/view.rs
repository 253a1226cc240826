//! Reading a profile.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use village_db::Connection;
use village_http::{Caller, Path, Problem, Versioned};
use village_kernel::Viewer;

use crate::handle::PersonRef;
use crate::store::profiles;
use crate::{User, Users, UsersError};

/// Also for those the caller has blocked (`relationship.blocking` is then true, so that they can be unblocked).
/// Somebody who blocked the caller is not found.
#[utoipa::path(
    get,
    path = "/users/{id}",
    operation_id = "get_user",
    tag = "users",
    summary = "Read a profile",
    params(("id" = String, Path, description = "The person's id, or `@handle` in any case", example = "@ana", max_length = 36)),
    responses(
        (
            status = 200,
            description = "The profile",
            body = User,
            headers(("ETag" = String, description = "Send it as `If-None-Match`")),
        ),
        (status = 304, description = "You have the newest"),
        (status = 404, description = "`not_found`", body = Problem),
    ),
)]
pub(crate) async fn get_user(
    State(users): State<Arc<Users>>,
    Caller(viewer): Caller,
    headers: HeaderMap,
    Path(person): Path<String>,
) -> Result<Versioned<User>, UsersError> {
    let person = PersonRef::parse(&person).ok_or(UsersError::NotFound)?;
    let user = users.read(&mut users.db.reader().await?, &viewer, &person).await?;
    Ok(Versioned::new(&headers, user))
}

impl Users {
    pub(crate) async fn read(
        &self,
        conn: &mut impl Connection,
        viewer: &Viewer,
        person: &PersonRef,
    ) -> Result<User, UsersError> {
        let row = profiles::find(conn, viewer, person).await?.ok_or(UsersError::NotFound)?;
        let avatar = match row.avatar_media_id {
            Some(id) => self.media.images(&[id]).await?.remove(&id),
            None => None,
        };
        Ok(User {
            id: row.user_id,
            handle: row.handle,
            display_name: row.display_name,
            bio: row.bio,
            avatar,
            created_at: row.created_at,
            followers_count: row.followers_count,
            following_count: row.following_count,
            relationship: row.relationship,
            version: row.version,
        })
    }
}
