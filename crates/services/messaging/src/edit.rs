//! Editing a message, and what it said before.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_db::Tx;
use village_events::MessageEdited;
use village_http::{Caller, Json, Path, Problem};
use village_kernel::text::index_words;
use village_kernel::{ConversationId, Instant, MessageId, UserId, Viewer};

use crate::change_message::{Changer, MessageChange};
use crate::mention::mentions;
use crate::message::{MessageRow, parse_body, parse_mentions};
use crate::{Message, Messaging, MessagingError, store};

/// How often a message can be edited.
const MAX_EDITS: i64 = 50;

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditMessage {
    /// May be empty when the message has images.
    #[schema(example = "She slept through the night! Almost.", max_length = 4000)]
    pub body: String,
}

/// What a message said before it was edited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EditedMessage {
    #[schema(example = "She slept through the night!")]
    pub body: String,
    pub written_at: Instant,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Edits {
    /// Oldest first.
    pub items: Vec<EditedMessage>,
}

/// Edit a message
///
/// Its sender only, up to 50 times. What it said before can be read by all who see it.
#[utoipa::path(
    patch, path = "/conversations/{id}/messages/{message_id}", tag = "messaging", operation_id = "edit_message",
    params(("id" = ConversationId, Path), ("message_id" = MessageId, Path)),
    request_body = EditMessage,
    responses(
        (status = 200, description = "The message as it is now.", body = Message),
        (status = 403, description = "`not_the_sender`, `cannot_send`, `request_pending`", body = Problem),
        (status = 404, description = "None that you can see.", body = Problem),
        (status = 409, description = "`message_deleted`, `too_many_edits`", body = Problem),
        (status = 422, description = "Empty or too long.", body = Problem),
    ),
)]
pub(crate) async fn edit_message(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path((id, message)): Path<(ConversationId, MessageId)>,
    Json(request): Json<EditMessage>,
) -> Result<Json<Message>, Problem> {
    Ok(Json(messaging.rewrite(&viewer, id, message, &request.body).await?))
}

/// List what a message said before
#[utoipa::path(
    get, path = "/conversations/{id}/messages/{message_id}/edits", tag = "messaging", operation_id = "list_message_edits",
    params(("id" = ConversationId, Path), ("message_id" = MessageId, Path)),
    responses(
        (status = 200, description = "Empty when it was never edited, or is deleted.", body = Edits),
        (status = 404, description = "None that you can see.", body = Problem),
    ),
)]
pub(crate) async fn list_message_edits(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path((id, message)): Path<(ConversationId, MessageId)>,
) -> Result<Json<Edits>, Problem> {
    Ok(Json(messaging.edits(&viewer, id, message).await?))
}

impl Messaging {
    pub(crate) async fn rewrite(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        message: MessageId,
        body: &str,
    ) -> Result<Message, MessagingError> {
        let body = parse_body(body, 0)?;
        self.change(viewer, conversation, message, &MessageChange::Edit { body }).await
    }

    pub(crate) async fn apply_edit(
        &self,
        tx: &mut Tx,
        changer: &Changer<'_>,
        row: &MessageRow,
        body: &str,
    ) -> Result<Option<i64>, MessagingError> {
        if row.sender_id != changer.viewer.user {
            return Err(MessagingError::NOT_THE_SENDER);
        }
        if row.deleted_at.is_some() {
            return Err(MessagingError::MESSAGE_DELETED);
        }
        if body.is_empty() && row.image_count == 0 {
            let message = "is empty".to_owned();
            return Err(MessagingError::Invalid { field: "body", code: "empty", message });
        }
        if row.body == body {
            return Ok(None);
        }
        if row.edit_count >= MAX_EDITS {
            return Err(MessagingError::Conflict("too_many_edits", "This message was edited as often as it can be."));
        }
        let seq = store::changes::next_seq(tx, row.conversation_id, changer.now, 0).await?;
        let mentions = mentions(tx, row.conversation_id, body).await?;
        store::edits::edit(tx, row, body, mentions.as_deref(), seq, changer.now).await?;
        let (before, after) = (row.mentions(), parse_mentions(mentions.as_deref()));
        let beside = |some: &[UserId], others: &[UserId]| {
            some.iter().copied().filter(|person| !others.contains(person)).collect::<Vec<_>>()
        };
        let event = MessageEdited {
            conversation_id: row.conversation_id,
            message_id: row.id,
            created_seq: row.created_seq,
            seq,
            sender_id: row.sender_id,
            newly_mentioned: beside(&after, &before),
            no_longer_mentioned: beside(&before, &after),
        };
        self.outbox.publish(tx, &event).await?;
        store::search::put(tx, row, &index_words(body)).await?;
        Ok(Some(seq))
    }

    async fn edits(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<Edits, MessagingError> {
        let mut reader = self.db.reader().await?;
        let (window, row) = self.visible_row(&mut reader, viewer, conversation, message).await?;
        let upto = window.left_seq.unwrap_or(i64::MAX);
        let mut before = store::edits::upto(&mut reader, conversation, row.created_seq, upto).await?;
        if row.body_seq() > upto {
            // The last of these is what the viewer, who has left, takes for what it says.
            before.pop();
        }
        let edited = |(body, written_at)| EditedMessage { body, written_at };
        Ok(Edits { items: before.into_iter().map(edited).collect() })
    }
}
