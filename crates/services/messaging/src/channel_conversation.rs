//! The conversation of a channel: its members come into it by themselves, and are out of it with the channel.

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::State;
use http::StatusCode;
use village_db::{Tx, transaction};
use village_http::{Caller, Json, Path, Problem};
use village_kernel::{ChannelId, ConversationId, UserId, Viewer};
use village_ports::ChannelConversations;

use crate::change::Change;
use crate::{Conversation, ConversationEvent, MemberRole, Messaging, MessagingError, Participants, store};

/// Take part in the conversation of a channel
///
/// Made when the first member comes. Whoever leaves the channel leaves it as well. Nobody is its owner or an admin,
/// whatever they are in the channel.
#[utoipa::path(
    put, path = "/conversations/channels/{channel_id}", tag = "messaging", operation_id = "join_channel_conversation",
    params(("channel_id" = ChannelId, Path, description = "The channel.")),
    responses(
        (status = 201, description = "You take part from now on.", body = Conversation),
        (status = 200, description = "You took part already.", body = Conversation),
        (status = 404, description = "No channel that you are a member of.", body = Problem),
        (status = 409, description = "`conversation_full`", body = Problem),
    ),
)]
pub(crate) async fn join_channel_conversation(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(channel): Path<ChannelId>,
) -> Result<(StatusCode, Json<Conversation>), Problem> {
    let (conversation, joined) = messaging.join_channel(&viewer, channel).await?;
    let status = if joined { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(conversation)))
}

impl Messaging {
    async fn join_channel(&self, viewer: &Viewer, channel: ChannelId) -> Result<(Conversation, bool), MessagingError> {
        let now = self.clock.now();
        let joined = transaction!(&self.db, |tx| -> Result<ConversationId, MessagingError> {
            // Before anything of ours is locked: leaving the channel takes the two in this order as well.
            if !self.channels.hold_membership(tx, channel, viewer.user).await? {
                return Err(MessagingError::NotFound);
            }
            let draft = ConversationId::new(now);
            let is_new = store::conversations::insert_channel(tx, draft, channel, now).await?;
            let id = store::conversations::of_channel(tx, channel).await?.ok_or(MessagingError::NotFound)?;
            let mut change = Change::begin_from_outside(tx, &self.live, id, viewer.user, now).await?;
            if store::members::standing(tx, id, viewer.user).await?.is_some() {
                return Err(MessagingError::Unchanged);
            }
            let event = if is_new { ConversationEvent::Created } else { ConversationEvent::MemberJoined };
            change.record(tx, &event).await?;
            change.enter(tx, MemberRole::Member).await?;
            Ok(id)
        });
        let (id, joined) = match joined {
            Ok(id) => (id, true),
            Err(MessagingError::Unchanged) => {
                self.settled().await?;
                let id = store::conversations::of_channel(&mut self.db.reader().await?, channel).await?;
                (id.ok_or(MessagingError::NotFound)?, false)
            }
            Err(error) => return Err(error),
        };
        Ok((self.conversation(viewer, id).await?, joined))
    }
}

#[async_trait]
impl ChannelConversations for Participants {
    async fn channel_left(&self, tx: &mut Tx, channel: ChannelId, user: UserId) -> village_db::Result<()> {
        let Some(conversation) = store::conversations::of_channel(tx, channel).await? else { return Ok(()) };
        // Locked before it is looked at, so that no seq is taken for nothing: this transaction is not ours to undo.
        if !store::changes::lock(tx, conversation, user).await? {
            return Ok(());
        }
        let Some(standing) = store::members::standing(tx, conversation, user).await? else { return Ok(()) };
        let now = self.clock.now();
        let left = async {
            let mut change = Change::begin_from_outside(tx, &self.live, conversation, user, now).await?;
            change.take_out(tx, user, &standing, &ConversationEvent::MemberLeft).await
        };
        match left.await {
            Ok(()) => Ok(()),
            Err(MessagingError::Database(error)) => Err(error),
            Err(error) => Err(village_db::Error::Protocol(error.to_string())),
        }
    }
}
