//! Answering a request to talk or to be in a group.

use village_db::{Tx, execute};
use village_kernel::{ConversationId, UserId};

use crate::change::{Change, announce_memberships};
use crate::{ConversationEvent, MemberState, Messaging, MessagingError, store};

impl Messaging {
    /// Makes what `user` was asked, or has declined, an ordinary conversation of theirs. False when it was one. In a
    /// group the others learn of it; in a direct conversation nobody is told.
    pub(crate) async fn become_active(
        &self,
        tx: &mut Tx,
        conversation: ConversationId,
        user: UserId,
    ) -> Result<bool, MessagingError> {
        let standing = store::members::standing(tx, conversation, user).await?.ok_or(MessagingError::NotFound)?;
        if standing.state == MemberState::Active {
            return Ok(false);
        }
        let now = self.clock.now();
        if standing.state == MemberState::Requested && store::changes::is_group(tx, conversation).await? {
            let (mut change, _) = Change::begin(tx, &self.live, conversation, user, now).await?;
            change.record(tx, &ConversationEvent::MemberJoined).await?;
        }
        let seqs = store::members::next_membership_seqs(tx, &[user]).await?;
        let sql = "update messaging_members
                   set state = 'active', membership_seq = $3
                   where conversation_id = $1 and user_id = $2";
        for (user, membership_seq) in &seqs {
            execute!(tx, sql, conversation, *user, *membership_seq)?;
        }
        announce_memberships(tx, &self.live, &seqs);
        Ok(true)
    }
}
