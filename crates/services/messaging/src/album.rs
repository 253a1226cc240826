//! The images of a conversation, without the words between them.

use std::sync::Arc;

use axum::extract::State;
use village_http::{Caller, Json, PageQuery, Path, Problem};
use village_kernel::{ConversationId, Limit, Page, Viewer};

use crate::{Message, Messaging, MessagingError, store};

/// List the messages of a conversation that show images
///
/// Newest first.
#[utoipa::path(
    get, path = "/conversations/{id}/images", tag = "messaging", operation_id = "list_messages_with_images",
    params(("id" = ConversationId, Path, description = "The conversation."), PageQuery),
    responses(
        (status = 200, description = "A page of messages.", body = Page<Message>),
        (status = 404, description = "None that you take part in.", body = Problem),
    ),
)]
pub(crate) async fn list_messages_with_images(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
    page: PageQuery,
) -> Result<Json<Page<Message>>, Problem> {
    Ok(Json(messaging.album(&viewer, id, page.after()?, page.limit).await?))
}

impl Messaging {
    async fn album(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        before: Option<i64>,
        limit: Limit,
    ) -> Result<Page<Message>, MessagingError> {
        let mut reader = self.db.reader().await?;
        let window = store::windows::find(&mut reader, conversation, viewer.user).await?;
        let window = window.ok_or(MessagingError::NotFound)?;
        let rows = store::messages::page_with_images(&mut reader, conversation, &window, before, limit.fetch()).await?;
        let page = Page::from_rows(rows, limit, |row| row.created_seq);
        let items = self.seen_through(reader, viewer.user, &window, page.items).await?;
        Ok(Page { items: items.iter().map(|message| message.for_viewer(viewer.user)).collect(), next: page.next })
    }
}
