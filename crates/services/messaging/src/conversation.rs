//! A conversation as one of its members sees it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use village_db::Reader;
use village_kernel::{ChannelId, ConversationId, Instant, MediaId, UserId, Viewer};
use village_ports::{ChannelSummary, Image, UserSummary};

use crate::message::Message;
use crate::{Draft, DraftMark, MemberRole, MemberState, Messaging, MessagingError, NotifyLevel, store};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ConversationKind {
    /// Between two people.
    Direct,
    /// Between those whom somebody chose.
    Group,
    /// Between members of a channel.
    Channel,
}

/// Where the caller stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationState {
    Active,
    /// Somebody they do not follow wrote to them, or added them; accept or decline it.
    Requested,
    Declined,
    /// What was said before can be read.
    Left,
}

#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Conversation {
    pub id: ConversationId,
    pub kind: ConversationKind,
    /// Of a group, or of the channel; null for direct ones.
    #[schema(example = "Night shift")]
    pub name: Option<String>,
    /// Of a group that you take part in; like all images not before you accept it.
    pub picture: Option<Image>,
    /// Whose conversation it is, where it is one of a channel that you may know of.
    pub channel: Option<ChannelSummary>,
    /// The other person of a direct conversation.
    pub peer: Option<UserSummary>,
    pub state: ConversationState,
    /// While it is requested: who wants to talk, or who added you.
    pub added_by: Option<UserSummary>,
    pub role: MemberRole,
    /// Everybody whom `GET …/members` lists, also who is suspended or whom you have blocked. Zero when you have left: what
    /// happens there is not yours to see any more.
    #[schema(example = 2)]
    pub member_count: i64,
    pub last_message: Option<Message>,
    /// The newest change; what `resume` and `read` speak of.
    #[schema(example = 41)]
    pub last_seq: i64,
    /// What was said before this is not shown to you.
    #[schema(example = 1)]
    pub joined_seq: i64,
    /// Everything up to here the caller has read.
    #[schema(example = 40)]
    pub read_seq: i64,
    /// Messages of others after `read_seq` that are there to be read: none that was deleted or has ended.
    #[schema(example = 1)]
    pub unread_count: i64,
    /// Everything up to here the other person has read. Zero where it is not shown.
    #[schema(example = 38)]
    pub peer_read_seq: i64,
    /// Everything up to here has reached a device of the other person. Zero as above.
    #[schema(example = 41)]
    pub peer_delivered_seq: i64,
    /// False when you have left, when the other person cannot be written to, and when they have not answered your first
    /// messages. It can still be read.
    pub can_send: bool,
    pub updated_at: Instant,
    /// Of which messages you are notified.
    pub notify: NotifyLevel,
    /// Until then of none.
    pub muted_until: Option<Instant>,
    /// Messages older than this many seconds are deleted; null keeps them.
    #[schema(example = 604_800)]
    pub retention_seconds: Option<i64>,
    /// As many as `GET …/pins` lists to you.
    #[schema(example = 0)]
    pub pinned_count: i64,
    /// What you have begun to write.
    pub draft: Option<Draft>,
    /// The mark of the draft, or of the last one when there is none now; null when there never was one.
    pub draft_mark: Option<DraftMark>,
    /// Your membership seq when what only concerns you was last changed here: read mark, draft, settings, state, role.
    #[schema(example = 7)]
    pub membership_seq: i64,
}

/// A conversation joined with the caller's membership.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct ConversationRow {
    pub id: ConversationId,
    pub kind: ConversationKind,
    pub name: Option<String>,
    pub channel_id: Option<ChannelId>,
    pub picture_media_id: Option<MediaId>,
    pub last_seq: i64,
    pub member_count: i64,
    pub pinned_count: i64,
    pub retention_seconds: Option<i64>,
    pub active_at: Instant,
    pub joined_seq: i64,
    pub left_seq: Option<i64>,
    pub role: MemberRole,
    pub state: MemberState,
    pub added_by: Option<UserId>,
    pub read_seq: i64,
    pub unread_count: i64,
    pub notify: NotifyLevel,
    pub muted_until: Option<Instant>,
    pub membership_seq: i64,
    pub peer_id: Option<UserId>,
    pub peer_read_seq: Option<i64>,
    pub peer_delivered_seq: Option<i64>,
    /// Whether the two show each other what they have read.
    pub peer_shows_marks: bool,
    /// Suspended, or not answering: sending would be refused.
    pub is_deaf: bool,
    pub draft_body: Option<String>,
    pub draft_updated_at: Option<Instant>,
    pub draft_key: Option<String>,
    pub draft_revision: Option<i64>,
}

impl ConversationRow {
    fn state(&self) -> ConversationState {
        match (self.left_seq, self.state) {
            (Some(_), _) => ConversationState::Left,
            (None, MemberState::Active) => ConversationState::Active,
            (None, MemberState::Requested) => ConversationState::Requested,
            (None, MemberState::Declined) => ConversationState::Declined,
        }
    }

    fn asked_by(&self) -> Option<UserId> {
        self.added_by.filter(|_| self.state() == ConversationState::Requested)
    }

    fn picture(&self) -> Option<MediaId> {
        self.picture_media_id.filter(|_| self.state() == ConversationState::Active)
    }
}

impl Messaging {
    /// Completes rows with people, pictures, last messages and blocks; in the order given.
    pub(crate) async fn show(
        &self,
        reader: Reader,
        viewer: &Viewer,
        rows: Vec<ConversationRow>,
    ) -> Result<Vec<Conversation>, MessagingError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut last = self.last_messages(reader, viewer.user, rows.iter().map(|row| row.id)).await?;
        let peers: Vec<UserId> = rows.iter().filter_map(|row| row.peer_id).collect();
        let blocked = self.graph.blocked_among(viewer.user, &peers).await?;
        let people: Vec<UserId> = rows.iter().filter_map(ConversationRow::asked_by).chain(peers).collect();
        let people = self.profiles.summaries(viewer, &people).await?;
        let pictures: Vec<MediaId> = rows.iter().filter_map(ConversationRow::picture).collect();
        let pictures = if pictures.is_empty() { HashMap::new() } else { self.media.images(&pictures).await? };
        let channels: Vec<ChannelId> = rows.iter().filter_map(|row| row.channel_id).collect();
        let channels = match channels.is_empty() {
            true => HashMap::new(),
            false => self.channels.summaries(viewer, &channels).await?,
        };
        let show = |row: ConversationRow| {
            let channel = row.channel_id.and_then(|channel| channels.get(&channel).cloned());
            let is_blocked = row.peer_id.is_some_and(|peer| blocked.contains(&peer));
            let peer_mark = |mark: Option<i64>| mark.filter(|_| row.peer_shows_marks && !is_blocked).unwrap_or(0);
            let is_here = row.left_seq.is_none();
            Conversation {
                id: row.id,
                kind: row.kind,
                state: row.state(),
                peer: row.peer_id.and_then(|peer| people.get(&peer).cloned()),
                added_by: row.asked_by().and_then(|person| people.get(&person).cloned()),
                picture: row.picture().and_then(|media| pictures.get(&media).cloned()),
                role: row.role,
                member_count: if is_here { row.member_count } else { 0 },
                // Whoever has left does not learn when the others went on.
                updated_at: match (is_here, last.get(&row.id)) {
                    (false, Some(message)) => message.created_at,
                    _ => row.active_at,
                },
                last_message: last.remove(&row.id),
                last_seq: row.left_seq.unwrap_or(row.last_seq),
                joined_seq: row.joined_seq,
                read_seq: row.read_seq,
                unread_count: row.unread_count,
                peer_read_seq: peer_mark(row.peer_read_seq),
                peer_delivered_seq: peer_mark(row.peer_delivered_seq.max(row.peer_read_seq)),
                can_send: is_here && !row.is_deaf && !is_blocked,
                notify: row.notify,
                muted_until: row.muted_until,
                retention_seconds: row.retention_seconds,
                pinned_count: row.pinned_count,
                draft_mark: row.draft_key.zip(row.draft_revision).map(|(key, revision)| DraftMark {
                    key,
                    revision,
                    after: None,
                }),
                draft: row.draft_body.zip(row.draft_updated_at).map(|(body, updated_at)| Draft { body, updated_at }),
                membership_seq: row.membership_seq,
                name: row.name.or_else(|| channel.as_ref().map(|channel| channel.name.clone())),
                channel,
            }
        };
        Ok(rows.into_iter().map(show).collect())
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

    pub(crate) async fn conversation(
        &self,
        viewer: &Viewer,
        id: ConversationId,
    ) -> Result<Conversation, MessagingError> {
        self.conversations(viewer, [id]).await?.pop().ok_or(MessagingError::NotFound)
    }
}
