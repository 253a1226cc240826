//! Whom one has blocked.

use std::sync::Arc;

use axum::extract::State;
use village_http::{Caller, Json, PageQuery, Problem};
use village_kernel::Page;
use village_ports::UserSummary;

use crate::Users;
use crate::store::people;

#[utoipa::path(
    get,
    path = "/users/blocks",
    operation_id = "list_blocks",
    tag = "users",
    summary = "List the people you have blocked",
    description = "Whoever is listed here, fold what they say in groups and channel conversations.",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of people", body = Page<UserSummary>),
        (status = 400, description = "`invalid_cursor`", body = Problem),
    ),
)]
pub(crate) async fn list_blocks(
    State(users): State<Arc<Users>>,
    Caller(viewer): Caller,
    query: PageQuery,
) -> Result<Json<Page<UserSummary>>, Problem> {
    let after = query.after()?;
    let rows = async { people::blocked(&mut users.db.reader().await?, &viewer, after, query.limit).await };
    users.page(rows.await, query.limit, |card| card.user_id).await.map(Json)
}
