//! `GET /auth/invitations/{code}`: whether an invitation can be used, before anyone types a word.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use village_http::{ClientIp, Json, Path, Problem, SecurityEvent};
use village_kernel::Instant;

use crate::store::invitations;
use crate::{Auth, AuthError, InvitationRole};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct InvitationCheck {
    pub role: InvitationRole,
    pub expires_at: Instant,
}

/// Check an invitation
#[utoipa::path(
    get, path = "/auth/invitations/{code}", operation_id = "check_invitation", tag = "auth",
    security(()),
    params(("code" = String, Path, description = "From the invitation; hyphens and case do not matter.",
            example = "7k2mq-9xw3d-0ab1c-p5t8z-hn4rj", max_length = 64)),
    responses(
        (status = 200, description = "It can be used.", body = InvitationCheck),
        (status = 404, description = "`not_found`: it does not exist, was used up or has expired.", body = Problem),
        (status = 429, description = "`rate_limited`", body = Problem),
    ),
)]
pub(crate) async fn check_invitation(
    State(auth): State<Arc<Auth>>,
    ip: ClientIp,
    Path(code): Path<String>,
) -> Result<Json<InvitationCheck>, AuthError> {
    auth.throttles.invitation(ip)?;
    let found = match auth.invitation_codes.lookup(&code) {
        Some(code_mac) => invitations::find_usable(&mut auth.db.reader().await?, &code_mac, auth.clock.now()).await?,
        None => None,
    };
    let Some(invitation) = found else {
        SecurityEvent::new("invitation_refused").log();
        return Err(AuthError::NotFound);
    };
    Ok(Json(InvitationCheck { role: invitation.role, expires_at: invitation.expires_at }))
}
