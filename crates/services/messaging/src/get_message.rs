//! One message.

use std::sync::Arc;

use axum::extract::State;
use village_db::Connection;
use village_http::{Caller, Json, Path, Problem};
use village_kernel::{ConversationId, MessageId, Viewer};

use crate::message::MessageRow;
use crate::store::windows::Window;
use crate::{Message, Messaging, MessagingError, store};

/// Read a message
#[utoipa::path(
    get, path = "/conversations/{id}/messages/{message_id}", tag = "messaging", operation_id = "get_message",
    params(("id" = ConversationId, Path), ("message_id" = MessageId, Path)),
    responses(
        (status = 200, description = "The message.", body = Message),
        (status = 404, description = "None that you can see.", body = Problem),
    ),
)]
pub(crate) async fn get_message(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path((id, message)): Path<(ConversationId, MessageId)>,
) -> Result<Json<Message>, Problem> {
    Ok(Json(messaging.message(&viewer, id, message).await?))
}

impl Messaging {
    async fn message(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<Message, MessagingError> {
        let mut reader = self.db.reader().await?;
        let (window, row) = self.visible_row(&mut reader, viewer, conversation, message).await?;
        let shown = self.seen_through(reader, viewer.user, &window, vec![row]).await?.pop();
        Ok(shown.ok_or(MessagingError::NotFound)?.for_viewer(viewer.user))
    }

    /// The message as it is stored, when it lies in the viewer's window.
    pub(crate) async fn visible_row(
        &self,
        db: &mut impl Connection,
        viewer: &Viewer,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<(Window, MessageRow), MessagingError> {
        let window = store::windows::find(db, conversation, viewer.user).await?;
        let window = window.ok_or(MessagingError::NotFound)?;
        let row = store::messages::find(db, conversation, message).await?;
        let row = row.filter(|row| window.shows(row.created_seq)).ok_or(MessagingError::NotFound)?;
        Ok((window, row))
    }
}
