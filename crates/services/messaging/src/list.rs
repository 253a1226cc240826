//! The caller's conversations.

use std::sync::Arc;

use axum::extract::State;
use village_http::{Caller, Json, PageQuery, Problem};
use village_kernel::{ConversationId, Instant, Page};

use crate::{Conversation, Messaging, MessagingError, store};

/// List my conversations
///
/// The one with the newest message first.
#[utoipa::path(
    get, path = "/conversations", tag = "messaging", operation_id = "list_conversations",
    params(PageQuery),
    responses((status = 200, description = "A page of conversations.", body = Page<Conversation>)),
)]
pub(crate) async fn list_conversations(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    page: PageQuery,
) -> Result<Json<Page<Conversation>>, Problem> {
    let after: Option<(i64, ConversationId)> = page.after()?;
    let after = after.map(|(micros, id)| (Instant::from_micros(micros), id));
    let mut reader = messaging.db.reader().await.map_err(MessagingError::from)?;
    let rows =
        store::conversations::page(&mut reader, viewer.user, after, page.limit).await.map_err(MessagingError::from)?;
    let page = Page::from_rows(rows, page.limit, |row| (row.active_at.as_micros(), row.id));
    let items = messaging.show(reader, &viewer, page.items).await?;
    Ok(Json(Page { items, next: page.next }))
}
