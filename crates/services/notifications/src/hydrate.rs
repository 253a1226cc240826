//! From stored ids to what is shown, with one question for each kind of thing, whatever the number of items.

use std::collections::{HashMap, HashSet};

use village_kernel::{ChannelId, CommentId, ConversationId, NotificationId, PostId, UserId, Viewer};
use village_ports::{ChannelSummary, PostExcerpt, UserSummary};

use crate::store::items::{ItemRow, NAMED};
use crate::store::sight;
use crate::{Notification, NotificationPost, Notifications};

/// Who of an item is shown.
struct Cast {
    /// Newest first.
    named: Vec<UserId>,
    count: i64,
    comment_id: Option<CommentId>,
}

/// What the items of a page are shown with.
struct Shown {
    casts: HashMap<NotificationId, Cast>,
    people: HashMap<UserId, UserSummary>,
    posts: HashMap<PostId, PostExcerpt>,
    conversations: HashMap<ConversationId, i64>,
    /// To which an invitation waits.
    channels: HashMap<ChannelId, ChannelSummary>,
}

impl Notifications {
    /// Leaves out items whose post, conversation or invitation the viewer may not see any more, and those of whose actors none may
    /// be shown: what [`Self::shown_counts`] does not count. The order stays.
    pub(crate) async fn hydrate(&self, viewer: &Viewer, rows: Vec<ItemRow>) -> village_db::Result<Vec<Notification>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let casts = self.casts(viewer, &rows).await?;
        let actors: HashSet<UserId> = casts.values().flat_map(|cast| cast.named.iter().copied()).collect();
        let actors: Vec<UserId> = actors.into_iter().collect();
        let people = self.deps.profiles.summaries(viewer, &actors).await?;
        let posts: HashSet<PostId> = rows.iter().filter_map(ItemRow::post).collect();
        let posts: Vec<PostId> = posts.into_iter().collect();
        let posts = if posts.is_empty() { HashMap::new() } else { self.deps.posts.visible(viewer, &posts).await? };
        let pairs: HashSet<_> = rows.iter().filter_map(|row| Some((viewer.user, row.conversation()?))).collect();
        let pairs: Vec<_> = pairs.into_iter().collect();
        let taking_part =
            if pairs.is_empty() { Vec::new() } else { self.deps.conversations.taking_part(&pairs).await? };
        let conversations = taking_part.into_iter().map(|(_, id, first_seq)| (id, first_seq)).collect();
        let pairs: HashSet<_> = rows.iter().filter_map(|row| Some((viewer.user, row.channel()?))).collect();
        let pairs: Vec<_> = pairs.into_iter().collect();
        let invited = if pairs.is_empty() { HashMap::new() } else { self.deps.invitations.shown_among(&pairs).await? };
        let channels = invited.into_iter().map(|((_, id), channel)| (id, channel)).collect();
        let shown = Shown { casts, people, posts, conversations, channels };
        Ok(rows.into_iter().filter_map(|row| shown.notification(row)).collect())
    }

    /// The stored actors are those of an item in nearly every case; only where somebody is hidden is there more to ask.
    async fn casts(&self, viewer: &Viewer, rows: &[ItemRow]) -> village_db::Result<HashMap<NotificationId, Cast>> {
        let named: HashSet<UserId> = rows.iter().flat_map(ItemRow::actors).collect();
        let named: Vec<UserId> = named.into_iter().collect();
        let mut reader = self.deps.db.reader().await?;
        let hidden = sight::hidden_among(&mut reader, viewer.user, &named).await?;
        let crowded: Vec<_> =
            rows.iter().filter(|row| row.actor_count > NAMED).map(|row| row.notification_id).collect();
        let hidden_actors = match crowded.is_empty() {
            true => HashMap::new(),
            false => sight::hidden_actors(&mut reader, viewer, &crowded.into_iter().collect()).await?,
        };
        let mut casts = HashMap::with_capacity(rows.len());
        let mut thinned = Vec::new();
        for row in rows {
            let id = row.notification_id;
            let stored = row.actors().count();
            let named: Vec<UserId> = row.actors().filter(|actor| !hidden.contains(actor)).collect();
            let hidden_count = match row.actor_count > NAMED {
                true => hidden_actors.get(&id).copied().unwrap_or(0),
                false => (stored - named.len()) as i64,
            };
            let cast = Cast { named, count: row.actor_count - hidden_count, comment_id: row.comment_id };
            if hidden_count > 0 && cast.count > 0 {
                thinned.push(id);
            }
            casts.insert(id, cast);
        }
        if !thinned.is_empty() {
            let thinned = thinned.into_iter().collect();
            let mut comments = sight::shown_comments(&mut reader, viewer, &thinned).await?;
            for (id, named) in sight::shown_actors(&mut reader, viewer, &thinned).await? {
                if let Some(cast) = casts.get_mut(&id) {
                    (cast.named, cast.comment_id) = (named, comments.remove(&id));
                }
            }
        }
        Ok(casts)
    }
}

impl Shown {
    fn notification(&self, row: ItemRow) -> Option<Notification> {
        let post = match row.post() {
            Some(id) => {
                let PostExcerpt { excerpt, channel, .. } = self.posts.get(&id)?.clone();
                Some(NotificationPost { id, excerpt, channel })
            }
            None => None,
        };
        let channel = match row.channel() {
            Some(id) => Some(self.channels.get(&id)?.clone()),
            None => None,
        };
        if let Some(conversation) = row.conversation() {
            let first_seq = *self.conversations.get(&conversation)?;
            if row.last_seq.is_some_and(|last_seq| last_seq < first_seq) {
                return None;
            }
        }
        let cast = self.casts.get(&row.notification_id)?;
        let actors: Vec<_> = cast.named.iter().filter_map(|actor| self.people.get(actor).cloned()).collect();
        if actors.is_empty() {
            return None;
        }
        Some(Notification {
            id: row.notification_id,
            seq: row.seq,
            kind: row.kind,
            actor_count: cast.count,
            actors,
            post,
            comment_id: cast.comment_id,
            conversation_id: row.conversation(),
            channel,
            read: row.read,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
