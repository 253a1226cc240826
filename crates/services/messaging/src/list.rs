//! The caller's conversations.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use village_http::{Caller, Json, PageQuery, Problem, Query};
use village_kernel::{ConversationId, Instant, Page};

use crate::{Conversation, MemberState, Messaging, MessagingError, store};

/// Which of one's conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationBox {
    #[default]
    Inbox,
    /// Those that wait for you to accept or decline them.
    Requests,
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BoxQuery {
    /// `inbox` when absent.
    #[serde(default)]
    #[param(inline, required = false)]
    r#box: ConversationBox,
}

/// List my conversations
///
/// The one with the newest message first.
#[utoipa::path(
    get, path = "/conversations", tag = "messaging", operation_id = "list_conversations",
    params(BoxQuery, PageQuery),
    responses((status = 200, description = "A page of conversations.", body = Page<Conversation>)),
)]
pub(crate) async fn list_conversations(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Query(query): Query<BoxQuery>,
    page: PageQuery,
) -> Result<Json<Page<Conversation>>, Problem> {
    let after: Option<(i64, ConversationId)> = page.after()?;
    let after = after.map(|(micros, id)| (Instant::from_micros(micros), id));
    let state = match query.r#box {
        ConversationBox::Inbox => MemberState::Active,
        ConversationBox::Requests => MemberState::Requested,
    };
    let mut reader = messaging.db.reader().await.map_err(MessagingError::from)?;
    let rows = store::conversations::page(&mut reader, viewer.user, state, after, page.limit)
        .await
        .map_err(MessagingError::from)?;
    let page = Page::from_rows(rows, page.limit, |row| (row.active_at.as_micros(), row.id));
    let items = messaging.show(reader, &viewer, page.items).await?;
    Ok(Json(Page { items, next: page.next }))
}
