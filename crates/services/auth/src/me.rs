//! `GET /auth/me`: who I am.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use village_http::{Caller, Json, Problem};
use village_kernel::{Instant, Role, UserId, Viewer};
use village_ports::Image;

use crate::store::accounts::{self, Account};
use crate::{Auth, AuthError};

/// The signed-in person: account and profile together. Only they see their e-mail address.
#[derive(Clone, Serialize, ToSchema)]
pub struct Me {
    pub id: UserId,
    #[schema(example = "ana")]
    pub handle: String,
    #[schema(example = "Ana Ribeiro")]
    pub display_name: String,
    #[schema(example = "ana@example.org")]
    pub email: String,
    pub role: Role,
    pub avatar: Option<Image>,
    pub created_at: Instant,
}

/// Who am I
#[utoipa::path(
    get, path = "/auth/me", operation_id = "get_me", tag = "auth",
    responses(
        (status = 200, description = "The signed-in person.", body = Me),
        (status = 401, description = "`unauthenticated`", body = Problem),
    ),
)]
pub(crate) async fn me(State(auth): State<Arc<Auth>>, Caller(viewer): Caller) -> Result<Json<Me>, AuthError> {
    let account = accounts::by_id(&mut auth.db.reader().await?, viewer.user).await?.ok_or(AuthError::NotFound)?;
    auth.me_of(&viewer, &account).await.map(Json)
}

impl Auth {
    pub(crate) async fn me_of(&self, viewer: &Viewer, account: &Account) -> Result<Me, AuthError> {
        let mut profiles = self.profiles.summaries(viewer, &[account.user_id]).await?;
        let profile = profiles.remove(&account.user_id).ok_or(AuthError::NotFound)?;
        Ok(Me {
            id: account.user_id,
            handle: profile.handle,
            display_name: profile.display_name,
            email: account.email.clone(),
            role: account.role,
            avatar: profile.avatar,
            created_at: account.created_at,
        })
    }
}
