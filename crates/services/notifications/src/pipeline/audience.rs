//! Stage 2: who should know.

use village_kernel::UserId;

use super::{Occurrence, What};
use crate::Notifications;

/// People in one transaction at most: SQLite's one writer is held meanwhile.
const CHUNK: u32 = 500;

/// Some of those who should know.
pub(super) struct Audience {
    pub people: Vec<UserId>,
    /// Whether there may be others after the last of these.
    pub more: bool,
}

impl Notifications {
    pub(super) async fn audience(
        &self,
        occurrence: &Occurrence,
        after: Option<UserId>,
    ) -> village_db::Result<Audience> {
        let one = |person| Audience { people: vec![person], more: false };
        Ok(match occurrence.what {
            What::PostPublished { post } => {
                Audience { people: self.deps.posts.audience(post, after, CHUNK).await?, more: true }
            }
            What::CommentAdded { post_author, .. } | What::PostLiked { post_author, .. } => one(post_author),
            What::Followed { followee } => one(followee),
            What::MessageSent { conversation, .. } => {
                let mut people = self.deps.conversations.members(conversation).await?;
                people.retain(|person| *person != occurrence.actor);
                Audience { people, more: false }
            }
        })
    }
}
