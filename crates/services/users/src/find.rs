//! Finding people.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use village_http::{Caller, Json, PageQuery, Problem, Query};
use village_kernel::Page;
use village_kernel::text::{find_terms, is_blank};
use village_ports::UserSummary;

use crate::Users;
use crate::handle::Handle;
use crate::store::people;

/// Longer than any name; what is longer finds nobody.
const QUERY_MAX_CHARS: usize = 100;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindPeople {
    /// Each word of it starts a word of the handle (with or without `@`) or of the name, whatever its case and
    /// accents. When absent or empty, everybody is listed.
    #[param(example = "ana", max_length = 100)]
    query: Option<String>,
}

/// In the order of handles. People between whom and you a block stands are left out.
#[utoipa::path(
    get,
    path = "/users",
    operation_id = "find_users",
    tag = "users",
    summary = "Find people by handle or name",
    params(FindPeople, PageQuery),
    responses(
        (status = 200, description = "A page of people", body = Page<UserSummary>),
        (status = 400, description = "`invalid_cursor`", body = Problem),
        (status = 422, description = "`invalid_request`", body = Problem),
    ),
)]
pub(crate) async fn find_people(
    State(users): State<Arc<Users>>,
    Caller(viewer): Caller,
    Query(find): Query<FindPeople>,
    query: PageQuery,
) -> Result<Json<Page<UserSummary>>, Problem> {
    let after: Option<Handle> = query.after()?;
    let wanted = find.query.unwrap_or_default();
    if wanted.chars().count() > QUERY_MAX_CHARS {
        return Err(Problem::invalid_field("query", "too_long", "is longer than 100 characters"));
    }
    let terms = find_terms(&wanted);
    if terms.is_empty() && !is_blank(&wanted) {
        // Signs only: nobody is called that.
        return Ok(Json(Page { items: Vec::new(), next: None }));
    }
    let rows = async {
        let mut reader = users.db.reader().await?;
        people::search(&mut reader, &viewer, &terms, after.as_ref(), query.limit).await
    };
    users.page(rows.await, query.limit, |card| card.handle.clone()).await.map(Json)
}
