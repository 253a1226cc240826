//! `POST /auth/signup`: account, profile, use of the invitation and first session, in one transaction.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use village_db::transaction;
use village_http::{Json, Problem, SecurityEvent};
use village_kernel::{Role, UserId};
use village_ports::NewProfile;

use crate::email::Email;
use crate::password::NewPassword;
use crate::refresh_token::RefreshToken;
use crate::session::{Opened, SessionAnswer};
use crate::store::accounts::{self, Account, Refused, Status};
use crate::store::invitations;
use crate::visit::Visit;
use crate::{Auth, AuthError, InvitationRole, RefreshBy, RegistrationMode, Session};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    #[schema(max_length = 254, example = "ana@example.org")]
    pub email: String,
    /// Not one of the most used ones, and not made of your names, your address or the community's name. Compared in one
    /// normal form (RFC 8265), in which its length is counted too.
    #[schema(min_length = 10, max_length = 128, example = "three small yellow boots")]
    pub password: String,
    /// Letters, digits and `_`; 3 to 30. Case does not matter.
    #[schema(min_length = 3, max_length = 30, pattern = "^[A-Za-z0-9_]*$", example = "ana")]
    pub handle: String,
    #[schema(min_length = 1, max_length = 60, example = "Ana Ribeiro")]
    pub display_name: String,
    /// Required when registration is by invitation.
    #[schema(max_length = 64, example = "7k2mq-9xw3d-0ab1c-p5t8z-hn4rj")]
    pub invitation: Option<String>,
    /// How the refresh token is handed over; `body` when absent.
    #[serde(default)]
    pub refresh: RefreshBy,
}

/// Sign up
#[utoipa::path(
    post, path = "/auth/signup", operation_id = "sign_up", tag = "auth",
    security(()),
    request_body = SignUp,
    responses(
        (status = 201, description = "A member, and logged in.", body = Session),
        (status = 403, description = "`invitation_required`, `invitation_invalid`", body = Problem),
        (status = 409, description = "`handle_taken`, `email_taken`", body = Problem),
        (status = 422, description = "`invalid_request`", body = Problem),
        (status = 429, description = "`rate_limited`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn sign_up(
    State(auth): State<Arc<Auth>>,
    visit: Visit,
    Json(request): Json<SignUp>,
) -> Result<SessionAnswer, AuthError> {
    auth.throttles.signup(visit.ip)?;
    let (account, token) = auth.sign_up(&request, &visit).await?;
    auth.session_answer(Opened::SignUp, &account, token, request.refresh, &visit).await
}

impl Auth {
    async fn sign_up(&self, request: &SignUp, visit: &Visit) -> Result<(Account, RefreshToken), AuthError> {
        let (email, password) = self.rules(request)?;
        let code_mac = self.invitation_of(request).await.inspect_err(log_refused_invitation)?;
        let password_hash = self.hasher.hash(password.as_str()).await?;

        let (now, user_agent) = (visit.now, visit.user_agent());
        let mut account = Account {
            user_id: UserId::new(now),
            email: email.typed().to_owned(),
            password_hash,
            role: Role::Member,
            status: Status::Active,
            created_at: now,
            version: 1,
        };
        let profile = NewProfile {
            user: account.user_id,
            handle: request.handle.clone(),
            display_name: request.display_name.clone(),
            created_at: now,
        };
        // Invitation, account, handle: everyone takes these in the same order, so nobody waits in a circle.
        let signed_up = transaction!(&self.db, |tx| -> Result<(Account, RefreshToken, Option<Uuid>), AuthError> {
            let mut invitation = None;
            if let Some(code_mac) = &code_mac {
                let used = invitations::use_once(tx, code_mac, now).await?;
                let (id, role) = used.ok_or(AuthError::InvitationInvalid)?;
                invitation = Some(id);
                account.role = match role {
                    InvitationRole::Owner => Role::Owner,
                    InvitationRole::Member => Role::Member,
                };
            }
            accounts::insert(tx, &account, &email).await?.map_err(|refused| match refused {
                Refused::EmailTaken => AuthError::EmailTaken,
                Refused::OwnerExists => AuthError::InvitationInvalid,
            })?;
            self.profiles.create(tx, profile.clone()).await?;
            let token = self.open_session(tx, account.user_id, &user_agent, now).await?;
            Ok((account.clone(), token, invitation))
        });
        let (account, token, invitation) = signed_up.inspect_err(log_refused_invitation)?;
        if let Some(invitation) = invitation {
            SecurityEvent::new("invitation_used").user(account.user_id).subject(invitation).log();
        }
        let detail = match account.role {
            Role::Owner => "owner",
            Role::Admin => "admin",
            Role::Member => "member",
        };
        SecurityEvent::new("signed_up").user(account.user_id).session(token.session).detail(detail).log();
        Ok((account, token))
    }

    /// The invitation in the request, seen to be usable before a password is hashed for it.
    async fn invitation_of(&self, request: &SignUp) -> Result<Option<Vec<u8>>, AuthError> {
        let code = request.invitation.as_deref().map(str::trim).filter(|code| !code.is_empty());
        let Some(code) = code else {
            return match self.settings.registration {
                RegistrationMode::Open => Ok(None),
                RegistrationMode::Invite => Err(AuthError::InvitationRequired),
            };
        };
        let code_mac = self.invitation_codes.lookup(code).ok_or(AuthError::InvitationInvalid)?;
        let usable = invitations::find_usable(&mut self.db.reader().await?, &code_mac, self.clock.now()).await?;
        usable.map(|_| Some(code_mac)).ok_or(AuthError::InvitationInvalid)
    }

    /// Both at once, so that a person sees all that is wrong. Handle and name are for users to judge.
    fn rules(&self, request: &SignUp) -> Result<(Email, NewPassword), AuthError> {
        let email = Email::parse(&request.email);
        let own = self.words_of(&request.email, &request.handle, &request.display_name);
        let password = NewPassword::parse("password", &request.password, &own);
        match (email, password) {
            (Ok(email), Ok(password)) => Ok((email, password)),
            (Err(AuthError::Invalid(mut fields)), Err(AuthError::Invalid(more))) => {
                fields.extend(more);
                Err(AuthError::Invalid(fields))
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }
}

fn log_refused_invitation(error: &AuthError) {
    if matches!(error, AuthError::InvitationInvalid) {
        SecurityEvent::new("invitation_refused").log();
    }
}
