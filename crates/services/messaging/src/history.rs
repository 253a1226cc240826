//! What was said.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use village_http::{Caller, Json, PageQuery, Path, Problem, Query};
use village_kernel::{ConversationId, Limit, Page, Viewer};

use crate::{Message, Messaging, MessagingError, store};

#[derive(Clone, Copy, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Around {
    /// A page around this seq.
    #[param(example = 41, minimum = 0)]
    around: Option<i64>,
}

/// List the messages of a conversation
///
/// Newest first. With `around`, the page holds as many after as before that seq; `next` goes on to older ones, and
/// `around` the newest seq of the page to newer ones.
#[utoipa::path(
    get, path = "/conversations/{id}/messages", tag = "messaging", operation_id = "list_messages",
    params(("id" = ConversationId, Path, description = "The conversation."), Around, PageQuery),
    responses(
        (status = 200, description = "A page of messages.", body = Page<Message>),
        (status = 404, description = "None that you take part in.", body = Problem),
    ),
)]
pub(crate) async fn list_messages(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
    Query(Around { around }): Query<Around>,
    page: PageQuery,
) -> Result<Json<Page<Message>>, Problem> {
    if around.is_some_and(|seq| seq < 0) {
        return Err(Problem::invalid_field("around", "out_of_range", "must not be negative"));
    }
    let before = page.after()?;
    if around.is_some() && before.is_some() {
        return Err(Problem::invalid_field("around", "invalid", "cannot be combined with a cursor"));
    }
    Ok(Json(messaging.history(&viewer, id, before, around, page.limit).await?))
}

impl Messaging {
    async fn history(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        before: Option<i64>,
        around: Option<i64>,
        limit: Limit,
    ) -> Result<Page<Message>, MessagingError> {
        let mut reader = self.db.reader().await?;
        let window = store::windows::find(&mut reader, conversation, viewer.user).await?;
        let window = window.ok_or(MessagingError::NotFound)?;
        let newer = (limit.get() / 2) as i64;
        let rows = match around {
            None => store::messages::page(&mut reader, conversation, &window, before, limit.fetch()).await?,
            Some(seq) => {
                let mut rows = store::messages::page_after(&mut reader, conversation, &window, seq, newer).await?;
                let (before, rest) = (Some(seq.saturating_add(1)), limit.fetch() - rows.len() as i64);
                rows.extend(store::messages::page(&mut reader, conversation, &window, before, rest).await?);
                rows
            }
        };
        let page = Page::from_rows(rows, limit, |row| row.created_seq);
        let items = self.seen_through(reader, viewer.user, &window, page.items).await?;
        Ok(Page { items: items.iter().map(|message| message.for_viewer(viewer.user)).collect(), next: page.next })
    }
}
