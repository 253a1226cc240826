//! Sending a message: once, however often it is tried.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_events::MessageSent;
use village_http::{Caller, Json, Path, Problem};
use village_kernel::{ConversationId, Viewer};
use village_live::{Hint, Topic};

use crate::message::{MessageRow, NewMessage, StoredMessage};
use crate::store::parts;
use crate::{Message, Messaging, MessagingError, store};

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendMessage {
    /// Yours to choose, fresh for each message, 1 to 64 printable ASCII characters. Sending again with the same one
    /// sends nothing and answers with the first message.
    #[schema(example = "4b6f0c1e-9f0a-4c39-8f6d-2b1d6c1f7a10", min_length = 1, max_length = 64)]
    pub client_id: String,
    #[schema(example = "She slept through the night!", min_length = 1, max_length = 4000)]
    pub body: String,
}

/// Send a message
#[utoipa::path(
    post, path = "/conversations/{id}/messages", tag = "messaging", operation_id = "send_message",
    params(("id" = ConversationId, Path, description = "The conversation.")),
    request_body = SendMessage,
    responses(
        (status = 201, description = "Sent, and safely stored.", body = Message),
        (status = 200, description = "It was sent before, with the same `client_id`.", body = Message),
        (status = 403, description = "`cannot_send`: a block stands between the two.", body = Problem),
        (status = 404, description = "None that you take part in.", body = Problem),
        (status = 422, description = "Empty or too long.", body = Problem),
    ),
)]
pub(crate) async fn send_message(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
    Json(request): Json<SendMessage>,
) -> Result<(StatusCode, Json<Message>), Problem> {
    let message = NewMessage::parse(request.client_id, &request.body)?;
    let (message, sent) = messaging.send(&viewer, id, message).await?;
    let status = if sent { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(message)))
}

impl Messaging {
    /// The message as it is stored, and whether this call sent it.
    pub(crate) async fn send(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        message: NewMessage,
    ) -> Result<(Message, bool), MessagingError> {
        let now = self.clock.now();
        let mut row = MessageRow::text(conversation, viewer.user, message.client_id, message.body, now);
        let written = transaction!(&self.db, |tx| -> Result<(i64, i64), MessagingError> {
            // What refuses the message is noticed after its seq was taken, so the error must undo that.
            let Some((seq, number)) = store::messages::insert(tx, &row).await? else {
                return Err(MessagingError::Refused);
            };
            let event = MessageSent { conversation_id: conversation, message_id: row.id, seq, sender_id: viewer.user };
            self.outbox.publish(tx, &event).await?;
            let live = self.live.clone();
            tx.after_commit(move || live.publish(Hint::new(Topic::Conversation, conversation).mark(seq)));
            Ok((seq, number))
        });
        match written {
            Ok((seq, number)) => {
                (row.created_seq, row.changed_seq, row.number) = (seq, seq, number);
                metrics::counter!("village_messaging_messages_sent_total").increment(1);
                let sent = self.whole(vec![StoredMessage::fresh(row, Vec::new())]).await?.pop();
                Ok((sent.ok_or(MessagingError::NotFound)?.for_viewer(viewer.user), true))
            }
            Err(MessagingError::Refused) => Ok((self.sent_before(viewer, conversation, &row.client_id).await?, false)),
            Err(error) => Err(error),
        }
    }

    /// The message that stood in the way, or why there is none. Looked for in a transaction of its own: on SQLite the
    /// first one may be part of a commit still to come, and must not be acknowledged before.
    async fn sent_before(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        client_id: &str,
    ) -> Result<Message, MessagingError> {
        let first = transaction!(&self.db, |tx| -> Result<Option<StoredMessage>, MessagingError> {
            let window = store::members::window(tx, conversation, viewer.user).await?;
            let window = window.ok_or(MessagingError::NotFound)?;
            let row = store::messages::find_by_client_id(tx, conversation, viewer.user, client_id).await?;
            let left = window.left_seq.map(|left_seq| (conversation, left_seq)).into_iter().collect();
            Ok(parts::load(tx, row.into_iter().collect(), &[viewer.user], &left).await?.pop())
        })?;
        let whole = self.whole(vec![first.ok_or(MessagingError::CannotSend)?]).await?.pop();
        Ok(whole.ok_or(MessagingError::CannotSend)?.for_viewer(viewer.user))
    }
}
