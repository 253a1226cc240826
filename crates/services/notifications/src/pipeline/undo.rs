//! What somebody takes back leaves the items of those who were told of it: an item with nothing else goes, another
//! loses its actor. That it was taken back may be heard before that it was done; then nothing is here to change, and the
//! delivery asks whether it still stands ([`super::deliver`]). Both run under the lock of the people's marks, so one of
//! the two always finds what the other did.

use std::time::Duration;

use village_bus::bulk_turn;
use village_db::{Tx, transaction};
use village_kernel::{ChannelId, CommentId, ConversationId, NotificationId, PostId, UserId};
use village_ports::PostAct;

use crate::store::undo::{self, Part};
use crate::store::{marks, removed};
use crate::{Kind, Notifications};

/// People in one transaction at most: SQLite's one writer is held meanwhile.
const CHUNK: u32 = 500;

/// Messages that came this long after an item's newest may be told by it too: see [`super::messages`].
const COVERED: Duration = Duration::from_secs(60);

impl Notifications {
    /// A like that is there again meanwhile stays as it was told.
    pub(crate) async fn like_taken_back(&self, post: PostId, liker: UserId, author: UserId) -> village_db::Result<()> {
        transaction!(&self.deps.db, |tx| -> village_db::Result<()> {
            marks::lock(tx, &[author]).await?;
            if self.deps.posts.stands(tx, PostAct::Liked(post, liker)).await? {
                return Ok(());
            }
            for part in undo::parts_of(tx, &[author], Kind::PostLiked, post.0, liker).await? {
                self.take_out(tx, &part, liker).await?;
            }
            Ok(())
        })
    }

    /// A person who follows again meanwhile stays in the notification.
    pub(crate) async fn follow_taken_back(&self, follower: UserId, followee: UserId) -> village_db::Result<()> {
        transaction!(&self.deps.db, |tx| -> village_db::Result<()> {
            marks::lock(tx, &[followee]).await?;
            if self.deps.graph.follows(tx, follower, followee).await? {
                return Ok(());
            }
            for part in undo::parts_of(tx, &[followee], Kind::Followed, followee.0, follower).await? {
                self.take_out(tx, &part, follower).await?;
            }
            Ok(())
        })
    }

    /// An invitation that waits again meanwhile stays as it was told.
    pub(crate) async fn invitation_ended(
        &self,
        channel: ChannelId,
        invitee: UserId,
        by: UserId,
    ) -> village_db::Result<()> {
        transaction!(&self.deps.db, |tx| -> village_db::Result<()> {
            marks::lock(tx, &[invitee]).await?;
            if self.deps.invitations.waits(tx, channel, invitee).await? {
                return Ok(());
            }
            for part in undo::parts_of(tx, &[invitee], Kind::ChannelInvited, channel.0, by).await? {
                self.take_out(tx, &part, by).await?;
            }
            Ok(())
        })
    }

    pub(crate) async fn comment_taken_back(
        &self,
        post: PostId,
        comment: CommentId,
        commenter: UserId,
        author: UserId,
    ) -> village_db::Result<()> {
        transaction!(&self.deps.db, |tx| -> village_db::Result<()> {
            marks::lock(tx, &[author]).await?;
            if let Some((item, actor)) = undo::forget_comment(tx, author, comment).await? {
                let left = match undo::fall_back(tx, author, item, actor).await? {
                    true => 1,
                    false => undo::take_out(tx, author, item, actor).await?,
                };
                return self.settle(tx, author, item, left, None).await;
            }
            // Never told, or by a version that did not keep which comments an item was made of: then the newest comment
            // of the person stands for all.
            for part in undo::parts_of(tx, &[author], Kind::CommentAdded, post.0, commenter).await? {
                let item = part.notification_id;
                if undo::fall_back(tx, author, item, commenter).await? {
                    continue;
                }
                match self.deps.posts.newest_comment(tx, post, commenter).await? {
                    None => self.take_out(tx, &part, commenter).await?,
                    newest if part.comment_id == Some(comment) => {
                        self.settle(tx, author, item, 1, newest).await?;
                    }
                    Some(_) => {}
                }
            }
            Ok(())
        })
    }

    /// Those who were told of a post, and its author of what others did with it, are told nothing of it any more.
    pub(crate) async fn post_taken_back(&self, post: PostId, author: UserId) -> village_db::Result<()> {
        self.remove_of_post(post, &[author], &[Kind::CommentAdded, Kind::PostLiked]).await?;
        let mut after = None;
        loop {
            let people = self.deps.posts.audience_of_deleted(post, after, CHUNK).await?;
            let Some(last) = people.last().copied() else { return Ok(()) };
            let _turn = if people.len() == CHUNK as usize { bulk_turn().await } else { None };
            self.remove_of_post(post, &people, &[Kind::PostPublished]).await?;
            after = Some(last);
        }
    }

    async fn remove_of_post(&self, post: PostId, people: &[UserId], kinds: &[Kind]) -> village_db::Result<()> {
        transaction!(&self.deps.db, |tx| -> village_db::Result<()> {
            marks::lock(tx, people).await?;
            for kind in kinds {
                let items = undo::of_subject(tx, people, *kind, post.0).await?;
                if items.is_empty() {
                    continue;
                }
                let told: Vec<UserId> = items.iter().map(|(person, _)| *person).collect();
                let items = items.into_iter().map(|(_, item)| item).collect();
                let moved = removed::remove(tx, &told, &items).await?;
                self.hint(tx, moved);
            }
            Ok(())
        })
    }

    /// A message is gone, or does not mention some people any more. `sender` leaves the items that were made of nothing
    /// else of theirs; `people` are those whose items may have been.
    pub(crate) async fn message_taken_back(
        &self,
        conversation: ConversationId,
        sender: UserId,
        people: &[UserId],
    ) -> village_db::Result<()> {
        for people in people.chunks(CHUNK as usize) {
            transaction!(&self.deps.db, |tx| -> village_db::Result<()> {
                marks::lock(tx, people).await?;
                let parts = undo::parts_of(tx, people, Kind::MessageSent, conversation.0, sender).await?;
                let Some(since_seq) = parts.iter().map(|part| part.first_seq.unwrap_or(0)).min() else {
                    return Ok(());
                };
                let told: Vec<UserId> = parts.iter().map(|part| part.user_id).collect();
                let conversations = &self.deps.conversations;
                let standing = conversations.standing(tx, conversation, sender, since_seq, &told).await?;
                for part in &parts {
                    let only_mentions = standing.only_mentions.contains(&part.user_id);
                    let told_of_one = standing.messages.iter().any(|message| {
                        message.created_seq >= part.first_seq.unwrap_or(0)
                            && message.created_at.minus(COVERED) <= part.updated_at
                            && (!only_mentions || message.mentions.contains(&part.user_id))
                    });
                    if !told_of_one && !standing.is_cut {
                        self.take_out(tx, part, sender).await?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    async fn take_out(&self, tx: &mut Tx, part: &Part, actor: UserId) -> village_db::Result<()> {
        let left = undo::take_out(tx, part.user_id, part.notification_id, actor).await?;
        self.settle(tx, part.user_id, part.notification_id, left, None).await
    }

    /// What is left of an item after a change of those who take part in it.
    async fn settle(
        &self,
        tx: &mut Tx,
        person: UserId,
        item: NotificationId,
        left: i64,
        comment: Option<CommentId>,
    ) -> village_db::Result<()> {
        let moved = if left > 0 {
            undo::refresh(tx, person, item, comment).await?;
            marks::advance(tx, &[person], 0).await?
        } else {
            removed::remove(tx, &[person], &[item].into_iter().collect()).await?
        };
        self.hint(tx, moved);
        Ok(())
    }
}
