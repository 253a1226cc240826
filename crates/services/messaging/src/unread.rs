//! How much is unread in all conversations together.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_http::{Caller, Json, Problem};

use crate::{Messaging, MessagingError, store};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Unread {
    #[schema(example = 3)]
    pub unread_count: i64,
}

/// Count my unread messages
#[utoipa::path(
    get, path = "/conversations/unread", tag = "messaging", operation_id = "get_unread_count",
    responses((status = 200, description = "Unread messages in all conversations.", body = Unread)),
)]
pub(crate) async fn get_unread_count(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
) -> Result<Json<Unread>, Problem> {
    let mut reader = messaging.db.reader().await.map_err(MessagingError::from)?;
    let unread_count = store::members::unread(&mut reader, viewer.user).await.map_err(MessagingError::from)?;
    Ok(Json(Unread { unread_count }))
}
