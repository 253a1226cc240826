//! Deleting a message: what is left says only that there was one.

use std::sync::Arc;

use axum::extract::State;
use village_db::Tx;
use village_events::MessageDeleted;
use village_http::{Caller, Json, Path, Problem};
use village_kernel::{ConversationId, MessageId, Viewer};

use crate::change_message::{Changer, MessageChange};
use crate::message::MessageRow;
use crate::{Message, Messaging, MessagingError, store};

/// Delete a message
///
/// For everybody: its sender, and owner and admins of a group. Its sender also after leaving, and across a block.
/// Deleting it again answers the same.
#[utoipa::path(
    delete, path = "/conversations/{id}/messages/{message_id}", tag = "messaging", operation_id = "delete_message",
    params(("id" = ConversationId, Path), ("message_id" = MessageId, Path)),
    responses(
        (status = 200, description = "What is left of it.", body = Message),
        (status = 403, description = "`not_the_sender`, `cannot_send`", body = Problem),
        (status = 404, description = "None that you can see.", body = Problem),
    ),
)]
pub(crate) async fn delete_message(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path((id, message)): Path<(ConversationId, MessageId)>,
) -> Result<Json<Message>, Problem> {
    Ok(Json(messaging.delete(&viewer, id, message).await?))
}

impl Messaging {
    pub(crate) async fn delete(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<Message, MessagingError> {
        self.change(viewer, conversation, message, &MessageChange::Delete).await
    }

    pub(crate) async fn apply_delete(
        &self,
        tx: &mut Tx,
        changer: &Changer<'_>,
        row: &MessageRow,
    ) -> Result<Option<i64>, MessagingError> {
        if row.sender_id != changer.viewer.user && !changer.standing.role.is_admin() {
            return Err(MessagingError::NOT_THE_SENDER);
        }
        if row.deleted_at.is_some() {
            return Ok(None);
        }
        let pins = if row.pinned_at.is_some() { -1 } else { 0 };
        let seq = store::changes::next_seq(tx, row.conversation_id, changer.now, pins).await?;
        store::changes::delete(tx, row, seq, changer.now).await?;
        let event = MessageDeleted {
            conversation_id: row.conversation_id,
            message_id: row.id,
            created_seq: row.created_seq,
            sender_id: row.sender_id,
        };
        self.outbox.publish(tx, &event).await?;
        if row.image_count > 0 {
            let media = store::images::remove(tx, row).await?;
            self.release_images(tx, &media).await?;
        }
        Ok(Some(seq))
    }
}
