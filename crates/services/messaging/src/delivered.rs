//! What has reached a device of a person.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_http::{Caller, Json, Problem};
use village_kernel::{ConversationId, Viewer};
use village_live::{Hint, Topic};

use crate::store::personal;
use crate::{Messaging, MessagingError};

/// Conversations named at once, at most.
const MAX_AT_ONCE: usize = 200;

/// Others hear of what somebody has read and received in conversations of so many members; in larger ones the list of
/// members tells.
pub(crate) const FEW: i64 = 50;

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkDelivered {
    /// Everything up to this seq has arrived, for each of at most 200 conversations.
    #[schema(schema_with = seqs, example = json!({ "01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77": 41 }))]
    pub conversations: BTreeMap<ConversationId, i64>,
}

/// How a map from conversations to seqs is documented: at most [`MAX_AT_ONCE`].
pub(crate) fn seqs() -> utoipa::openapi::schema::Object {
    use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};
    let format = |format| Some(SchemaFormat::KnownFormat(format));
    let id: Object = ObjectBuilder::new().schema_type(Type::String).format(format(KnownFormat::Uuid)).build();
    let seq = ObjectBuilder::new().schema_type(Type::Integer).format(format(KnownFormat::Int64)).minimum(Some(0));
    ObjectBuilder::new()
        .description(Some("Ids of conversations and seqs, at most 200."))
        .property_names(Some(id))
        .additional_properties(Some(seq))
        .max_properties(Some(MAX_AT_ONCE))
        .build()
}

/// Say what has arrived
///
/// Marks never move back. Conversations that you do not take part in are passed over.
#[utoipa::path(
    post, path = "/conversations/delivered", tag = "messaging", operation_id = "mark_conversations_delivered",
    request_body = MarkDelivered,
    responses(
        (status = 204, description = "Done."),
        (status = 422, description = "Too many, or not numbers.", body = Problem),
    ),
)]
pub(crate) async fn mark_conversations_delivered(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Json(request): Json<MarkDelivered>,
) -> Result<StatusCode, Problem> {
    messaging.mark_delivered(&viewer, &request.conversations).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Messaging {
    /// In the order of ids, so that two such writes cannot wait for each other.
    pub(crate) async fn mark_delivered(
        &self,
        viewer: &Viewer,
        marks: &BTreeMap<ConversationId, i64>,
    ) -> Result<(), MessagingError> {
        let invalid =
            |message: String| MessagingError::Invalid { field: "conversations", code: "out_of_range", message };
        if marks.len() > MAX_AT_ONCE {
            return Err(invalid(format!("must name {MAX_AT_ONCE} conversations at most")));
        }
        if marks.values().any(|seq| *seq < 0) {
            return Err(invalid("must not have negative numbers".to_owned()));
        }
        if marks.is_empty() {
            return Ok(());
        }
        transaction!(&self.db, |tx| -> Result<(), MessagingError> {
            let mut moved = Vec::new();
            for (conversation, seq) in marks {
                if personal::move_delivered_mark(tx, *conversation, viewer.user, *seq, FEW).await? {
                    moved.push(*conversation);
                }
            }
            let (live, user) = (self.live.clone(), viewer.user);
            tx.after_commit(move || {
                for conversation in moved {
                    live.publish(Hint::new(Topic::ReadMark, conversation).other(user));
                }
            });
            Ok(())
        })
    }
}
