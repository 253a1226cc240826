//! A conversation as one of its members sees it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use village_db::Reader;
use village_kernel::{ConversationId, Instant, UserId, Viewer};
use village_ports::UserSummary;

use crate::message::{Message, MessageRow};
use crate::{Messaging, MessagingError, store};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ConversationKind {
    /// Between two people.
    Direct,
}

#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Conversation {
    pub id: ConversationId,
    pub kind: ConversationKind,
    /// The other person of a direct conversation.
    pub peer: Option<UserSummary>,
    pub last_message: Option<Message>,
    /// The newest change; what `resume` and `read` speak of.
    #[schema(example = 41)]
    pub last_seq: i64,
    /// Everything up to here the caller has read.
    #[schema(example = 40)]
    pub read_seq: i64,
    #[schema(example = 1)]
    pub unread_count: i64,
    /// Everything up to here the other person has read.
    #[schema(example = 38)]
    pub peer_read_seq: i64,
    /// False while a block stands between the two; the conversation can still be read.
    pub can_send: bool,
    pub updated_at: Instant,
}

/// A conversation joined with the caller's membership.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct ConversationRow {
    pub id: ConversationId,
    pub kind: ConversationKind,
    pub last_seq: i64,
    pub active_at: Instant,
    pub left_seq: Option<i64>,
    pub read_seq: i64,
    pub unread_count: i64,
    pub peer_id: Option<UserId>,
    pub peer_read_seq: Option<i64>,
}

impl Messaging {
    /// Completes rows with people, last messages and blocks; in the order given.
    pub(crate) async fn show(
        &self,
        mut reader: Reader,
        viewer: &Viewer,
        rows: Vec<ConversationRow>,
    ) -> Result<Vec<Conversation>, MessagingError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ids = rows.iter().map(|row| row.id).collect();
        let last: Vec<MessageRow> = store::messages::last_of_each(&mut reader, viewer.user, &ids).await?;
        // The ports take connections of their own: holding one meanwhile could exhaust the pool.
        drop(reader);
        let mut last: HashMap<ConversationId, MessageRow> =
            last.into_iter().map(|message| (message.conversation_id, message)).collect();
        let peers: Vec<UserId> = rows.iter().filter_map(|row| row.peer_id).collect();
        let mut people = self.profiles.summaries(viewer, &peers).await?;
        let blocked = self.graph.blocked_among(viewer.user, &peers).await?;
        Ok(rows
            .into_iter()
            .map(|row| Conversation {
                id: row.id,
                kind: row.kind,
                peer: row.peer_id.and_then(|peer| people.remove(&peer)),
                last_message: last.remove(&row.id).map(|message| message.for_viewer(viewer.user)),
                last_seq: row.left_seq.unwrap_or(row.last_seq),
                read_seq: row.read_seq,
                unread_count: row.unread_count,
                peer_read_seq: row.peer_read_seq.unwrap_or(0),
                can_send: row.left_seq.is_none() && !row.peer_id.is_some_and(|peer| blocked.contains(&peer)),
                updated_at: row.active_at,
            })
            .collect())
    }

    /// Those among `ids` that the viewer takes or took part in, in no order.
    pub(crate) async fn conversations(
        &self,
        viewer: &Viewer,
        ids: impl IntoIterator<Item = ConversationId>,
    ) -> Result<Vec<Conversation>, MessagingError> {
        let mut reader = self.db.reader().await?;
        let rows = store::conversations::of_person(&mut reader, viewer.user, &ids.into_iter().collect()).await?;
        self.show(reader, viewer, rows).await
    }
}
