//! From ids to posts as they are shown, in a number of statements that does not depend on how many.
//!
//! Words and picture references come from a cache: they never change while a post exists. Whether the viewer may
//! see them is settled before (a [`Sight`]), and never cached.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use village_kernel::{MediaId, PostId, UserId, Viewer};
use village_ports::Image;

use crate::access::Sight;
use crate::post::Post;
use crate::store::posts::Content;
use crate::{Posts, PostsError, Settings, store};

/// Backstop when a hint about a deletion was lost. What is deleted is not shown even so: access is asked each time.
const CONTENT_TTL: Duration = Duration::from_secs(300);

/// The contents of recently shown posts, bounded by bytes. Clones share it.
#[derive(Clone)]
pub(crate) struct ContentCache(Cache<PostId, Arc<Content>>);

impl ContentCache {
    pub(crate) fn new(settings: &Settings) -> Self {
        let weigh = |_: &PostId, content: &Arc<Content>| {
            let media: usize = content.media.iter().map(|(_, alt)| alt.len() + 48).sum();
            u32::try_from(content.body.len() + media + 200).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder().max_capacity(settings.content_cache_bytes).weigher(weigh);
        Self(cache.time_to_live(CONTENT_TTL).build())
    }

    pub(crate) fn forget(&self, post: PostId) {
        self.0.invalidate(&post);
    }

    pub(crate) fn forget_all(&self) {
        self.0.invalidate_all();
    }
}

/// Tells how well a cache serves.
pub(crate) fn count_reads(cache: &'static str, hits: usize, misses: usize) {
    metrics::counter!("village_cache_reads_total", "cache" => cache, "outcome" => "hit").increment(hits as u64);
    metrics::counter!("village_cache_reads_total", "cache" => cache, "outcome" => "miss").increment(misses as u64);
}

impl Posts {
    /// What stands in those posts, from the cache or else read at once. The caller has checked access.
    pub(crate) async fn contents(&self, ids: &[PostId]) -> village_db::Result<HashMap<PostId, Arc<Content>>> {
        let mut found = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        for id in ids {
            match self.contents.0.get(id) {
                Some(content) => drop(found.insert(*id, content)),
                None => missing.push(*id),
            }
        }
        count_reads("posts", found.len(), missing.len());
        if !missing.is_empty() {
            let mut reader = self.db.reader().await?;
            for (id, content) in store::posts::contents(&mut reader, &missing).await? {
                let content = Arc::new(content);
                self.contents.0.insert(id, content.clone());
                found.insert(id, content);
            }
        }
        Ok(found)
    }

    /// The posts of `sights`, in that order. One that was deleted since, or whose author is gone, is left out.
    pub(crate) async fn cards(&self, viewer: &Viewer, sights: Vec<Sight>) -> Result<Vec<Post>, PostsError> {
        if sights.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<PostId> = sights.iter().map(|sight| sight.post_id).collect();
        let contents = self.contents(&ids).await?;
        let mut authors: Vec<UserId> = sights.iter().map(|sight| sight.author_id).collect();
        authors.sort_unstable();
        authors.dedup();
        let media: Vec<MediaId> = contents.values().flat_map(|content| &content.media).map(|(id, _)| *id).collect();
        let people = self.profiles.summaries(viewer, &authors).await?;
        let images = if media.is_empty() { HashMap::new() } else { self.media.images(&media).await? };
        let posts = sights.into_iter().filter_map(|sight| {
            let content = contents.get(&sight.post_id)?;
            Some(Post {
                id: sight.post_id,
                author: people.get(&sight.author_id)?.clone(),
                channel: sight.channel(),
                body: content.body.clone(),
                images: pictures(content, &images),
                like_count: sight.like_count,
                comment_count: sight.comment_count,
                liked: sight.liked,
                can_delete: sight.can_delete(viewer),
                created_at: content.created_at,
            })
        });
        Ok(posts.collect())
    }
}

fn pictures(content: &Content, images: &HashMap<MediaId, Image>) -> Vec<Image> {
    let media = content.media.iter();
    media.filter_map(|(id, alt)| images.get(id).map(|image| Image { alt: alt.clone(), ..image.clone() })).collect()
}
