//! How many unread items people are shown now: what [`Notifications::hydrate`] would list of them, counted for many
//! people with a constant number of questions. Whoever has none stored is not asked about.

use std::collections::{HashMap, HashSet};

use village_kernel::{ChannelId, ConversationId, PostId, UserId};
use village_ports::NotificationMark;

use crate::Notifications;
use crate::store::marks::MarkRow;
use crate::store::sight::{self, UnreadRow};

impl UnreadRow {
    fn conversation(&self) -> Option<(UserId, ConversationId)> {
        self.kind.is_of_conversation().then_some((self.user_id, ConversationId(self.subject_id)))
    }

    fn channel(&self) -> Option<(UserId, ChannelId)> {
        self.kind.is_of_channel().then_some((self.user_id, ChannelId(self.subject_id)))
    }

    fn post(&self) -> Option<(UserId, PostId)> {
        self.kind.is_of_post().then_some((self.user_id, PostId(self.subject_id)))
    }
}

impl Notifications {
    /// The marks with what is shown in place of what is stored, in their order.
    pub(crate) async fn shown_counts(&self, rows: Vec<MarkRow>) -> village_db::Result<Vec<(UserId, NotificationMark)>> {
        let told: Vec<UserId> = rows.iter().filter(|row| row.unread_count > 0).map(|row| row.user_id).collect();
        let mut counts = if told.is_empty() { HashMap::new() } else { self.count_shown(&told).await? };
        let mark = |row: MarkRow| {
            (row.user_id, NotificationMark { seq: row.seq, unread_count: counts.remove(&row.user_id).unwrap_or(0) })
        };
        Ok(rows.into_iter().map(mark).collect())
    }

    async fn count_shown(&self, people: &[UserId]) -> village_db::Result<HashMap<UserId, i64>> {
        let unread = sight::unread_of(&mut self.deps.db.reader().await?, people).await?;
        let posts: HashSet<_> = unread.iter().filter_map(UnreadRow::post).collect();
        let posts: Vec<_> = posts.into_iter().collect();
        let visible = if posts.is_empty() { HashSet::new() } else { self.deps.posts.visible_pairs(&posts).await? };
        let talks: HashSet<_> = unread.iter().filter_map(UnreadRow::conversation).collect();
        let talks: Vec<_> = talks.into_iter().collect();
        let taking_part =
            if talks.is_empty() { Vec::new() } else { self.deps.conversations.taking_part(&talks).await? };
        let firsts: HashMap<(UserId, ConversationId), i64> =
            taking_part.into_iter().map(|(user, conversation, seq)| ((user, conversation), seq)).collect();
        let invited: HashSet<_> = unread.iter().filter_map(UnreadRow::channel).collect();
        let invited: Vec<_> = invited.into_iter().collect();
        let invitations =
            if invited.is_empty() { HashMap::new() } else { self.deps.invitations.shown_among(&invited).await? };
        let mut counts = HashMap::new();
        for item in &unread {
            let sees_post = item.post().is_none_or(|pair| visible.contains(&pair));
            let takes_part = item.conversation().is_none_or(|pair| {
                firsts.get(&pair).is_some_and(|first_seq| item.last_seq.is_none_or(|last| last >= *first_seq))
            });
            let is_invited = item.channel().is_none_or(|pair| invitations.contains_key(&pair));
            if sees_post && takes_part && is_invited {
                *counts.entry(item.user_id).or_default() += 1;
            }
        }
        Ok(counts)
    }
}
