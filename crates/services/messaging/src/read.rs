//! Marking a conversation as read.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_http::{Caller, Json, Path, Problem};
use village_kernel::{ConversationId, Viewer};
use village_live::{Hint, Topic};

use crate::store::personal;
use crate::{Messaging, MessagingError, store};

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkRead {
    /// Everything up to here was read. More than there is means all there is.
    #[schema(example = 41, minimum = 0)]
    pub seq: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReadState {
    #[schema(example = 41)]
    pub read_seq: i64,
    #[schema(example = 0)]
    pub unread_count: i64,
}

/// Mark a conversation as read
///
/// Never moves back: an older `seq` changes nothing.
#[utoipa::path(
    put, path = "/conversations/{id}/read", tag = "messaging", operation_id = "mark_conversation_read",
    params(("id" = ConversationId, Path, description = "The conversation.")),
    request_body = MarkRead,
    responses(
        (status = 200, description = "What is read now.", body = ReadState),
        (status = 404, description = "None that you take part in.", body = Problem),
    ),
)]
pub(crate) async fn mark_conversation_read(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
    Json(request): Json<MarkRead>,
) -> Result<Json<ReadState>, Problem> {
    Ok(Json(messaging.mark_read(&viewer, id, request.seq).await?))
}

impl Messaging {
    pub(crate) async fn mark_read(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        seq: i64,
    ) -> Result<ReadState, MessagingError> {
        if seq < 0 {
            let message = "must not be negative".to_owned();
            return Err(MessagingError::Invalid { field: "seq", code: "out_of_range", message });
        }
        let window = store::windows::find(&mut self.db.reader().await?, conversation, viewer.user).await?;
        let window = window.ok_or(MessagingError::NotFound)?;
        let seq = seq.min(window.last_visible_seq());
        if seq <= window.read_seq {
            return Ok(window.read_state());
        }
        let moved = transaction!(&self.db, |tx| -> Result<ReadState, MessagingError> {
            let membership_seq = personal::next_membership_seq(tx, viewer.user).await?;
            let moved = personal::move_read_mark(tx, conversation, viewer.user, seq, membership_seq).await?;
            // The membership seq must be given back, or nothing could ever be found at it.
            let state = moved.ok_or(MessagingError::Unchanged)?;
            if state.unread_count == 0 {
                self.notifications.conversation_read(tx, viewer.user, conversation).await?;
            }
            let hint = Hint::new(Topic::ReadMark, conversation).other(viewer.user).mark(membership_seq);
            let live = self.live.clone();
            tx.after_commit(move || live.publish(hint));
            Ok(state)
        });
        match moved {
            // Another device was faster and further.
            Err(MessagingError::Unchanged) => {
                self.settled().await?;
                let window = store::windows::find(&mut self.db.reader().await?, conversation, viewer.user).await?;
                Ok(window.ok_or(MessagingError::NotFound)?.read_state())
            }
            other => other,
        }
    }
}
