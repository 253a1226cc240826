//! Reactions: an emoji under a message.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use village_db::Tx;
use village_http::{Caller, Json, PageQuery, Path, Problem};
use village_kernel::{ConversationId, Instant, Limit, MessageId, Page, Viewer};
use village_ports::UserSummary;

use crate::change_message::{Changer, MessageChange};
use crate::emoji::Emoji;
use crate::message::MessageRow;
use crate::{Message, Messaging, MessagingError, store};

/// Different emoji under one message, and those among them of one person.
const MAX_KINDS: i64 = 20;
const MAX_OWN: i64 = 5;

/// Who reacted with what.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ReactionOf {
    #[schema(example = "❤️")]
    pub emoji: String,
    pub user: UserSummary,
    pub created_at: Instant,
}

/// React to a message
///
/// With up to 5 different emoji each, and 20 of all together. Doing it again changes nothing.
#[utoipa::path(
    put, path = "/conversations/{id}/messages/{message_id}/reactions/{emoji}", tag = "messaging",
    operation_id = "react_to_message",
    params(
        ("id" = ConversationId, Path), ("message_id" = MessageId, Path),
        ("emoji" = String, Path, description = "One emoji, percent-encoded.", example = "❤️", max_length = 10),
    ),
    responses(
        (status = 200, description = "The message as it is now.", body = Message),
        (status = 403, description = "`cannot_send`, `request_pending`", body = Problem),
        (status = 404, description = "None that you can see.", body = Problem),
        (status = 409, description = "`too_many_reactions`, `message_deleted`", body = Problem),
        (status = 422, description = "Not one emoji.", body = Problem),
    ),
)]
pub(crate) async fn react_to_message(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path((id, message, emoji)): Path<(ConversationId, MessageId, String)>,
) -> Result<Json<Message>, Problem> {
    Ok(Json(messaging.react(&viewer, id, message, &emoji, true).await?))
}

/// Take back a reaction
#[utoipa::path(
    delete, path = "/conversations/{id}/messages/{message_id}/reactions/{emoji}", tag = "messaging",
    operation_id = "take_back_reaction",
    params(
        ("id" = ConversationId, Path), ("message_id" = MessageId, Path),
        ("emoji" = String, Path, description = "One emoji, percent-encoded.", example = "❤️", max_length = 10),
    ),
    responses(
        (status = 200, description = "The message as it is now.", body = Message),
        (status = 403, description = "`cannot_send`, `request_pending`", body = Problem),
        (status = 404, description = "None that you can see.", body = Problem),
        (status = 422, description = "Not one emoji.", body = Problem),
    ),
)]
pub(crate) async fn take_back_reaction(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path((id, message, emoji)): Path<(ConversationId, MessageId, String)>,
) -> Result<Json<Message>, Problem> {
    Ok(Json(messaging.react(&viewer, id, message, &emoji, false).await?))
}

/// List the reactions to a message
///
/// In the order they were given. Those of people you have blocked are left out, as they are from the message's counts.
#[utoipa::path(
    get, path = "/conversations/{id}/messages/{message_id}/reactions", tag = "messaging",
    operation_id = "list_message_reactions",
    params(("id" = ConversationId, Path), ("message_id" = MessageId, Path), PageQuery),
    responses(
        (status = 200, description = "A page of reactions.", body = Page<ReactionOf>),
        (status = 404, description = "None that you can see.", body = Problem),
    ),
)]
pub(crate) async fn list_message_reactions(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path((id, message)): Path<(ConversationId, MessageId)>,
    page: PageQuery,
) -> Result<Json<Page<ReactionOf>>, Problem> {
    Ok(Json(messaging.reactions(&viewer, id, message, page.after()?, page.limit).await?))
}

impl Messaging {
    pub(crate) async fn react(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        message: MessageId,
        emoji: &str,
        on: bool,
    ) -> Result<Message, MessagingError> {
        let emoji = Emoji::parse(emoji)?;
        self.change(viewer, conversation, message, &MessageChange::React { emoji, on }).await
    }

    pub(crate) async fn apply_reaction(
        &self,
        tx: &mut Tx,
        changer: &Changer<'_>,
        row: &MessageRow,
        emoji: &Emoji,
    ) -> Result<Option<i64>, MessagingError> {
        if row.deleted_at.is_some() {
            return Err(MessagingError::MESSAGE_DELETED);
        }
        let user = changer.viewer.user;
        let tally = store::reactions::tally(tx, row, user, emoji.as_str()).await?;
        if tally.is_there {
            return Ok(None);
        }
        if tally.own >= MAX_OWN || (!tally.is_known && tally.kinds >= MAX_KINDS) {
            let detail = "There are as many different reactions as there can be.";
            return Err(MessagingError::Conflict("too_many_reactions", detail));
        }
        let seq = store::changes::next_seq(tx, row.conversation_id, changer.now, 0).await?;
        store::reactions::add(tx, row, user, emoji.as_str(), seq, changer.now).await?;
        Ok(Some(seq))
    }

    pub(crate) async fn apply_unreaction(
        &self,
        tx: &mut Tx,
        changer: &Changer<'_>,
        row: &MessageRow,
        emoji: &Emoji,
    ) -> Result<Option<i64>, MessagingError> {
        let user = changer.viewer.user;
        if !store::reactions::tally(tx, row, user, emoji.as_str()).await?.is_there {
            return Ok(None);
        }
        let seq = store::changes::next_seq(tx, row.conversation_id, changer.now, 0).await?;
        store::reactions::remove(tx, row, user, emoji.as_str(), seq).await?;
        Ok(Some(seq))
    }

    async fn reactions(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        message: MessageId,
        after: Option<i64>,
        limit: Limit,
    ) -> Result<Page<ReactionOf>, MessagingError> {
        let mut reader = self.db.reader().await?;
        let (window, row) = self.visible_row(&mut reader, viewer, conversation, message).await?;
        let upto = window.left_seq.unwrap_or(i64::MAX);
        let after = after.unwrap_or(0);
        let rows =
            store::reactions::page(&mut reader, viewer.user, conversation, row.created_seq, after, upto, limit).await?;
        drop(reader);
        let page = Page::from_rows(rows, limit, |row| row.reacted_seq);
        let people: Vec<_> = page.items.iter().map(|row| row.user_id).collect();
        let people = self.profiles.summaries(viewer, &people).await?;
        let shown = page.items.into_iter().filter_map(|row| {
            let user = people.get(&row.user_id)?.clone();
            Some(ReactionOf { emoji: row.emoji, user, created_at: row.created_at })
        });
        Ok(Page { items: shown.collect(), next: page.next })
    }
}
