//! Finding messages by their words.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;
use village_http::{Caller, Json, PageQuery, Problem, Query};
use village_kernel::text::{find_terms, is_blank, is_whole_word, trim};
use village_kernel::{ConversationId, Instant, Limit, MessageId, Page, Viewer};

use crate::store::conversations::END_OF_TIME;
use crate::store::search::Wanted;
use crate::{Message, Messaging, MessagingError, store};

/// Further words are not looked for.
const MAX_WORDS: usize = 10;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchMessages {
    /// Words that the message has, whatever their case and accents; of the last one the beginning is enough. Where a
    /// script puts no spaces between words, any letters that follow each other. 2 to 100 characters; one is enough if
    /// it is an emoji or a letter of such a script.
    #[param(required = true, example = "slept thr", min_length = 1, max_length = 100)]
    q: Option<String>,
    /// In this conversation only.
    conversation_id: Option<ConversationId>,
}

/// Search messages
///
/// In all conversations that you take or took part in, newest first.
#[utoipa::path(
    get, path = "/conversations/search", tag = "messaging", operation_id = "search_messages",
    params(SearchMessages, PageQuery),
    responses(
        (status = 200, description = "A page of messages.", body = Page<Message>),
        (status = 422, description = "`q` is too short, or longer than 100 characters.", body = Problem),
    ),
)]
pub(crate) async fn search_messages(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Query(search): Query<SearchMessages>,
    page: PageQuery,
) -> Result<Json<Page<Message>>, Problem> {
    let wanted = search.q.unwrap_or_default();
    if !(1..=100).contains(&wanted.chars().count()) {
        return Err(Problem::invalid_field("q", "out_of_range", "must be 1 to 100 characters"));
    }
    let is_enough = trim(&wanted).chars().count() >= 2 || is_whole_word(&wanted);
    if is_blank(&wanted) || !is_enough {
        return Err(Problem::invalid_field("q", "empty", "must have 2 characters, or one that is a word by itself"));
    }
    let before = page.after()?;
    Ok(Json(messaging.search(&viewer, &wanted, search.conversation_id, before, page.limit).await?))
}

impl Messaging {
    async fn search(
        &self,
        viewer: &Viewer,
        wanted: &str,
        conversation: Option<ConversationId>,
        before: Option<(i64, MessageId)>,
        limit: Limit,
    ) -> Result<Page<Message>, MessagingError> {
        let mut words = find_terms(wanted);
        words.truncate(MAX_WORDS);
        if words.is_empty() {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let all = (ConversationId(Uuid::nil()), ConversationId(Uuid::max()));
        let before = before.map(|(micros, id)| (Instant::from_micros(micros), id));
        let wanted = Wanted {
            words: &words,
            conversations: conversation.map_or(all, |id| (id, id)),
            before: before.unwrap_or((END_OF_TIME, MessageId(Uuid::max()))),
            limit: limit.fetch(),
        };
        let mut reader = self.db.reader().await?;
        let found = store::search::find(&mut reader, viewer.user, &wanted).await?;
        let page = Page::from_rows(found, limit, |found| (found.row.created_at.as_micros(), found.row.id));
        let shown = self.seen_of_many(reader, viewer.user, page.items).await?;
        Ok(Page { items: shown.iter().map(|message| message.for_viewer(viewer.user)).collect(), next: page.next })
    }
}
