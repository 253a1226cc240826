//! Who follows a person, and whom they follow.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use serde::de::DeserializeOwned;
use village_http::{Caller, Json, PageQuery, Path, Problem};
use village_kernel::{Limit, Page, UserId};
use village_ports::UserSummary;

use crate::store::profiles::Card;
use crate::store::{graph, people};
use crate::{Users, UsersError};

/// People between whom and you a block stands are left out.
#[utoipa::path(
    get,
    path = "/users/{id}/followers",
    operation_id = "list_followers",
    tag = "users",
    summary = "List who follows a person",
    params(("id" = UserId, Path, description = "The person's id"), PageQuery),
    responses(
        (status = 200, description = "A page of people", body = Page<UserSummary>),
        (status = 400, description = "`invalid_cursor`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    ),
)]
pub(crate) async fn list_followers(
    State(users): State<Arc<Users>>,
    Caller(viewer): Caller,
    Path(person): Path<UserId>,
    query: PageQuery,
) -> Result<Json<Page<UserSummary>>, Problem> {
    let after = query.after()?;
    let rows = async {
        let mut reader = users.db.reader().await?;
        graph::relationship(&mut reader, &viewer, person).await?.ok_or(UsersError::NotFound)?;
        Ok::<_, UsersError>(people::followers(&mut reader, &viewer, person, after, query.limit).await?)
    };
    users.page(rows.await, query.limit, |card| card.user_id).await.map(Json)
}

/// People between whom and you a block stands are left out.
#[utoipa::path(
    get,
    path = "/users/{id}/following",
    operation_id = "list_following",
    tag = "users",
    summary = "List whom a person follows",
    params(("id" = UserId, Path, description = "The person's id"), PageQuery),
    responses(
        (status = 200, description = "A page of people", body = Page<UserSummary>),
        (status = 400, description = "`invalid_cursor`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    ),
)]
pub(crate) async fn list_following(
    State(users): State<Arc<Users>>,
    Caller(viewer): Caller,
    Path(person): Path<UserId>,
    query: PageQuery,
) -> Result<Json<Page<UserSummary>>, Problem> {
    let after = query.after()?;
    let rows = async {
        let mut reader = users.db.reader().await?;
        graph::relationship(&mut reader, &viewer, person).await?.ok_or(UsersError::NotFound)?;
        Ok::<_, UsersError>(people::following(&mut reader, &viewer, person, after, query.limit).await?)
    };
    users.page(rows.await, query.limit, |card| card.user_id).await.map(Json)
}

impl Users {
    /// Cuts the page and adds the avatars. The connection the rows came from is free again by now.
    pub(crate) async fn page<E: Into<UsersError>, K: Serialize + DeserializeOwned>(
        &self,
        rows: Result<Vec<Card>, E>,
        limit: Limit,
        key: impl Fn(&Card) -> K,
    ) -> Result<Page<UserSummary>, Problem> {
        let page = Page::from_rows(rows.map_err(Into::into)?, limit, key);
        let items = self.summarize(page.items).await.map_err(UsersError::from)?;
        Ok(Page { items, next: page.next })
    }
}
