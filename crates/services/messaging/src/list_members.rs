//! Who takes part.

use std::sync::Arc;

use axum::extract::State;
use village_http::{Caller, Json, PageQuery, Path, Problem};
use village_kernel::{ConversationId, Limit, Page, UserId, Viewer};

use crate::store::members::MemberRow;
use crate::{Member, MemberState, Messaging, MessagingError, store};

/// List the members of a conversation
///
/// The owner, the admins, then the others; each by when they joined.
#[utoipa::path(
    get, path = "/conversations/{id}/members", tag = "messaging", operation_id = "list_conversation_members",
    params(("id" = ConversationId, Path, description = "The conversation."), PageQuery),
    responses(
        (status = 200, description = "A page of members.", body = Page<Member>),
        (status = 404, description = "None that you take part in now.", body = Problem),
    ),
)]
pub(crate) async fn list_conversation_members(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Path(id): Path<ConversationId>,
    page: PageQuery,
) -> Result<Json<Page<Member>>, Problem> {
    Ok(Json(messaging.list_members(&viewer, id, page.after()?, page.limit).await?))
}

impl Messaging {
    async fn list_members(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        after: Option<(i64, i64, UserId)>,
        limit: Limit,
    ) -> Result<Page<Member>, MessagingError> {
        let mut reader = self.db.reader().await?;
        let standing = store::members::standing(&mut reader, conversation, viewer.user).await?;
        standing.ok_or(MessagingError::NotFound)?;
        let rows = store::members::page(&mut reader, viewer.user, conversation, after, limit).await?;
        drop(reader);
        let page = Page::from_rows(rows, limit, |row| (row.rank, row.joined_seq, row.user_id));
        Ok(Page { items: self.show_members(viewer, page.items).await?, next: page.next })
    }

    pub(crate) async fn show_members(
        &self,
        viewer: &Viewer,
        rows: Vec<MemberRow>,
    ) -> Result<Vec<Member>, MessagingError> {
        let people: Vec<UserId> = rows.iter().map(|row| row.user_id).collect();
        let mut people = self.profiles.summaries(viewer, &people).await?;
        let member = |row: MemberRow| {
            let mark = |seq: i64| row.shows_marks.then_some(seq);
            Some(Member {
                user: people.remove(&row.user_id)?,
                role: row.role,
                state: match row.state {
                    // Whoever declines does so unseen.
                    MemberState::Declined if row.user_id != viewer.user => MemberState::Requested,
                    state => state,
                },
                joined_seq: row.joined_seq,
                read_seq: mark(row.read_seq),
                delivered_seq: mark(row.delivered_seq.max(row.read_seq)),
            })
        };
        Ok(rows.into_iter().filter_map(member).collect())
    }
}
