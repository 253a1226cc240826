//! `GET /feed`, and how every list of posts is read: ids first, access second, words and pictures last.

use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use axum::extract::State;
use moka::sync::Cache;
use uuid::Uuid;
use village_db::Reader;
use village_http::{Caller, Json, PageQuery, Problem};
use village_kernel::{ChannelId, Cursor, Limit, Page, PostId, UserId, Viewer};

use crate::cards::count_reads;
use crate::post::Post;
use crate::{Posts, PostsError, Settings, access, store};

/// How often a page is filled up when what was read may not be seen. Then it is given out short, with a cursor
/// from which to read on.
const ROUNDS: usize = 4;

/// Ids read at once when a page has to be filled up.
const REFILL: i64 = 100;

/// Your home feed: posts of people you follow and of your channels, newest first.
#[utoipa::path(
    get, path = "/feed", operation_id = "get_feed", tag = "posts", params(PageQuery),
    responses((status = 200, body = Page<Post>, description = "A page may hold fewer than `limit` and still have a `next`"))
)]
pub(crate) async fn get_feed(
    State(posts): State<Arc<Posts>>,
    Caller(viewer): Caller,
    page: PageQuery,
) -> Result<Json<Page<Post>>, Problem> {
    Ok(Json(posts.feed(&viewer, page.after()?, page.limit).await?))
}

/// Where the ids of a list come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    Home,
    Channel(ChannelId),
    Author(UserId),
}

impl Posts {
    pub async fn feed(&self, viewer: &Viewer, before: Option<PostId>, limit: Limit) -> Result<Page<Post>, PostsError> {
        self.posts_of(viewer, Source::Home, before, limit).await
    }

    /// A page of those posts of `source` that the viewer may see now. The cursor runs over ids whether visible or
    /// not, so that what disappears between two pages neither repeats nor hides anything.
    pub(crate) async fn posts_of(
        &self,
        viewer: &Viewer,
        source: Source,
        before: Option<PostId>,
        limit: Limit,
    ) -> Result<Page<Post>, PostsError> {
        let mut reader = self.db.reader().await?;
        let mut sights = Vec::with_capacity(limit.get() + 1);
        let mut last = before;
        let mut more = true;
        for round in 0..ROUNDS {
            let batch = if round == 0 { limit.fetch() } else { REFILL.max(limit.fetch()) };
            let ids = self.ids(&mut reader, viewer, source, last, batch).await?;
            sights.extend(access::visible_among(&mut reader, viewer, &ids).await?);
            more = ids.len() as i64 == batch;
            last = ids.last().copied().or(last);
            if !more || sights.len() > limit.get() {
                break;
            }
        }
        drop(reader);
        if sights.len() > limit.get() {
            sights.truncate(limit.get());
            last = sights.last().map(|sight| sight.post_id);
            more = true;
        }
        let next = last.filter(|_| more).map(|id| Cursor(id).encode());
        Ok(Page { items: self.cards(viewer, sights).await?, next })
    }

    async fn ids(
        &self,
        reader: &mut Reader,
        viewer: &Viewer,
        source: Source,
        before: Option<PostId>,
        limit: i64,
    ) -> village_db::Result<Vec<PostId>> {
        match source {
            Source::Channel(channel) => store::posts::ids_in_channel(reader, channel, before, limit).await,
            Source::Author(author) => store::posts::ids_by_author(reader, viewer, author, before, limit).await,
            Source::Home => {
                let (timeline, sources) = store::timelines::of_home(reader, viewer.user, before, limit).await?;
                let recent = self.recent_large.of(reader, &sources).await?;
                Ok(merge(timeline, &recent, before, limit as usize))
            }
        }
    }
}

/// The newest `limit` ids before `before`, newest first, each once. Looks at no more of each list than it takes: some
/// readers have hundreds.
fn merge(mut timeline: Vec<PostId>, large: &[Arc<[PostId]>], before: Option<PostId>, limit: usize) -> Vec<PostId> {
    let before = store::posts::or_newest(before);
    timeline.sort_unstable_by(|one, other| other.cmp(one));
    let recent = large.iter().map(|recent| &recent[recent.partition_point(|id| *id >= before)..]);
    let lists = std::iter::once(timeline.as_slice()).chain(recent);
    let mut heads: BinaryHeap<(PostId, &[PostId])> =
        lists.filter_map(|list| list.split_first()).map(|(first, rest)| (*first, rest)).collect();
    let mut ids: Vec<PostId> = Vec::with_capacity(limit);
    while ids.len() < limit
        && let Some((id, rest)) = heads.pop()
    {
        if ids.last() != Some(&id) {
            ids.push(id);
        }
        heads.extend(rest.split_first().map(|(next, rest)| (*next, rest)));
    }
    ids
}

/// The recent ids of large audiences, newest first, in memory: they are the same for thousands of readers.
#[derive(Clone)]
pub(crate) struct RecentLarge(Cache<Uuid, Arc<[PostId]>>);

impl RecentLarge {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self(Cache::builder().max_capacity(10_000).time_to_live(settings.recent_large_ttl).build())
    }

    async fn of(&self, reader: &mut Reader, sources: &[Uuid]) -> village_db::Result<Vec<Arc<[PostId]>>> {
        let mut found: Vec<Arc<[PostId]>> = Vec::with_capacity(sources.len());
        let mut missing = Vec::new();
        for source in sources {
            match self.0.get(source) {
                Some(ids) => found.push(ids),
                None => missing.push(*source),
            }
        }
        count_reads("large_audiences", found.len(), missing.len());
        if !missing.is_empty() {
            let read: HashMap<Uuid, Vec<PostId>> = store::timelines::recent_large(reader, &missing).await?;
            for (source, ids) in read {
                let ids: Arc<[PostId]> = ids.into();
                self.0.insert(source, ids.clone());
                found.push(ids);
            }
        }
        Ok(found)
    }

    pub(crate) fn forget(&self, source: Uuid) {
        self.0.invalidate(&source);
    }

    pub(crate) fn forget_all(&self) {
        self.0.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn ids(numbers: &[u128]) -> Vec<PostId> {
        numbers.iter().map(|number| PostId(Uuid::from_u128(*number))).collect()
    }

    fn merged(timeline: &[u128], large: &[&[u128]], before: Option<u128>, limit: usize) -> Vec<u128> {
        let large: Vec<Arc<[PostId]>> = large.iter().map(|list| ids(list).into()).collect();
        let before = before.map(|number| PostId(Uuid::from_u128(number)));
        merge(ids(timeline), &large, before, limit).iter().map(|id| id.0.as_u128()).collect()
    }

    #[test]
    fn lists_are_merged_newest_first_and_each_post_once() {
        assert_eq!(merged(&[3, 9, 5], &[&[8, 5, 1], &[9, 4]], None, 10), [9, 8, 5, 4, 3, 1]);
        assert_eq!(merged(&[9, 5], &[&[8, 6]], None, 3), [9, 8, 6]);
        assert_eq!(merged(&[4], &[&[8, 5, 1], &[5, 3]], Some(5), 10), [4, 3, 1]);
        assert_eq!(merged(&[], &[&[], &[2]], None, 1), [2]);
        assert!(merged(&[], &[], None, 20).is_empty());
    }
}
