//! From stored ids to what is shown, with one question for each kind of thing, whatever the number of items.

use std::collections::HashSet;

use village_kernel::{PostId, UserId, Viewer};

use crate::store::items::{self, ItemRow};
use crate::{Notification, NotificationPost, Notifications};

impl Notifications {
    /// Leaves out items whose post the viewer may not see any more, and those of whose actors none may be shown.
    /// The order stays.
    pub(crate) async fn hydrate(&self, viewer: &Viewer, rows: Vec<ItemRow>) -> village_db::Result<Vec<Notification>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let actors: HashSet<UserId> = rows.iter().flat_map(ItemRow::actors).collect();
        let mut actors: Vec<UserId> = actors.into_iter().collect();
        let blocked = self.deps.graph.blocked_among(viewer.user, &actors).await?;
        let suspended = items::suspended_among(&mut self.deps.db.reader().await?, &actors).await?;
        actors.retain(|actor| !blocked.contains(actor) && !suspended.contains(actor));
        let people = self.deps.profiles.summaries(viewer, &actors).await?;

        let posts: HashSet<PostId> = rows.iter().filter_map(ItemRow::post).collect();
        let posts: Vec<PostId> = posts.into_iter().collect();
        let posts = if posts.is_empty() { Default::default() } else { self.deps.posts.visible(viewer, &posts).await? };

        let show = |row: ItemRow| {
            let post = match row.post() {
                Some(id) => {
                    let post = posts.get(&id)?;
                    let (excerpt, channel) = (post.excerpt.clone(), post.channel.clone());
                    Some(NotificationPost { id, excerpt, channel })
                }
                None => None,
            };
            let kept = row.actors().count();
            let actors: Vec<_> = row.actors().filter_map(|actor| people.get(&actor).cloned()).collect();
            if actors.is_empty() {
                return None;
            }
            Some(Notification {
                id: row.notification_id,
                seq: row.seq,
                kind: row.kind,
                actor_count: row.actor_count - (kept - actors.len()) as i64,
                actors,
                post,
                comment_id: row.comment_id,
                conversation_id: row.conversation(),
                read: row.read,
                created_at: row.created_at,
                updated_at: row.updated_at,
            })
        };
        Ok(rows.into_iter().filter_map(show).collect())
    }
}
