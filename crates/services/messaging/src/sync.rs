//! What was missed, over REST: for clients that wake up without a socket.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use village_http::{Caller, Json, Problem};
use village_kernel::{ConversationId, Viewer};

use crate::delivered::seqs;
use crate::missed::{CatchUp, Missed};
use crate::{Conversation, Message, Messaging, MessagingError, store};

/// Conversations in one request, and changed memberships in one answer.
const MAX_CONVERSATIONS: usize = 200;
/// Messages in one answer, of all conversations together; a page more at most.
const MAX_MESSAGES: usize = 1_000;

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncRequest {
    /// How far you have seen each; 200 at most.
    #[schema(schema_with = seqs, example = json!({ "01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77": 38 }))]
    pub conversations: HashMap<ConversationId, i64>,
    /// The membership seq you know; absent: which conversations changed for you is not told.
    #[serde(default)]
    #[schema(example = 7, minimum = 0)]
    pub membership_seq: Option<i64>,
}

/// What you missed of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SyncedConversation {
    pub conversation_id: ConversationId,
    /// Too much to be told here: read the conversation and its history.
    pub gap: bool,
    #[schema(example = 38)]
    pub from: i64,
    /// With these messages your view equals the conversation here.
    #[schema(example = 41)]
    pub upto: i64,
    /// New or changed in (`from`, `upto`].
    pub messages: Vec<Message>,
}

#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Synced {
    pub conversations: Vec<SyncedConversation>,
    /// Conversations that were changed for you since `membership_seq`.
    pub memberships: Vec<Conversation>,
    #[schema(example = 7)]
    pub membership_seq: i64,
    /// The answer was cut: ask again from where it ends.
    pub more: bool,
}

/// Catch up
///
/// Tells the same as `hello` with `resume` on the live connection. Conversations you never took part in are left out.
#[utoipa::path(
    post, path = "/conversations/sync", tag = "messaging", operation_id = "sync_conversations",
    request_body = SyncRequest,
    responses(
        (status = 200, description = "What you missed.", body = Synced),
        (status = 422, description = "More than 200 conversations.", body = Problem),
    ),
)]
pub(crate) async fn sync_conversations(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Json(request): Json<SyncRequest>,
) -> Result<Json<Synced>, Problem> {
    Ok(Json(messaging.sync(&viewer, request).await?))
}

impl Messaging {
    async fn sync(&self, viewer: &Viewer, request: SyncRequest) -> Result<Synced, MessagingError> {
        if request.conversations.len() > MAX_CONVERSATIONS {
            let message = format!("names more than {MAX_CONVERSATIONS} conversations");
            return Err(MessagingError::Invalid { field: "conversations", code: "too_many", message });
        }
        let seqs = request.conversations.values().map(|seq| ("conversations", seq));
        for (field, seq) in seqs.chain(request.membership_seq.iter().map(|seq| ("membership_seq", seq))) {
            if *seq < 0 {
                let message = "must not be negative".to_owned();
                return Err(MessagingError::Invalid { field, code: "out_of_range", message });
            }
        }
        let mut reader = self.db.reader().await?;
        // Read before the changes: one that comes in between is told, or has a larger number.
        let mark = store::marks::membership_seq(&mut reader, viewer.user).await?;
        let changes = match request.membership_seq {
            Some(seq) => {
                let limit = MAX_CONVERSATIONS as i64;
                store::marks::memberships_after(&mut reader, viewer.user, seq, limit).await?
            }
            None => Vec::new(),
        };
        let mut more = changes.len() == MAX_CONVERSATIONS;
        let membership_seq = match changes.last() {
            Some(last) if more => last.membership_seq,
            last => last.map_or(mark, |last| mark.max(last.membership_seq)),
        };
        // Read after the memberships, so that whoever is told of a window's end gets all that lies in it.
        let ids = request.conversations.keys().copied().collect();
        let mut windows = store::windows::of_person(&mut reader, viewer.user, &ids).await?;
        drop(reader);
        windows.sort_by_key(|known| known.conversation_id);
        let mut conversations = Vec::new();
        let mut count = 0;
        for known in windows {
            if count >= MAX_MESSAGES {
                more = true;
                break;
            }
            let Some(seq) = request.conversations.get(&known.conversation_id) else { continue };
            let mut at = CatchUp::new(known.conversation_id, known.window, *seq);
            let mut synced = SyncedConversation {
                conversation_id: known.conversation_id,
                gap: false,
                from: *seq,
                upto: *seq,
                messages: Vec::new(),
            };
            while let Some(missed) = self.next_missed(viewer.user, &mut at).await? {
                match missed {
                    Missed::Gap { upto } => (synced.gap, synced.upto, synced.messages) = (true, upto, Vec::new()),
                    Missed::Rows { upto, messages, .. } => {
                        count += messages.len();
                        synced.upto = upto;
                        synced.messages.extend(messages.iter().map(|message| message.for_viewer(viewer.user)));
                    }
                }
                // Of a conversation that was left, only all together is told: a part of it has no place to go on from.
                if count >= MAX_MESSAGES && !at.is_done() && !at.has_ended() {
                    more = true;
                    break;
                }
            }
            conversations.push(synced);
        }
        let mut shown = self.conversations(viewer, changes.iter().map(|change| change.conversation_id)).await?;
        let place = |conversation: &Conversation| changes.iter().position(|c| c.conversation_id == conversation.id);
        shown.sort_by_key(place);
        Ok(Synced { conversations, memberships: shown, membership_seq, more })
    }
}
