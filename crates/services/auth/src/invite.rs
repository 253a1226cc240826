//! `POST /auth/invitations`: asking people in; and the first invitation, which makes the owner.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use village_db::transaction;
use village_http::{Caller, FieldError, Idempotency, IdempotencyKeyHeader, Json, Problem, SecurityEvent};
use village_kernel::{Instant, id};

use crate::store::accounts;
use crate::store::invitations::{self, InvitationRow};
use crate::{Auth, AuthError};

const DAY: Duration = Duration::from_secs(24 * 3600);
const DEFAULT_DAYS: u32 = 7;
const MAX_DAYS: u32 = 30;
const MAX_USES: u32 = 100;

/// Unused invitations that one member may have at a time.
const MOST_OPEN: i64 = 50;

/// What whoever uses the invitation becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum InvitationRole {
    Owner,
    Member,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// How many people may use it, 1 to 100; 1 when absent.
    #[schema(minimum = 1, maximum = 100, example = 1)]
    pub uses: Option<u32>,
    /// Days until it expires, 1 to 30; 7 when absent.
    #[schema(minimum = 1, maximum = 30, example = 7)]
    pub expires_in_days: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Invitation {
    /// Whoever has it can join: give it only to those you invite.
    #[schema(example = "7k2mq-9xw3d-0ab1c-p5t8z-hn4rj")]
    pub code: String,
    #[schema(example = "https://village.example.org/join/7k2mq-9xw3d-0ab1c-p5t8z-hn4rj")]
    pub url: String,
    pub role: InvitationRole,
    #[schema(example = 1)]
    pub uses_left: i64,
    pub expires_at: Instant,
}

/// Invite people
///
/// Makes an invitation to join as a member. Any member may.
#[utoipa::path(
    post, path = "/auth/invitations", operation_id = "create_invitation", tag = "auth",
    params(IdempotencyKeyHeader),
    request_body = NewInvitation,
    responses(
        (status = 201, description = "The invitation.", body = Invitation),
        (status = 401, description = "`unauthenticated`", body = Problem),
        (status = 409, description = "`too_many_invitations`, `idempotency_key_reused`", body = Problem),
        (status = 422, description = "`invalid_request`", body = Problem),
    ),
)]
pub(crate) async fn invite(
    State(auth): State<Arc<Auth>>,
    Caller(viewer): Caller,
    idempotency: Idempotency,
    Json(request): Json<NewInvitation>,
) -> Result<(StatusCode, Json<Invitation>), AuthError> {
    let (uses, days) = rules(&request)?;
    let now = auth.clock.now();
    let row = InvitationRow {
        invitation_id: id::uuid_at(now),
        role: InvitationRole::Member,
        uses_left: i64::from(uses),
        expires_at: now.plus(DAY * days),
    };
    let code_mac = auth.code_mac(row.invitation_id);
    let made = transaction!(&auth.db, |tx| -> Result<InvitationRow, AuthError> {
        if let Some(earlier) = idempotency.claim(tx, viewer.user, &request, row.invitation_id, now).await? {
            return invitations::by_id(tx, earlier).await?.ok_or(AuthError::NotFound);
        }
        if !invitations::insert(tx, &row, &code_mac, Some(viewer.user), now, MOST_OPEN).await? {
            return Err(AuthError::TooManyInvitations);
        }
        invitations::by_id(tx, row.invitation_id).await?.ok_or(AuthError::NotFound)
    })?;
    if made.invitation_id == row.invitation_id {
        SecurityEvent::new("invitation_made").user(viewer.user).subject(made.invitation_id).log();
    }
    Ok((StatusCode::CREATED, Json(auth.shown(&made))))
}

/// Uses and days, or which of them is wrong.
fn rules(request: &NewInvitation) -> Result<(u32, u32), AuthError> {
    let (uses, days) = (request.uses.unwrap_or(1), request.expires_in_days.unwrap_or(DEFAULT_DAYS));
    let mut wrong = Vec::new();
    for (field, value, max) in [("uses", uses, MAX_USES), ("expires_in_days", days, MAX_DAYS)] {
        if !(1..=max).contains(&value) {
            let message = format!("must be a number from 1 to {max}");
            wrong.push(FieldError { field: field.to_owned(), code: "out_of_range".into(), message });
        }
    }
    if wrong.is_empty() { Ok((uses, days)) } else { Err(AuthError::Invalid(wrong)) }
}

impl Auth {
    /// An invitation from the server itself: `village admin invite`. The limits are those of people's invitations.
    pub async fn create_invitation(&self, role: InvitationRole, uses: u32, days: u32) -> Result<Invitation, AuthError> {
        let request = NewInvitation { uses: Some(uses), expires_in_days: Some(days) };
        let (uses, days) = rules(&request)?;
        let now = self.clock.now();
        let row = InvitationRow {
            invitation_id: id::uuid_at(now),
            role,
            uses_left: i64::from(uses),
            expires_at: now.plus(DAY * days),
        };
        let code_mac = self.code_mac(row.invitation_id);
        transaction!(&self.db, |tx| -> Result<bool, AuthError> {
            Ok(invitations::insert(tx, &row, &code_mac, None, now, MOST_OPEN).await?)
        })?;
        SecurityEvent::new("invitation_made").subject(row.invitation_id).detail("by_operator").log();
        Ok(self.shown(&row))
    }

    /// While the community has no owner: the invitation that makes one, the same at every start. `None` afterwards.
    pub async fn ensure_first_invitation(&self) -> Result<Option<Invitation>, AuthError> {
        let now = self.clock.now();
        let fresh = id::uuid_at(now);
        let first = transaction!(&self.db, |tx| -> Result<Option<InvitationRow>, AuthError> {
            if accounts::has_owner(tx).await? {
                return Ok(None);
            }
            let expires_at = now.plus(DAY * MAX_DAYS);
            Ok(Some(invitations::open_first(tx, fresh, |id| self.code_mac(id), now, expires_at).await?))
        })?;
        Ok(first.map(|row| self.shown(&row)))
    }

    fn shown(&self, row: &InvitationRow) -> Invitation {
        let code = self.invitation_codes.code(row.invitation_id);
        let url = format!("{}/join/{code}", self.settings.public_url);
        Invitation { code, url, role: row.role, uses_left: row.uses_left, expires_at: row.expires_at }
    }

    fn code_mac(&self, invitation: uuid::Uuid) -> Vec<u8> {
        self.invitation_codes.lookup(&self.invitation_codes.code(invitation)).expect("a code that was made is a code")
    }
}
