//! Opening a conversation with somebody: the same one however often it is asked for.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use village_db::transaction;
use village_http::{Caller, Json, Problem};
use village_kernel::{ConversationId, UserId, Viewer};

use crate::change::announce_memberships;
use crate::{Conversation, MemberState, Messaging, MessagingError, store};

/// Whom to talk to.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenConversation {
    pub user_id: UserId,
}

/// Open the conversation with a person
///
/// There is one for each pair of people. Somebody who does not follow you is asked first: they find it among their
/// requests, and until they accept you can send five messages of text. 404 when there is no such person for you.
#[utoipa::path(
    post, path = "/conversations", tag = "messaging", operation_id = "open_conversation",
    request_body = OpenConversation,
    responses(
        (status = 201, description = "Opened now.", body = Conversation),
        (status = 200, description = "It existed.", body = Conversation),
        (status = 404, description = "No such person.", body = Problem),
        (status = 422, description = "Oneself.", body = Problem),
    ),
)]
pub(crate) async fn open_conversation(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Json(request): Json<OpenConversation>,
) -> Result<(StatusCode, Json<Conversation>), Problem> {
    let (conversation, opened) = messaging.open(&viewer, request.user_id).await?;
    let status = if opened { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(conversation)))
}

impl Messaging {
    /// The conversation of the viewer and `peer`, and whether it was opened by this call.
    pub(crate) async fn open(&self, viewer: &Viewer, peer: UserId) -> Result<(Conversation, bool), MessagingError> {
        if peer == viewer.user {
            let message = "is yourself".to_owned();
            return Err(MessagingError::Invalid { field: "user_id", code: "invalid", message });
        }
        let now = self.clock.now();
        let pair = store::conversations::Pair::new(viewer.user, peer);
        let opened = transaction!(&self.db, |tx| -> Result<(ConversationId, bool), MessagingError> {
            let peers = [peer].into_iter().collect();
            let reachable = store::conversations::reachable_among(tx, viewer.user, &peers).await?;
            let Some((_, peer_follows)) = reachable.first().copied() else { return Err(MessagingError::NotFound) };
            let draft = ConversationId::new(now);
            if !store::conversations::insert_direct(tx, draft, &pair, now).await? {
                let id = store::conversations::direct_id(tx, &pair).await?;
                // Whoever was asked, or has declined, wants to talk now.
                let standing = store::members::standing(tx, id, viewer.user).await?;
                if standing.is_some_and(|standing| standing.state != MemberState::Active)
                    && !self.become_active(tx, id, viewer.user).await?
                {
                    return Err(MessagingError::Unchanged);
                }
                return Ok((id, false));
            }
            let seqs = store::members::next_membership_seqs(tx, &[pair.0, pair.1]).await?;
            announce_memberships(tx, &self.live, &seqs);
            for (user, membership_seq) in seqs {
                let is_asked = user == peer && !peer_follows;
                let state = if is_asked { MemberState::Requested } else { MemberState::Active };
                let added_by = (user == peer).then_some(viewer.user);
                store::members::insert_direct(tx, draft, user, membership_seq, state, added_by).await?;
            }
            Ok((draft, true))
        });
        let (id, opened) = match opened {
            // Another device of the same person did so in this moment.
            Err(MessagingError::Unchanged) => {
                self.settled().await?;
                (store::conversations::direct_id(&mut self.db.reader().await?, &pair).await?, false)
            }
            other => other?,
        };
        Ok((self.conversation(viewer, id).await?, opened))
    }
}
