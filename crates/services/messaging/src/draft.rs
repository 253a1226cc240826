//! What one has begun to write, on all of one's devices.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_http::{Caller, Json, Path, Problem};
use village_kernel::text::{TextError, is_blank, unfinished};
use village_kernel::{ConversationId, Viewer};

use crate::change::announce_memberships;
use crate::message::NewMessage;
use crate::store::{drafts, personal};
use crate::{Draft, Messaging, MessagingError};

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutDraft {
    /// Empty, or of nothing visible, deletes the draft.
    #[schema(example = "She slept thr", max_length = 4000)]
    pub body: String,
}

/// Keep a draft
///
/// Other devices of yours hear of it by a `conversation` frame. The last one to write wins.
#[utoipa::path(
    put, path = "/conversations/{id}/draft", tag = "messaging", operation_id = "put_draft",
    params(("id" = ConversationId, Path, description = "The conversation.")),
    request_body = PutDraft,
    responses(
        (status = 200, description = "The draft; null when there is none now.", body = Option<Draft>),
        (status = 404, description = "None that you take part in now.", body = Problem),
        (status = 422, description = "Too long.", body = Problem),
    ),
)]
pub(crate) async fn put_draft(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
    Json(request): Json<PutDraft>,
) -> Result<Json<Option<Draft>>, Problem> {
    Ok(Json(messaging.put_draft(&viewer, id, request.body).await?))
}

/// Kept as it was typed: blanks at the end may be followed by another word. One of nothing visible is none; what is
/// nothing but control characters was not typed, and is refused.
fn parse(body: &str) -> Result<Option<String>, MessagingError> {
    let refused = |error| MessagingError::text("body", &error);
    let kept = unfinished(body, NewMessage::MAX_CHARACTERS).map_err(refused)?;
    if kept.is_empty() && !body.is_empty() {
        return Err(refused(TextError::ControlCharacter));
    }
    Ok((!is_blank(&kept)).then_some(kept))
}

impl Messaging {
    async fn put_draft(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        body: String,
    ) -> Result<Option<Draft>, MessagingError> {
        let updated_at = self.clock.now();
        let draft = parse(&body)?.map(|body| Draft { body, updated_at });
        transaction!(&self.db, |tx| -> Result<Option<Draft>, MessagingError> {
            let before = drafts::find(tx, viewer.user, conversation).await?;
            if before.as_ref().map(|draft| &draft.body) == draft.as_ref().map(|draft| &draft.body)
                && personal::wishes(tx, conversation, viewer.user).await?.is_some()
            {
                return Ok(before);
            }
            let membership_seq = personal::next_membership_seq(tx, viewer.user).await?;
            if !personal::touch(tx, conversation, viewer.user, membership_seq).await? {
                return Err(MessagingError::NotFound);
            }
            match &draft {
                Some(draft) => drafts::put(tx, viewer.user, conversation, draft).await?,
                None => drafts::delete(tx, viewer.user, conversation).await?,
            };
            announce_memberships(tx, &self.live, &[(viewer.user, membership_seq)]);
            Ok(draft.clone())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_kept_as_it_was_typed() {
        assert_eq!(parse(" a \n").unwrap().as_deref(), Some(" a \n"));
        for nothing in ["", " \n", "\u{200b}"] {
            assert_eq!(parse(nothing).unwrap(), None, "{nothing:?}");
        }
        assert!(parse(&"é".repeat(4_000)).is_ok());
        assert!(parse(&"é".repeat(4_001)).is_err());
        for refused in ["\0", "a\0", "\u{1}"] {
            assert!(parse(refused).is_err(), "{refused:?}");
        }
        assert_eq!(parse("a\u{1}").unwrap().as_deref(), Some("a"));
    }
}
