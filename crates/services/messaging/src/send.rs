//! Sending a message: once, however often it is tried.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use village_bus::UNKNOWN;
use village_db::{Tx, at_once, transaction};
use village_events::MessageSent;
use village_http::{Caller, Json, Path, Problem};
use village_kernel::{ConversationId, MediaId, MessageId, Viewer};
use village_live::{Hint, Topic};

use crate::mention::{mentions, names_anybody};
use crate::message::{MessageRow, NewMessage, StoredMessage};
use crate::store::changes::Standing;
use crate::store::parts;
use crate::{DraftMark, ForwardOf, MemberState, Message, Messaging, MessagingError, SendImage, sabotage, store};

#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendMessage {
    /// Yours to choose, fresh for each message, 1 to 64 printable ASCII characters. Sending again with the same one
    /// sends nothing and answers with the first message.
    #[schema(example = "4b6f0c1e-9f0a-4c39-8f6d-2b1d6c1f7a10", min_length = 1, max_length = 64, pattern = "^[!-~]*$")]
    pub client_id: String,
    /// May be empty when there are images, and is for a copy of another message.
    #[serde(default)]
    #[schema(example = "She slept through the night!", max_length = 4000)]
    pub body: String,
    #[serde(default)]
    #[schema(max_items = 10)]
    pub images: Vec<SendImage>,
    /// The message of this conversation that this one answers.
    #[serde(default)]
    pub reply_to: Option<MessageId>,
    /// Sends a copy of this message: leave `body` and `images` away.
    #[serde(default)]
    pub forward_of: Option<ForwardOf>,
    /// The draft that this message was: it ends with it, and what is written later under an older revision is refused.
    #[serde(default)]
    pub draft: Option<DraftMark>,
}

/// Send a message
#[utoipa::path(
    post, path = "/conversations/{id}/messages", tag = "messaging", operation_id = "send_message",
    params(("id" = ConversationId, Path, description = "The conversation.")),
    request_body = SendMessage,
    responses(
        (status = 201, description = "Sent, and safely stored.", body = Message),
        (status = 200, description = "It was sent before, with the same `client_id`.", body = Message),
        (status = 403, description = "`cannot_send`: you have left, or the other person cannot be written to; `request_pending`: \
            five messages of text is all before they accept.", body = Problem),
        (status = 404, description = "None that you take part in.", body = Problem),
        (status = 409, description = "`media_not_ready`", body = Problem),
        (status = 422, description = "Empty or too long; an image or message that you cannot use.", body = Problem),
    ),
)]
pub(crate) async fn send_message(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
    Json(request): Json<SendMessage>,
) -> Result<(StatusCode, Json<Message>), Problem> {
    let message = NewMessage::parse(request)?;
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
        let (stored, sent) = match self.try_send(viewer, conversation, &message, false).await {
            Ok(stored) => (stored, true),
            Err(MessagingError::Database(error)) => return Err(error.into()),
            Err(refusal) => match self.why_not(viewer, conversation, &message.client_id, refusal).await? {
                Some(first) => (first, false),
                // A message answers a request, and so accepts it.
                None => (self.try_send(viewer, conversation, &message, true).await?, true),
            },
        };
        if sent {
            metrics::counter!("village_messaging_messages_sent_total").increment(1);
        }
        let whole = self.whole(vec![stored]).await?.pop().ok_or(MessagingError::NotFound)?;
        Ok((whole.for_viewer(viewer.user), sent))
    }

    async fn try_send(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        message: &NewMessage,
        accept: bool,
    ) -> Result<StoredMessage, MessagingError> {
        let now = self.clock.now();
        let NewMessage { client_id, body, images, reply_to, forward_of, draft: ended } = message;
        let draft = MessageRow::text(conversation, viewer.user, client_id.clone(), body.clone(), now);
        #[cfg(feature = "sabotage")]
        let draft = match self.sabotaged_send(draft).await? {
            Ok(draft) => draft,
            Err(sent) => return Ok(*sent),
        };
        let needs_nothing_else = !accept
            && ended.is_none()
            && reply_to.is_none()
            && forward_of.is_none()
            && images.is_empty()
            && !names_anybody(body);
        if needs_nothing_else && !sabotage::is_active() {
            return at_once!(&self.db, |tx| -> Result<StoredMessage, MessagingError> {
                self.write(tx, draft.clone(), Vec::new()).await
            });
        }
        transaction!(&self.db, |tx| -> Result<StoredMessage, MessagingError> {
            let (mut row, mut images) = (draft.clone(), images.clone());
            if accept {
                // The conversation first: that is the order of locks everywhere.
                store::changes::lock(tx, conversation, viewer.user).await?;
                self.become_active(tx, conversation, viewer.user).await?;
            }
            if let Some(mark) = ended {
                self.end_draft(tx, viewer.user, conversation, mark, now).await?;
            }
            if let Some(message) = reply_to {
                let answered = self.answered(tx, viewer, conversation, *message).await?;
                (row.reply_to_seq, row.reply_to_id) = (Some(answered.created_seq), Some(answered.id));
            }
            if let Some(source) = forward_of {
                (row.body, images) = self.copy_of(tx, viewer, conversation, *source).await?;
                row.forwarded = true;
            } else {
                row.mentions = mentions(tx, conversation, &row.body).await?;
            }
            row.image_count = images.len() as i64;
            // What refuses the message is noticed after its seq was taken, so the error must undo that.
            let stored = self.write(tx, row, images).await?;
            match forward_of {
                Some(_) => store::images::insert(tx, &stored.row, &stored.images).await?,
                None if !stored.images.is_empty() => {
                    self.attach_images(tx, viewer.user, &stored.row, &stored.images).await?;
                }
                None => {}
            }
            Ok(stored)
        })
    }

    /// Writes the message and its event, in one statement.
    async fn write(
        &self,
        tx: &mut Tx,
        mut row: MessageRow,
        images: Vec<(MediaId, String)>,
    ) -> Result<StoredMessage, MessagingError> {
        let event = self.outbox.prepare(&MessageSent {
            conversation_id: row.conversation_id,
            message_id: row.id,
            seq: UNKNOWN,
            sender_id: row.sender_id,
            mentions: row.mentions(),
        })?;
        let Some((seq, number)) = store::messages::insert(tx, &row, &event).await? else {
            return Err(MessagingError::Refused);
        };
        (row.created_seq, row.changed_seq, row.number) = (seq, seq, number);
        self.outbox.wake_after_commit(tx);
        let stored = StoredMessage::fresh(row, images);
        let hint = Hint::new(Topic::Conversation, stored.row.conversation_id).mark(seq);
        let (hub, live, written) = (self.hub.clone(), self.live.clone(), stored.clone());
        tx.after_commit(move || {
            hub.written(&written);
            live.publish(hint);
        });
        #[cfg(feature = "sabotage")]
        self.sabotaged_write(tx, hint, &event).await?;
        Ok(stored)
    }

    /// The message that stood in the way: it was sent before with the same `client_id`. `None` when there is none but
    /// the sender has to accept the conversation first; otherwise why it was refused. Looked for in a transaction of
    /// its own: on SQLite the first one may be part of a commit still to come, and must not be acknowledged before.
    async fn why_not(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        client_id: &str,
        refusal: MessagingError,
    ) -> Result<Option<StoredMessage>, MessagingError> {
        let found = transaction!(&self.db, |tx| -> Result<(Option<StoredMessage>, Standing), MessagingError> {
            let standing = store::changes::standing(tx, conversation, viewer.user).await?;
            let standing = standing.ok_or(MessagingError::NotFound)?;
            let row = store::messages::find_by_client_id(tx, conversation, viewer.user, client_id).await?;
            let left = standing.left_seq.map(|left_seq| (conversation, left_seq)).into_iter().collect();
            let rows = row.into_iter().collect();
            Ok((parts::load(tx, rows, &[viewer.user], &left).await?.pop(), standing))
        })?;
        let (first, standing) = found;
        if first.is_some() {
            return Ok(first);
        }
        match refusal {
            MessagingError::Refused if standing.left_seq.is_some() || standing.is_closed => {
                Err(MessagingError::CannotSend)
            }
            MessagingError::Refused if standing.state != MemberState::Active => Ok(None),
            MessagingError::Refused if standing.is_unanswered => Err(MessagingError::REQUEST_PENDING),
            MessagingError::Refused => Err(MessagingError::CannotSend),
            refusal => Err(refusal),
        }
    }
}
