//! Finding messages by their words.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use uuid::Uuid;
use village_http::{Caller, Json, PageQuery, Problem, Query};
use village_kernel::{ConversationId, Instant, Limit, MessageId, Page, Viewer};

use crate::store::conversations::END_OF_TIME;
use crate::store::search::Wanted;
use crate::{Message, Messaging, MessagingError, store};

/// Further words are not looked for.
const MAX_WORDS: usize = 10;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchMessages {
    /// Words that the message has, whatever their case and accents; of the last one the beginning is enough.
    /// 2 to 100 characters.
    #[param(example = "slept thr", min_length = 2, max_length = 100)]
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
        (status = 422, description = "`q` is shorter than 2 or longer than 100 characters.", body = Problem),
    ),
)]
pub(crate) async fn search_messages(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Query(search): Query<SearchMessages>,
    page: PageQuery,
) -> Result<Json<Page<Message>>, Problem> {
    let wanted = search.q.unwrap_or_default();
    if !(2..=100).contains(&wanted.trim().chars().count()) {
        return Err(Problem::invalid_field("q", "out_of_range", "must be 2 to 100 characters"));
    }
    let before = page.after()?;
    Ok(Json(messaging.search(&viewer, &wanted, search.conversation_id, before, page.limit).await?))
}

/// The words of a text: letters and digits, in lower case and without accents.
fn words(text: &str) -> Vec<String> {
    let folded: String = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// As they are kept to be looked through.
pub(crate) fn folded(body: &str) -> String {
    words(body).join(" ")
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
        let mut words = words(wanted);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_alike_wherever_they_come_from() {
        assert_eq!(words("Zoë's Café, 3 a.m.!"), ["zoe", "s", "cafe", "3", "a", "m"]);
        assert_eq!(words("ＦＵＬＬ ﬁne — ÜBER"), ["full", "fine", "uber"]);
        assert!(words("' & | ! \" *").is_empty());
    }
}
