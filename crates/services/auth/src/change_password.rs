//! `POST /auth/password`

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use village_db::transaction;
use village_http::{Caller, Json, Problem, SecurityEvent};

use crate::cookies::SetCookies;
use crate::password::NewPassword;
use crate::secret_text::TypedPassword;
use crate::store::{accounts, resets, sessions};
use crate::visit::Visit;
use crate::{Auth, AuthError};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    #[schema(max_length = 128, example = "three small yellow boots")]
    pub current_password: String,
    #[schema(min_length = 10, max_length = 128, example = "four large green hats")]
    pub new_password: String,
}

/// Change my password
///
/// Ends all other sessions, so that whoever knew the old password is out.
#[utoipa::path(
    post, path = "/auth/password", operation_id = "change_password", tag = "auth",
    request_body = PasswordChange,
    responses(
        (status = 204, description = "Changed; the other sessions have ended."),
        (status = 401, description = "`unauthenticated`", body = Problem),
        (status = 403, description = "`wrong_password`", body = Problem),
        (status = 422, description = "`invalid_request`", body = Problem),
        (status = 429, description = "`rate_limited`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn change_password(
    State(auth): State<Arc<Auth>>,
    Caller(viewer): Caller,
    visit: Visit,
    Json(request): Json<PasswordChange>,
) -> Result<(StatusCode, SetCookies), AuthError> {
    // A stolen access token must not be a way to try passwords.
    auth.throttles.own_password(viewer.user, viewer.session)?;
    let account = accounts::by_id(&mut auth.db.reader().await?, viewer.user).await?.ok_or(AuthError::NotFound)?;
    let me = auth.me_of(&viewer, &account).await?;
    let own = auth.words_of(&me.email, &me.handle, &me.display_name);
    let password = NewPassword::parse("new_password", &request.new_password, &own)?;
    let wrong = || {
        SecurityEvent::new("password_change_refused").user(viewer.user).session(viewer.session).log();
        AuthError::WrongPassword
    };
    let current = TypedPassword::new(&request.current_password).ok_or_else(wrong)?;
    if !auth.hasher.verify(&current, Some(&account.password_hash), true).await?.right {
        return Err(wrong());
    }
    let hash = auth.hasher.hash(password.as_str()).await?;

    let now = visit.now;
    let ended = transaction!(&auth.db, |tx| -> Result<usize, AuthError> {
        // Changed meanwhile: the password that was checked is not the current one any more.
        if !accounts::set_password(tx, account.user_id, account.version, &hash).await? {
            return Err(AuthError::WrongPassword);
        }
        resets::void_all(tx, account.user_id, now).await?;
        let ended = sessions::revoke_all(tx, account.user_id, Some(viewer.session), now).await?;
        let count = ended.len();
        auth.write_revocations(tx, ended, now).await?;
        Ok(count)
    })?;
    SecurityEvent::new("password_changed").user(viewer.user).session(viewer.session).count(ended).log();
    // The new password makes strangers of all devices but this one.
    let version = account.version + 1;
    auth.note_place(&visit, account.user_id, version);
    let cookies = match auth.keeps_cookies(&visit) {
        true => auth.known_device(&visit, account.user_id, version).1,
        false => Vec::new(),
    };
    Ok((StatusCode::NO_CONTENT, SetCookies(cookies)))
}
