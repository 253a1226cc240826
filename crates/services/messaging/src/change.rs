//! A change of a conversation itself and of who takes part. It holds the conversation's row from its first seq to the
//! commit, so two changes of one conversation follow each other, and what was checked under it stays true.
//!
//! Locks are taken in one order: the conversation, the membership marks in the order of people's ids, their rows.

use village_db::{Tx, transaction};
use village_kernel::{ConversationId, Instant, UserId};
use village_live::{Hint, SharedLive, Topic};

use crate::conversation::ConversationKind;
use crate::store::events::{self, Taken};
use crate::store::links;
use crate::store::members::{self, NewMember, Standing};
use crate::{ConversationEvent, MemberRole, MemberState, Messaging, MessagingError};

pub(crate) struct Change {
    taken: Taken,
    /// The seq that was taken tells of an event already; the next event takes another.
    is_used: bool,
    actor: UserId,
    now: Instant,
    live: SharedLive,
}

/// Who somebody is among those who take part.
pub(crate) fn require_admin(standing: &Standing) -> Result<(), MessagingError> {
    if standing.role.is_admin() { Ok(()) } else { Err(MessagingError::NotAdmin) }
}

impl Change {
    /// By somebody who takes part; anybody else gets the same 404 as for what does not exist.
    pub async fn begin(
        tx: &mut Tx,
        live: &SharedLive,
        conversation: ConversationId,
        actor: UserId,
        now: Instant,
    ) -> Result<(Self, Standing), MessagingError> {
        // Asked before the lock, so that strangers cannot hold up a conversation; and again under it.
        members::standing(tx, conversation, actor).await?.ok_or(MessagingError::NotFound)?;
        let change = Self::begin_from_outside(tx, live, conversation, actor, now).await?;
        let standing = members::standing(tx, conversation, actor).await?.ok_or(MessagingError::NotFound)?;
        Ok((change, standing))
    }

    /// By somebody whose right to it was found out otherwise.
    pub async fn begin_from_outside(
        tx: &mut Tx,
        live: &SharedLive,
        conversation: ConversationId,
        actor: UserId,
        now: Instant,
    ) -> Result<Self, MessagingError> {
        let taken = events::take_seq(tx, conversation, now).await?.ok_or(MessagingError::NotFound)?;
        Ok(Self { taken, is_used: false, actor, now, live: live.clone() })
    }

    /// The first change of a conversation inserted in the same transaction, with its first seq taken.
    pub fn first(taken: Taken, live: &SharedLive, actor: UserId, now: Instant) -> Self {
        Self { taken, is_used: false, actor, now, live: live.clone() }
    }

    pub fn conversation(&self) -> &Taken {
        &self.taken
    }

    pub fn require_group(&self) -> Result<(), MessagingError> {
        if self.taken.kind == ConversationKind::Group { Ok(()) } else { Err(MessagingError::NotAGroup) }
    }

    /// Writes the row of an event; it is told of after the commit. Returns its seq.
    pub async fn record(&mut self, tx: &mut Tx, event: &ConversationEvent) -> Result<i64, MessagingError> {
        if self.is_used {
            let id = self.taken.id;
            self.taken = events::take_seq(tx, id, self.now).await?.ok_or(MessagingError::NotFound)?;
        }
        self.is_used = true;
        events::insert_event(tx, &self.taken, self.actor, event, self.now).await?;
        let (live, conversation, seq) = (self.live.clone(), self.taken.id, self.taken.last_seq);
        tx.after_commit(move || live.publish(Hint::new(Topic::Conversation, conversation).mark(seq)));
        Ok(seq)
    }

    /// The next membership seq of each of `people`, told after the commit.
    pub async fn advance(&self, tx: &mut Tx, people: &[UserId]) -> Result<Vec<(UserId, i64)>, MessagingError> {
        let seqs = members::next_membership_seqs(tx, people).await?;
        announce_memberships(tx, &self.live, &seqs);
        Ok(seqs)
    }

    /// Opens windows for `people`, none of whom takes part, at the event that was just recorded.
    pub async fn add(&self, tx: &mut Tx, people: &[UserId]) -> Result<(), MessagingError> {
        self.count(tx, people.len() as i64).await?;
        self.advance(tx, people).await?;
        let list = people.iter().copied().collect();
        members::join_all(tx, &self.taken, &list, self.actor).await?;
        Ok(())
    }

    /// Opens a window for the actor, who comes by themselves and does not take part.
    pub async fn enter(&self, tx: &mut Tx, role: MemberRole) -> Result<(), MessagingError> {
        self.count(tx, 1).await?;
        let member = NewMember { user: self.actor, role, state: MemberState::Active, added_by: None };
        self.advance(tx, &[member.user]).await?;
        members::join(tx, &self.taken, &member).await?;
        Ok(())
    }

    async fn count(&self, tx: &mut Tx, change: i64) -> Result<(), MessagingError> {
        match events::count_members(tx, self.taken.id, change).await? {
            true => Ok(()),
            false => Err(MessagingError::Full),
        }
    }

    /// Closes the window of `user` at the event that tells of it. An owner is followed by somebody else.
    pub async fn take_out(
        &mut self,
        tx: &mut Tx,
        user: UserId,
        standing: &Standing,
        event: &ConversationEvent,
    ) -> Result<(), MessagingError> {
        let left_seq = self.record(tx, event).await?;
        let conversation = self.taken.id;
        let successor = match standing.role {
            MemberRole::Owner => members::successor(tx, conversation, user).await?,
            MemberRole::Admin | MemberRole::Member => None,
        };
        let people: Vec<UserId> = successor.into_iter().chain([user]).collect();
        let seqs = self.advance(tx, &people).await?;
        let seq_of = |person| seqs.iter().find(|(of, _)| *of == person).map_or(0, |(_, seq)| *seq);
        events::count_members(tx, conversation, -1).await?;
        let removed_by = (self.actor != user).then_some(self.actor);
        members::leave(tx, conversation, user, left_seq, seq_of(user), removed_by).await?;
        if members::is_empty(tx, conversation).await? {
            links::delete(tx, conversation).await?;
        }
        if let Some(successor) = successor {
            members::set_role(tx, conversation, successor, MemberRole::Owner, seq_of(successor)).await?;
            let event = ConversationEvent::RoleChanged { user_id: successor, role: MemberRole::Owner };
            self.record(tx, &event).await?;
        }
        Ok(())
    }
}

impl Messaging {
    /// Waits until what others have written before is safely stored. Whoever finds nothing left to do answers as they
    /// were answered, so not before them: on SQLite their writes may be part of a commit still to come.
    pub(crate) async fn settled(&self) -> Result<(), MessagingError> {
        transaction!(&self.db, |tx| -> Result<(), MessagingError> {
            let _ = tx;
            Ok(())
        })
    }
}

/// Tells each person's devices after the commit.
pub(crate) fn announce_memberships(tx: &mut Tx, live: &SharedLive, seqs: &[(UserId, i64)]) {
    let (live, seqs) = (live.clone(), seqs.to_vec());
    tx.after_commit(move || {
        for (user, seq) in seqs {
            live.publish(Hint::new(Topic::Membership, user).mark(seq));
        }
    });
}
