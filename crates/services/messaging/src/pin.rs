//! Pinning messages, and the list of those that are.

use std::sync::Arc;

use axum::extract::State;
use village_db::Tx;
use village_http::{Caller, Json, PageQuery, Path, Problem};
use village_kernel::{ConversationId, Limit, MessageId, Page, Viewer};

use crate::change_message::{Changer, MessageChange};
use crate::message::MessageRow;
use crate::{Message, Messaging, MessagingError, store};

/// Pinned messages of one conversation.
const MAX_PINS: i64 = 50;

/// Pin a message
///
/// For all in the conversation: either person of a direct one, owner and admins of a group. 50 at most.
#[utoipa::path(
    put, path = "/conversations/{id}/messages/{message_id}/pin", tag = "messaging", operation_id = "pin_message",
    params(("id" = ConversationId, Path), ("message_id" = MessageId, Path)),
    responses(
        (status = 200, description = "The message as it is now.", body = Message),
        (status = 403, description = "`not_an_admin`, `cannot_send`, `request_pending`", body = Problem),
        (status = 404, description = "None that you can see.", body = Problem),
        (status = 409, description = "`too_many_pins`, `message_deleted`", body = Problem),
    ),
)]
pub(crate) async fn pin_message(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path((id, message)): Path<(ConversationId, MessageId)>,
) -> Result<Json<Message>, Problem> {
    Ok(Json(messaging.change(&viewer, id, message, &MessageChange::Pin { on: true }).await?))
}

/// Unpin a message
#[utoipa::path(
    delete, path = "/conversations/{id}/messages/{message_id}/pin", tag = "messaging", operation_id = "unpin_message",
    params(("id" = ConversationId, Path), ("message_id" = MessageId, Path)),
    responses(
        (status = 200, description = "The message as it is now.", body = Message),
        (status = 403, description = "`not_an_admin`, `cannot_send`, `request_pending`", body = Problem),
        (status = 404, description = "None that you can see.", body = Problem),
    ),
)]
pub(crate) async fn unpin_message(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path((id, message)): Path<(ConversationId, MessageId)>,
) -> Result<Json<Message>, Problem> {
    Ok(Json(messaging.change(&viewer, id, message, &MessageChange::Pin { on: false }).await?))
}

/// List the pinned messages of a conversation
///
/// The one pinned last first.
#[utoipa::path(
    get, path = "/conversations/{id}/pins", tag = "messaging", operation_id = "list_pinned_messages",
    params(("id" = ConversationId, Path, description = "The conversation."), PageQuery),
    responses(
        (status = 200, description = "A page of messages.", body = Page<Message>),
        (status = 404, description = "None that you take part in.", body = Problem),
    ),
)]
pub(crate) async fn list_pinned_messages(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
    page: PageQuery,
) -> Result<Json<Page<Message>>, Problem> {
    Ok(Json(messaging.pins(&viewer, id, page.after()?, page.limit).await?))
}

impl Messaging {
    pub(crate) async fn apply_pin(
        &self,
        tx: &mut Tx,
        changer: &Changer<'_>,
        row: &MessageRow,
        on: bool,
    ) -> Result<Option<i64>, MessagingError> {
        let standing = &changer.standing;
        if !standing.is_direct && !standing.role.is_admin() {
            return Err(MessagingError::NotAdmin);
        }
        if on && row.deleted_at.is_some() {
            return Err(MessagingError::MESSAGE_DELETED);
        }
        if row.pinned_at.is_some() == on {
            return Ok(None);
        }
        if on && standing.pinned_count >= MAX_PINS {
            return Err(MessagingError::Conflict("too_many_pins", "Unpin a message first: there are 50 already."));
        }
        let change = if on { 1 } else { -1 };
        let seq = store::changes::next_seq(tx, row.conversation_id, changer.now, change).await?;
        store::changes::pin(tx, row, on.then_some(changer.now), seq).await?;
        Ok(Some(seq))
    }

    async fn pins(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        before: Option<i64>,
        limit: Limit,
    ) -> Result<Page<Message>, MessagingError> {
        let mut reader = self.db.reader().await?;
        let window = store::windows::find(&mut reader, conversation, viewer.user).await?;
        let window = window.ok_or(MessagingError::NotFound)?;
        let rows = store::messages::pinned(&mut reader, conversation, &window, before, limit.fetch()).await?;
        let page = Page::from_rows(rows, limit, |row| row.pinned_seq);
        let items = self.seen_through(reader, viewer.user, &window, page.items).await?;
        Ok(Page { items: items.iter().map(|message| message.for_viewer(viewer.user)).collect(), next: page.next })
    }
}
