//! What editing, deleting, reacting and pinning share: who may, in which order, and that what changes nothing takes
//! no seq and tells nobody.

use village_db::{Tx, transaction};
use village_kernel::{ConversationId, Instant, MessageId, Viewer};
use village_live::{Hint, Topic};

use crate::emoji::Emoji;
use crate::message::{MessageKind, MessageRow, StoredMessage};
use crate::store::changes::Standing;
use crate::store::parts;
use crate::{MemberState, Message, Messaging, MessagingError, store};

/// What is to become of a message.
#[derive(Clone, Debug)]
pub(crate) enum MessageChange {
    Edit { body: String },
    Delete,
    React { emoji: Emoji, on: bool },
    Pin { on: bool },
}

/// Who wants it, when, and as what.
pub(crate) struct Changer<'a> {
    pub viewer: &'a Viewer,
    pub standing: Standing,
    pub now: Instant,
}

impl Standing {
    /// A person who has left, stands before a closed conversation, or has not answered a request changes nothing; nor does
    /// whoever waits for an answer, who would say more by it than the five messages.
    pub(crate) fn may_change(&self) -> Result<(), MessagingError> {
        if self.left_seq.is_some() || self.is_closed {
            return Err(MessagingError::CannotSend);
        }
        match self.state {
            MemberState::Active if self.is_unanswered => Err(MessagingError::REQUEST_PENDING),
            MemberState::Active => Ok(()),
            MemberState::Requested | MemberState::Declined => Err(MessagingError::REQUEST_UNANSWERED),
        }
    }
}

impl Messaging {
    /// The message as it is then.
    pub(crate) async fn change(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        message: MessageId,
        change: &MessageChange,
    ) -> Result<Message, MessagingError> {
        let now = self.clock.now();
        let stored = transaction!(&self.db, |tx| -> Result<Option<StoredMessage>, MessagingError> {
            if !store::changes::lock(tx, conversation, viewer.user).await? {
                return Err(MessagingError::NotFound);
            }
            let standing = store::changes::standing(tx, conversation, viewer.user).await?;
            let standing = standing.ok_or(MessagingError::NotFound)?;
            let row = store::changes::message(tx, conversation, message).await?;
            // What one has said oneself, and the photos with it, one can always take back.
            let takes_back = |row: &MessageRow| matches!(change, MessageChange::Delete) && row.sender_id == viewer.user;
            let is_there = |row: &MessageRow| match takes_back(row) {
                true => row.created_seq > standing.expired_seq,
                false => standing.can_see(row),
            };
            let row = row.filter(|row| row.kind == MessageKind::Text && is_there(row));
            let row = row.ok_or(MessagingError::NotFound)?;
            if !takes_back(&row) {
                standing.may_change()?;
            }
            let left = standing.left_seq.map(|left_seq| (conversation, left_seq)).into_iter().collect();
            let changer = Changer { viewer, standing, now };
            let row = match self.apply(tx, &changer, &row, change).await? {
                None => row,
                Some(seq) => {
                    let live = self.live.clone();
                    tx.after_commit(move || live.publish(Hint::new(Topic::Conversation, conversation).mark(seq)));
                    store::changes::message(tx, conversation, message).await?.ok_or(MessagingError::NotFound)?
                }
            };
            Ok(parts::load(tx, vec![row], &[viewer.user], &left).await?.pop())
        })?;
        let whole = self.whole(stored.into_iter().collect()).await?.pop().ok_or(MessagingError::NotFound)?;
        Ok(whole.for_viewer(viewer.user))
    }

    /// The seq of the change; `None` when all is that way already.
    async fn apply(
        &self,
        tx: &mut Tx,
        changer: &Changer<'_>,
        row: &MessageRow,
        change: &MessageChange,
    ) -> Result<Option<i64>, MessagingError> {
        match change {
            MessageChange::Edit { body } => self.apply_edit(tx, changer, row, body).await,
            MessageChange::Delete => self.apply_delete(tx, changer, row).await,
            MessageChange::React { emoji, on: true } => self.apply_reaction(tx, changer, row, emoji).await,
            MessageChange::React { emoji, on: false } => self.apply_unreaction(tx, changer, row, emoji).await,
            MessageChange::Pin { on } => self.apply_pin(tx, changer, row, *on).await,
        }
    }
}
