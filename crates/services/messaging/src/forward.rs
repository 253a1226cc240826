//! Saying again what was said elsewhere: a copy of what the sender sees of it.

use serde::{Deserialize, Serialize};
use village_db::Tx;
use village_kernel::{ConversationId, MediaId, MessageId, Viewer};

use crate::message::{MessageKind, MessageRow};
use crate::store::parts;
use crate::{Messaging, MessagingError, store};

/// A message that the sender can see, here or in another conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForwardOf {
    pub conversation_id: ConversationId,
    pub message_id: MessageId,
}

fn unknown(field: &'static str) -> MessagingError {
    let message = "names a message that does not exist".to_owned();
    MessagingError::Invalid { field, code: "not_found", message }
}

impl Messaging {
    /// Body and images to copy to `target`. The images are counted for one more message.
    pub(crate) async fn copy_of(
        &self,
        tx: &mut Tx,
        viewer: &Viewer,
        target: ConversationId,
        source: ForwardOf,
    ) -> Result<(String, Vec<(MediaId, String)>), MessagingError> {
        // A conversation before the counts of its images, as whoever deletes takes them.
        store::changes::lock(tx, target, viewer.user).await?;
        let found = self.visible_row(tx, viewer, source.conversation_id, source.message_id).await;
        let (window, row) = found.map_err(|error| match error {
            MessagingError::NotFound => unknown("forward_of"),
            error => error,
        })?;
        let is_withheld = row.image_count > 0 && !window.shows_images;
        if row.kind != MessageKind::Text || row.deleted_at.is_some() || is_withheld {
            return Err(unknown("forward_of"));
        }
        let left = window.left_seq.map(|left_seq| (source.conversation_id, left_seq)).into_iter().collect();
        let stored = parts::load(tx, vec![row], &[viewer.user], &left).await?.pop();
        let stored = stored.ok_or_else(|| unknown("forward_of"))?;
        let media: Vec<MediaId> = stored.images.iter().map(|(media, _)| *media).collect();
        // Deleted between these statements, it has lost its images; or they are given up already.
        let is_whole = media.len() as i64 == stored.row.image_count;
        if !is_whole || !store::images::add_uses(tx, &media).await? {
            return Err(unknown("forward_of"));
        }
        Ok((stored.row.body, stored.images))
    }

    /// The message that is to be answered, which the sender has to see.
    pub(crate) async fn answered(
        &self,
        tx: &mut Tx,
        viewer: &Viewer,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<MessageRow, MessagingError> {
        // Whoever never took part learns nothing of the message, as of nothing else.
        store::windows::find(tx, conversation, viewer.user).await?.ok_or(MessagingError::NotFound)?;
        match self.visible_row(tx, viewer, conversation, message).await {
            Ok((_, row)) if row.kind == MessageKind::Text && row.deleted_at.is_none() => Ok(row),
            Ok(_) | Err(MessagingError::NotFound) => Err(unknown("reply_to")),
            Err(error) => Err(error),
        }
    }
}
