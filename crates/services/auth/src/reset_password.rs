//! `POST /auth/password/reset`: a new password for who has lost theirs, by a token from `village admin reset-password`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use village_db::transaction;
use village_http::{Json, Problem, SecurityEvent};
use village_kernel::code::without_spaces;
use village_kernel::secret::{random, sha256};
use village_kernel::{Instant, SessionId, UserId, Viewer};

use crate::cookies::SetCookies;
use crate::email::Email;
use crate::password::NewPassword;
use crate::store::accounts::{self, Account};
use crate::store::{resets, sessions};
use crate::visit::Visit;
use crate::{Auth, AuthError};

/// How long a reset link is good for.
const GOOD_FOR: Duration = Duration::from_secs(3600);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasswordByToken {
    /// From the reset link.
    #[schema(max_length = 128, example = "c29tZXRoaW5nIHRoYXQgbm9ib2R5IGNhbiBndWVzcyE")]
    pub token: String,
    #[schema(min_length = 10, max_length = 128, example = "four large green hats")]
    pub new_password: String,
}

/// What to hand to the person, over a channel that only they read.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordReset {
    pub token: String,
    /// Opens the client with the token after the `#`, where no server log sees it.
    pub url: String,
    pub expires_at: Instant,
}

/// Set a new password by a reset token
///
/// Ends all sessions of the account. The token is good for an hour and for one use.
#[utoipa::path(
    post, path = "/auth/password/reset", operation_id = "reset_password", tag = "auth",
    security(()),
    request_body = NewPasswordByToken,
    responses(
        (status = 204, description = "Changed; log in with it."),
        (status = 403, description = "`invalid_reset_token`", body = Problem),
        (status = 422, description = "`invalid_request`", body = Problem),
        (status = 429, description = "`rate_limited`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn reset_password(
    State(auth): State<Arc<Auth>>,
    visit: Visit,
    Json(request): Json<NewPasswordByToken>,
) -> Result<(StatusCode, SetCookies), AuthError> {
    auth.throttles.reset(visit.ip)?;
    let token_hash = sha256(without_spaces(&request.token).as_bytes());
    let mut reader = auth.db.reader().await?;
    let now = visit.now;
    let refused = |user: Option<UserId>| {
        SecurityEvent::new("password_reset_refused").user(user).log();
        AuthError::InvalidResetToken
    };
    let user = resets::find_user(&mut reader, &token_hash, now).await?.ok_or_else(|| refused(None))?;
    let account = accounts::by_id(&mut reader, user).await?.ok_or(AuthError::InvalidResetToken)?;
    drop(reader);
    let (handle, display_name) = auth.names_of(&account).await?;
    let own = auth.words_of(&account.email, &handle, &display_name);
    let password = NewPassword::parse("new_password", &request.new_password, &own)?;
    let hash = auth.hasher.hash(password.as_str()).await?;

    let ended = transaction!(&auth.db, |tx| -> Result<usize, AuthError> {
        // The account first: whoever changes it at the same time waits here, and nobody in a circle.
        if !accounts::set_password(tx, user, account.version, &hash).await?
            || !resets::use_once(tx, &token_hash, now).await?
        {
            return Err(AuthError::InvalidResetToken);
        }
        resets::void_all(tx, user, now).await?;
        let ended = sessions::revoke_all(tx, user, None, now).await?;
        let count = ended.len();
        auth.write_revocations(tx, ended, now).await?;
        Ok(count)
    });
    let ended = ended.map_err(|error| match error {
        AuthError::InvalidResetToken => refused(Some(user)),
        error => error,
    })?;
    SecurityEvent::new("password_reset").user(user).count(ended).log();
    // The person who had lost the password logs in next, from here: an attack on the account must not keep them out.
    let version = account.version + 1;
    auth.note_place(&visit, user, version);
    let (_, cookies) = auth.known_device(&visit, user, version);
    Ok((StatusCode::NO_CONTENT, SetCookies(cookies)))
}

impl Auth {
    /// Handle and name of an account whose owner is not signed in.
    async fn names_of(&self, account: &Account) -> Result<(String, String), AuthError> {
        let viewer = Viewer { user: account.user_id, session: SessionId(Uuid::nil()), role: account.role };
        let mut profiles = self.profiles.summaries(&viewer, &[account.user_id]).await?;
        let profile = profiles.remove(&account.user_id);
        Ok(profile.map(|profile| (profile.handle, profile.display_name)).unwrap_or_default())
    }

    /// A reset link for the account with this e-mail address; [`AuthError::NotFound`] when there is none.
    pub async fn create_password_reset(&self, email: &str) -> Result<PasswordReset, AuthError> {
        let email = Email::parse(email)?;
        let account = accounts::by_email(&mut self.db.reader().await?, &email).await?.ok_or(AuthError::NotFound)?;
        let token = URL_SAFE_NO_PAD.encode(random::<32>());
        let token_hash = sha256(token.as_bytes());
        let now = self.clock.now();
        let expires_at = now.plus(GOOD_FOR);
        transaction!(&self.db, |tx| -> Result<u64, AuthError> {
            Ok(resets::insert(tx, &token_hash, account.user_id, now, expires_at).await?)
        })?;
        SecurityEvent::new("password_reset_link_made").user(account.user_id).log();
        let url = format!("{}/login#reset={token}", self.settings.public_url);
        Ok(PasswordReset { token, url, expires_at })
    }
}
