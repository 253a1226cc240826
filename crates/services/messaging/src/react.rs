//! Reactions: an emoji under a message.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use village_db::Tx;
use village_http::{Caller, Json, PageQuery, Path, Problem};
use village_kernel::{ConversationId, Instant, Limit, MessageId, Page, Viewer};
use village_ports::UserSummary;

use crate::change_message::{Changer, MessageChange};
use crate::message::MessageRow;
use crate::{Message, Messaging, MessagingError, store};

/// Different emoji under one message, and those among them of one person.
const MAX_KINDS: i64 = 20;
const MAX_OWN: i64 = 5;
const MAX_EMOJI_BYTES: usize = 32;

/// One emoji, as far as can be told without a table of them: a pictograph with what may follow it, several joined
/// into one, a flag or a keycap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Emoji(String);

impl Emoji {
    pub fn parse(text: &str) -> Result<Self, MessagingError> {
        if text.len() <= MAX_EMOJI_BYTES && is_one_emoji(text) {
            return Ok(Self(text.to_owned()));
        }
        let message = format!("must be one emoji of at most {MAX_EMOJI_BYTES} bytes");
        Err(MessagingError::Invalid { field: "emoji", code: "invalid", message })
    }
}

const JOINER: char = '\u{200d}';
const AS_EMOJI: char = '\u{fe0f}';

fn is_one_emoji(text: &str) -> bool {
    let mut rest = text;
    loop {
        let Some(after) = element(rest) else { return false };
        match after.strip_prefix(JOINER) {
            Some(joined) => rest = joined,
            None => return after.is_empty(),
        }
    }
}

/// What is left after one element of an emoji (Unicode Technical Standard 51, `emoji_zwj_element`).
fn element(text: &str) -> Option<&str> {
    let mut chars = text.chars();
    let first = chars.next()?;
    let rest = chars.as_str();
    if is_regional(first) {
        return rest.strip_prefix(is_regional);
    }
    if matches!(first, '0'..='9' | '#' | '*') {
        return rest.strip_prefix(AS_EMOJI).unwrap_or(rest).strip_prefix('\u{20e3}');
    }
    if !is_pictograph(first) {
        return None;
    }
    let rest = rest.strip_prefix(AS_EMOJI).or_else(|| rest.strip_prefix(is_skin_tone)).unwrap_or(rest);
    let tagged = rest.trim_start_matches(|c| matches!(c, '\u{e0020}'..='\u{e007e}'));
    match tagged.len() < rest.len() {
        true => tagged.strip_prefix('\u{e007f}'),
        false => Some(rest),
    }
}

fn is_regional(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

fn is_pictograph(c: char) -> bool {
    matches!(
        c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2194}'..='\u{21aa}'
            | '\u{231a}'..='\u{23ff}' | '\u{24c2}' | '\u{25aa}'..='\u{27bf}' | '\u{2934}'..='\u{2935}'
            | '\u{2b05}'..='\u{2b55}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
            | '\u{1f000}'..='\u{1f1e5}' | '\u{1f200}'..='\u{1faff}'
    )
}

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
        ("emoji" = String, Path, description = "One emoji, percent-encoded.", example = "❤️"),
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
        ("emoji" = String, Path, description = "One emoji, percent-encoded.", example = "❤️"),
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
        let tally = store::reactions::tally(tx, row, user, &emoji.0).await?;
        if tally.is_there {
            return Ok(None);
        }
        if tally.own >= MAX_OWN || (!tally.is_known && tally.kinds >= MAX_KINDS) {
            let detail = "There are as many different reactions as there can be.";
            return Err(MessagingError::Conflict("too_many_reactions", detail));
        }
        let seq = store::changes::next_seq(tx, row.conversation_id, changer.now, 0).await?;
        store::reactions::add(tx, row, user, &emoji.0, seq, changer.now).await?;
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
        if !store::reactions::tally(tx, row, user, &emoji.0).await?.is_there {
            return Ok(None);
        }
        let seq = store::changes::next_seq(tx, row.conversation_id, changer.now, 0).await?;
        store::reactions::remove(tx, row, user, &emoji.0, seq).await?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_emoji_and_nothing_else_is_a_reaction() {
        for emoji in ["👍", "❤", "❤️", "👍🏽", "👩‍👩‍👧‍👦", "🇵🇹", "1️⃣", "#⃣", "☺️", "©️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏳️‍🌈", "🧑🏿‍🚀", "⭐", "🥰"]
        {
            assert!(Emoji::parse(emoji).is_ok(), "{emoji}");
        }
        let long = "👩‍".repeat(8) + "👩";
        for text in [
            "",
            "a",
            "1",
            " ",
            "👍👍",
            "👍 ",
            "ok👍",
            "🇵",
            "é",
            "\u{200d}",
            "👍\u{200d}",
            "\u{fe0f}",
            "好",
            "\0",
            &long,
        ] {
            assert!(Emoji::parse(text).is_err(), "{text:?}");
        }
    }
}
