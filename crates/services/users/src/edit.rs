//! Editing one's own profile.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize};
use village_db::{Tx, transaction};
use village_http::{Caller, FieldError, IfMatch, IfMatchHeader, Json, Problem};
use village_kernel::text::TextError;
use village_kernel::{MediaId, UserId, Viewer};
use village_live::{Hint, Topic};
use village_ports::{AttachError, MediaPurpose};

use crate::handle::PersonRef;
use crate::look::{self, name_looks, passes_for_staff};
use crate::name::{Bio, DisplayName, MISLEADING_NAME, STAFF_NAME};
use crate::store::looks;
use crate::store::profiles::{self, ProfileChange};
use crate::{User, Users, UsersError};

/// Fields that are absent stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EditProfile {
    /// One line.
    #[schema(example = "Ana Ribeiro", min_length = 1, max_length = 60)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[schema(example = "Mother of Leo, born at 29 weeks.", max_length = 500)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bio: Option<String>,
    /// An image of yours, uploaded with the purpose `avatar`; null removes the avatar.
    #[schema(value_type = Option<MediaId>)]
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub avatar_media_id: Option<Option<MediaId>>,
}

/// Tells null from absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<MediaId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Send `If-Match: "<version>"` to refuse the change when the profile was changed elsewhere meanwhile.
#[utoipa::path(
    patch,
    path = "/users/me",
    operation_id = "edit_profile",
    tag = "users",
    summary = "Edit your profile",
    params(IfMatchHeader),
    request_body = EditProfile,
    responses(
        (status = 200, description = "The profile as it is now", body = User),
        (status = 409, description = "`media_not_ready`", body = Problem),
        (status = 412, description = "`version_conflict`", body = Problem),
        (status = 422, description = "`invalid_request`", body = Problem),
    ),
)]
pub(crate) async fn edit_profile(
    State(users): State<Arc<Users>>,
    Caller(viewer): Caller,
    IfMatch(expected): IfMatch,
    Json(request): Json<EditProfile>,
) -> Result<Json<User>, UsersError> {
    users.edit_profile(&viewer, expected, request).await.map(Json)
}

impl Users {
    pub async fn edit_profile(
        &self,
        viewer: &Viewer,
        expected_version: Option<i64>,
        request: EditProfile,
    ) -> Result<User, UsersError> {
        let me = viewer.user;
        let avatar = request.avatar_media_id;
        let change = parse(request)?;
        transaction!(&self.db, |tx| -> Result<(), UsersError> {
            let Some(handle) = profiles::update(tx, me, &change, expected_version).await? else {
                return Err(if expected_version.is_some() {
                    UsersError::VersionConflict
                } else {
                    UsersError::NotFound
                });
            };
            if let Some(name) = &change.display_name {
                rename(tx, me, &handle, name).await?;
            }
            if let Some(avatar) = avatar {
                self.change_avatar(tx, me, avatar).await?;
            }
            let (cache, live) = (self.cache.clone(), self.live.clone());
            tx.after_commit(move || {
                cache.forget(me);
                live.publish(Hint::new(Topic::Profile, me));
            });
            Ok(())
        })?;
        self.read(&mut self.db.reader().await?, viewer, &PersonRef::Id(me)).await
    }

    /// The image that was the avatar belongs to nothing any more, so it is given up.
    async fn change_avatar(&self, tx: &mut Tx, me: UserId, avatar: Option<MediaId>) -> Result<(), UsersError> {
        let before = profiles::replace_avatar(tx, me, avatar).await?;
        if before == avatar {
            return Ok(());
        }
        if let Some(avatar) = avatar {
            self.media.attach(tx, me, MediaPurpose::Avatar, &[avatar]).await.map_err(refused)?;
        }
        if let Some(before) = before {
            self.media.release(tx, &[before]).await?;
        }
        Ok(())
    }
}

/// Keeps how the new name is read, unless that misleads.
async fn rename(tx: &mut Tx, me: UserId, handle: &str, name: &DisplayName) -> Result<(), UsersError> {
    if !looks::are_free(tx, me, &name_looks(name.as_str())).await? {
        return Err(UsersError::misleading(MISLEADING_NAME));
    }
    Ok(looks::put(tx, me, &look::looks(handle, name.as_str())).await?)
}

fn parse(request: EditProfile) -> Result<ProfileChange, UsersError> {
    let mut wrong = Vec::new();
    let mut field = |name: &str, error: TextError| {
        wrong.push(FieldError { field: name.to_owned(), code: code(&error).into(), message: error.to_string() });
    };
    let display_name = request.display_name.map(|text| DisplayName::parse(&text)).transpose();
    let display_name = display_name.unwrap_or_else(|error| {
        field("display_name", error);
        None
    });
    let bio = request.bio.map(|text| Bio::parse(&text)).transpose().unwrap_or_else(|error| {
        field("bio", error);
        None
    });
    if display_name.as_ref().is_some_and(|name| passes_for_staff(name.as_str())) {
        return Err(UsersError::misleading(STAFF_NAME));
    }
    if wrong.is_empty() { Ok(ProfileChange { display_name, bio }) } else { Err(UsersError::Invalid(wrong)) }
}

fn code(error: &TextError) -> &'static str {
    match error {
        TextError::Empty => "empty",
        TextError::TooLong { .. } => "too_long",
        TextError::ControlCharacter => "control_character",
    }
}

fn refused(error: AttachError) -> UsersError {
    match error {
        AttachError::NotFound => UsersError::AvatarNotUsable,
        AttachError::NotReady => UsersError::AvatarNotReady,
        AttachError::Database(error) => error.into(),
    }
}
