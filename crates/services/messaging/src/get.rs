//! One conversation.

use std::sync::Arc;

use axum::extract::State;
use http::HeaderMap;
use village_http::{Caller, Path, Problem, Versioned};
use village_kernel::ConversationId;

use crate::{Conversation, Messaging};

/// Read a conversation
#[utoipa::path(
    get, path = "/conversations/{id}", tag = "messaging", operation_id = "get_conversation",
    params(("id" = ConversationId, Path, description = "The conversation.")),
    responses(
        (status = 200, description = "The conversation.", body = Conversation),
        (status = 304, description = "Unchanged since the entity tag in `If-None-Match`."),
        (status = 404, description = "None that you take part in.", body = Problem),
    ),
)]
pub(crate) async fn get_conversation(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
    headers: HeaderMap,
) -> Result<Versioned<Conversation>, Problem> {
    Ok(Versioned::new(&headers, messaging.conversation(&viewer, id).await?))
}
