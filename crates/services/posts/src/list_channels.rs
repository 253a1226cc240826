//! `GET /channels`, `GET /channels/{id}`

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;
use village_http::{Caller, Json, PageQuery, Path, Problem, Query, Versioned};
use village_kernel::text::{find_terms, is_blank};
use village_kernel::{Limit, Page, Viewer};

use crate::channel::{Channel, ChannelRef};
use crate::{Posts, PostsError, store};

/// As long as a name may be.
const MAX_QUERY: usize = 60;

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChannelsQuery {
    /// Each word of it starts a word of the slug or the name, whatever its case and accents.
    #[serde(default)]
    #[param(max_length = 60)]
    query: String,
    /// Only those you are a member of.
    #[serde(default)]
    mine: bool,
}

/// List channels by slug: open ones, yours, and those you are invited to.
#[utoipa::path(
    get, path = "/channels", operation_id = "list_channels", tag = "posts", params(ChannelsQuery, PageQuery),
    responses((status = 200, body = Page<Channel>))
)]
pub(crate) async fn list_channels(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Query(query): Query<ChannelsQuery>,
    page: PageQuery,
) -> Result<Json<Page<Channel>>, Problem> {
    Ok(Json(posts.list_channels(&viewer, &query.query, query.mine, page.after()?, page.limit).await?))
}

/// Read a channel, by id or slug.
#[utoipa::path(
    get, path = "/channels/{id}", operation_id = "get_channel", tag = "posts",
    params(("id" = String, Path, description = "Id or slug", example = "preemies", max_length = 40)),
    responses(
        (status = 200, body = Channel, headers(("ETag" = String))),
        (status = 304, description = "You have the newest version"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "`not_found`"),
    )
)]
pub(crate) async fn get_channel(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Versioned<Channel>, Problem> {
    Ok(Versioned::new(&headers, posts.channel(&viewer, &ChannelRef::parse(&id)?).await?))
}

impl Posts {
    pub async fn list_channels(
        &self,
        viewer: &Viewer,
        query: &str,
        mine: bool,
        after: Option<String>,
        limit: Limit,
    ) -> Result<Page<Channel>, PostsError> {
        if query.chars().count() > MAX_QUERY {
            return Err(PostsError::field("query", "too_long", format!("is longer than {MAX_QUERY} characters")));
        }
        let terms = find_terms(query);
        // PostgreSQL stores no NUL, so no slug contains one.
        let has_nul = query.contains('\0') || after.as_ref().is_some_and(|slug| slug.contains('\0'));
        if has_nul || (terms.is_empty() && !is_blank(query)) {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let mut reader = self.db.reader().await?;
        let rows = store::channels::page(&mut reader, viewer, &terms, mine, after, limit.fetch()).await?;
        Ok(Page::from_rows(rows, limit, |channel| channel.slug.clone()))
    }

    /// The channel, if the viewer may know of it.
    pub(crate) async fn channel(&self, viewer: &Viewer, channel: &ChannelRef) -> Result<Channel, PostsError> {
        let mut reader = self.db.reader().await?;
        store::channels::find(&mut reader, viewer, channel).await?.ok_or(PostsError::NotFound)
    }

    /// The channel, if the viewer may read what is in it: open, or joined. Being invited is not enough.
    pub(crate) async fn readable_channel(&self, viewer: &Viewer, channel: &ChannelRef) -> Result<Channel, PostsError> {
        let channel = self.channel(viewer, channel).await?;
        if channel.is_readable() { Ok(channel) } else { Err(PostsError::NotFound) }
    }
}
