//! `GET /auth/registration`: how one becomes a member here.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use village_http::Json;

use crate::store::accounts;
use crate::{Auth, AuthError, RegistrationMode};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Registration {
    pub mode: RegistrationMode,
    #[schema(example = "Little Lions")]
    pub community_name: String,
    /// Nobody owns the community yet: its first invitation was printed when the server started.
    #[schema(example = false)]
    pub needs_owner: bool,
}

/// How one becomes a member here
#[utoipa::path(
    get, path = "/auth/registration", operation_id = "get_registration", tag = "auth",
    security(()),
    responses((status = 200, description = "Who may sign up.", body = Registration)),
)]
pub(crate) async fn registration(State(auth): State<Arc<Auth>>) -> Result<Json<Registration>, AuthError> {
    Ok(Json(Registration {
        mode: auth.settings.registration,
        community_name: auth.settings.community_name.clone(),
        needs_owner: !auth.has_owner().await?,
    }))
}

impl Auth {
    /// Asks the database only until the answer is yes.
    async fn has_owner(&self) -> village_db::Result<bool> {
        if self.has_owner.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let has_owner = accounts::has_owner(&mut self.db.reader().await?).await?;
        self.has_owner.fetch_or(has_owner, Ordering::Relaxed);
        Ok(has_owner)
    }
}
