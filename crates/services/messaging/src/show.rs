//! From rows to messages: completed in a few queries for a whole page, whoever reads it.

use std::collections::HashMap;

use village_db::Reader;
use village_kernel::{ConversationId, MediaId, UserId};

use crate::message::{MessageRow, StoredMessage, WholeMessage};
use crate::store::messages::SeenRow;
use crate::store::parts::{self, Left};
use crate::store::windows::Window;
use crate::{Message, Messaging, MessagingError, store};

impl Messaging {
    /// What `user` sees of rows of one conversation through `window`; in the order given.
    pub(crate) async fn seen_through(
        &self,
        mut reader: Reader,
        user: UserId,
        window: &Window,
        rows: Vec<MessageRow>,
    ) -> Result<Vec<WholeMessage>, MessagingError> {
        let mut left = Left::new();
        if let (Some(row), Some(left_seq)) = (rows.first(), window.left_seq) {
            left.insert(row.conversation_id, left_seq);
        }
        let stored = parts::load(&mut reader, rows, &[user], &left).await?;
        // The ports take connections of their own: holding one meanwhile could exhaust the pool.
        drop(reader);
        let whole = self.whole(stored).await?;
        Ok(whole.into_iter().map(|message| message.withholding(!window.shows_images)).collect())
    }

    /// Adds images that can be fetched now.
    pub(crate) async fn whole(&self, stored: Vec<StoredMessage>) -> Result<Vec<WholeMessage>, MessagingError> {
        let ids: Vec<MediaId> = stored.iter().flat_map(|message| &message.images).map(|(media, _)| *media).collect();
        let known = if ids.is_empty() { HashMap::new() } else { self.media.images(&ids).await? };
        let whole = |stored: StoredMessage| {
            let images = stored.images.iter().filter_map(|(media, alt)| {
                let mut image = known.get(media)?.clone();
                image.alt.clone_from(alt);
                Some(image)
            });
            WholeMessage { images: images.collect(), withheld_images: 0, stored }
        };
        Ok(stored.into_iter().map(whole).collect())
    }

    /// As [`Self::seen_through`], of rows of several conversations.
    pub(crate) async fn seen_of_many(
        &self,
        mut reader: Reader,
        user: UserId,
        seen: Vec<SeenRow>,
    ) -> Result<Vec<WholeMessage>, MessagingError> {
        let left = seen.iter().filter_map(|seen| Some((seen.row.conversation_id, seen.left_seq?))).collect();
        let shown: Vec<bool> = seen.iter().map(|seen| seen.shows_images).collect();
        let rows = seen.into_iter().map(|seen| seen.row).collect();
        let stored = parts::load(&mut reader, rows, &[user], &left).await?;
        drop(reader);
        let whole = self.whole(stored).await?;
        Ok(whole.into_iter().zip(shown).map(|(message, shown)| message.withholding(!shown)).collect())
    }

    /// The newest message that `user` may see of each of the conversations.
    pub(crate) async fn last_messages(
        &self,
        mut reader: Reader,
        user: UserId,
        conversations: impl IntoIterator<Item = ConversationId>,
    ) -> Result<HashMap<ConversationId, Message>, MessagingError> {
        let ids = conversations.into_iter().collect();
        let last = store::messages::last_of_each(&mut reader, user, &ids).await?;
        let whole = self.seen_of_many(reader, user, last).await?;
        Ok(whole.into_iter().map(|message| (message.row().conversation_id, message.for_viewer(user))).collect())
    }
}
