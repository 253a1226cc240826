//! Who is here: told to those who share a conversation with them, never stored.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use village_http::{Caller, Json, Problem, Query};
use village_kernel::{UserId, Viewer};

use crate::delivered::FEW;
use crate::socket::Socket;
use crate::{Messaging, MessagingError, store};

/// People asked for, or watched by one socket, at once.
const MAX_PEOPLE: usize = 100;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhoIsHere {
    /// At most 100 ids, with commas between them.
    #[param(
        max_length = 3_699,
        pattern = "^[0-9A-Fa-f-]{36}(,[0-9A-Fa-f-]{36}){0,99}$",
        example = "01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77"
    )]
    user_ids: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PresenceOf {
    pub user_id: UserId,
    /// Whether they are connected now.
    pub present: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PresenceList {
    pub items: Vec<PresenceOf>,
}

/// Ask who is here
///
/// Of people with whom you share a direct conversation or a group of at most 50; others are left out, and so are those
/// who hide, or all when you do. Empty when it is not known at the moment.
#[utoipa::path(
    get, path = "/messaging/presence", tag = "messaging", operation_id = "get_presence",
    params(WhoIsHere),
    responses(
        (status = 200, description = "Who is here.", body = PresenceList),
        (status = 422, description = "No ids, or more than 100.", body = Problem),
    ),
)]
pub(crate) async fn get_presence(
    State(messaging): State<Arc<Messaging>>,
    Caller(viewer): Caller,
    Query(WhoIsHere { user_ids }): Query<WhoIsHere>,
) -> Result<Json<PresenceList>, Problem> {
    let ids: Result<Vec<UserId>, _> = user_ids.split(',').map(str::parse).collect();
    let ids = ids.map_err(|_| Problem::invalid_field("user_ids", "invalid", "must be ids with commas between them"))?;
    let (seen, present) = messaging.who_is_here(&viewer, ids).await?;
    let Some(present) = present else { return Ok(Json(PresenceList { items: Vec::new() })) };
    let items = seen.into_iter().map(|user_id| PresenceOf { user_id, present: present.contains(&user_id.0) });
    Ok(Json(PresenceList { items: items.collect() }))
}

impl Messaging {
    /// Those among `ids` whom the viewer may see, and who of them is here, if that is known.
    async fn who_is_here(
        &self,
        viewer: &Viewer,
        ids: Vec<UserId>,
    ) -> Result<(Vec<UserId>, Option<HashSet<Uuid>>), MessagingError> {
        let seen = self.seen_among(viewer, ids).await?;
        let people: Vec<Uuid> = seen.iter().map(|user| user.0).collect();
        let present = if people.is_empty() { Some(HashSet::new()) } else { self.live.present(&people).await };
        Ok((seen, present))
    }

    async fn seen_among(&self, viewer: &Viewer, ids: Vec<UserId>) -> Result<Vec<UserId>, MessagingError> {
        let ids: HashSet<UserId> = ids.into_iter().collect();
        if ids.len() > MAX_PEOPLE {
            let message = format!("must name {MAX_PEOPLE} people at most");
            return Err(MessagingError::Invalid { field: "user_ids", code: "too_many", message });
        }
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids = ids.into_iter().collect();
        Ok(store::presence::seen_among(&mut self.db.reader().await?, viewer.user, &ids, FEW).await?)
    }

    /// From now on the socket hears when these people come and go, and of no others. Returns who is here.
    pub(crate) async fn watch(&self, socket: &Arc<Socket>, ids: Vec<UserId>) -> Result<Vec<UserId>, MessagingError> {
        let viewer = socket.access().viewer;
        let seen = self.seen_among(&viewer, ids).await?;
        self.hub.watchers().watch(socket, &seen);
        // Asked once whoever comes is told here, so that nobody comes unseen in between.
        if !seen.is_empty()
            && let Some(settled) = self.live.settled()
        {
            settled.await;
        }
        let people: Vec<Uuid> = seen.iter().map(|user| user.0).collect();
        let present = if people.is_empty() { None } else { self.live.present(&people).await };
        let present = present.unwrap_or_default();
        let here: Vec<UserId> = seen.into_iter().filter(|user| present.contains(&user.0)).collect();
        self.hub.watchers().shown(socket, &here);
        Ok(here)
    }
}
