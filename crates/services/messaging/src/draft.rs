//! What one has begun to write, on all of one's devices.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_db::{Tx, transaction};
use village_http::{Caller, Json, Path, Problem};
use village_kernel::text::{TextError, is_blank, unfinished};
use village_kernel::{ConversationId, Instant, UserId, Viewer};

use crate::change::announce_memberships;
use crate::message::NewMessage;
use crate::store::drafts::{Over, StoredDraft};
use crate::store::{self, drafts, personal};
use crate::{Draft, DraftMark, Messaging, MessagingError};

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutDraft {
    /// Empty, or of nothing visible, deletes the draft.
    #[schema(example = "She slept thr", max_length = 4000)]
    pub body: String,
    /// Who leaves it out overwrites whatever is there.
    #[serde(default)]
    pub mark: Option<DraftMark>,
}

/// Keep a draft
///
/// Other devices of yours hear of it by a `conversation` frame. The greatest revision wins, in whichever order the
/// requests arrive: one that was under way for long neither overwrites a newer text nor brings back one that was sent.
#[utoipa::path(
    put, path = "/conversations/{id}/draft", tag = "messaging", operation_id = "put_draft",
    params(("id" = ConversationId, Path, description = "The conversation.")),
    request_body = PutDraft,
    responses(
        (status = 200, description = "The draft; null when there is none now.", body = Option<Draft>),
        (status = 404, description = "None that you take part in now.", body = Problem),
        (status = 409, description = "`draft_outdated`: there is one that is newer, or that was not known.", body = Problem),
        (status = 422, description = "Too long, or a mark that is none.", body = Problem),
    ),
)]
pub(crate) async fn put_draft(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
    Json(request): Json<PutDraft>,
) -> Result<Json<Option<Draft>>, Problem> {
    Ok(Json(messaging.put_draft(&viewer, id, request).await?))
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

impl StoredDraft {
    fn shown(self) -> Option<Draft> {
        (!self.body.is_empty()).then_some(Draft { body: self.body, updated_at: self.updated_at })
    }
}

impl Messaging {
    async fn put_draft(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        PutDraft { body, mark }: PutDraft,
    ) -> Result<Option<Draft>, MessagingError> {
        let body = parse(&body)?.unwrap_or_default();
        if let Some(mark) = &mark {
            mark.check("mark")?;
        }
        let updated_at = self.clock.now();
        transaction!(&self.db, |tx| -> Result<Option<Draft>, MessagingError> {
            let before = drafts::find(tx, viewer.user, conversation).await?;
            if is_there(before.as_ref(), &body, mark.as_ref())
                && personal::wishes(tx, conversation, viewer.user).await?.is_some()
            {
                return Ok(before.and_then(StoredDraft::shown));
            }
            // From here on one write of this person at a time: what was read before may have changed.
            let membership_seq = personal::next_membership_seq(tx, viewer.user).await?;
            if !personal::touch(tx, conversation, viewer.user, membership_seq).await? {
                return Err(MessagingError::NotFound);
            }
            let (over, mark) = match mark.clone() {
                Some(mark) => (Over::Known(mark.after.unwrap_or(i64::MAX)), mark),
                None => (Over::Everything, self.newest_mark(tx, viewer.user, conversation, updated_at).await?),
            };
            let DraftMark { key, revision, .. } = mark;
            let draft = StoredDraft { body: body.clone(), key, revision, updated_at };
            if !drafts::put(tx, viewer.user, conversation, &draft, over).await? {
                return Err(MessagingError::DRAFT_OUTDATED);
            }
            announce_memberships(tx, &self.live, &[(viewer.user, membership_seq)]);
            Ok(draft.shown())
        })
    }

    /// The mark for a write that does not say which text it is: whatever is there is older. After the greatest revision they
    /// begin again, since no later one could be told from it.
    async fn newest_mark(
        &self,
        tx: &mut Tx,
        user: UserId,
        conversation: ConversationId,
        now: Instant,
    ) -> Result<DraftMark, MessagingError> {
        let before = drafts::find(tx, user, conversation).await?.map_or(0, |draft| draft.revision);
        let now = now.as_micros() / 1_000;
        let revision = if before < DraftMark::MAX_REVISION { now.max(before + 1) } else { now };
        Ok(DraftMark { key: String::new(), revision, after: None })
    }

    /// Together with the message that it has become, so that no device sees both. The conversation is locked first, as
    /// everywhere.
    pub(crate) async fn end_draft(
        &self,
        tx: &mut Tx,
        user: UserId,
        conversation: ConversationId,
        mark: &DraftMark,
        now: Instant,
    ) -> Result<(), MessagingError> {
        store::changes::lock(tx, conversation, user).await?;
        let membership_seq = personal::next_membership_seq(tx, user).await?;
        if personal::touch(tx, conversation, user, membership_seq).await? {
            drafts::end(tx, user, conversation, mark, now).await?;
            announce_memberships(tx, &self.live, &[(user, membership_seq)]);
        }
        Ok(())
    }
}

/// Whether nothing would change: the same text, and, where that is said, the same revision of it.
fn is_there(before: Option<&StoredDraft>, body: &str, mark: Option<&DraftMark>) -> bool {
    match (before, mark) {
        (None, mark) => body.is_empty() && mark.is_none(),
        (Some(before), None) => before.body == body,
        (Some(before), Some(mark)) => before.body == body && before.key == mark.key && before.revision == mark.revision,
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
