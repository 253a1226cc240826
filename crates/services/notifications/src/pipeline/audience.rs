//! Stage 2: who should know.

use std::collections::HashMap;

use village_kernel::UserId;
use village_ports::Attention;

use super::{Occurrence, What};
use crate::{Notifications, Reason};

/// People in one transaction at most: SQLite's one writer is held meanwhile.
const CHUNK: u32 = 500;

/// Some of those who should know.
pub(super) struct Audience {
    pub people: Vec<UserId>,
    /// Those among them who are not told for a reason that the owner of the thing gave.
    pub spared: HashMap<UserId, Reason>,
    /// Whether there may be others after the last of these.
    pub more: bool,
}

/// Why somebody is not told of a message.
fn spared(attention: Attention) -> Option<Reason> {
    match attention {
        Attention::Wanted => None,
        Attention::AlreadyRead => Some(Reason::AlreadyRead),
        Attention::Muted => Some(Reason::Muted),
        Attention::OnlyMentions => Some(Reason::OnlyMentions),
        Attention::Request => Some(Reason::Request),
    }
}

impl Notifications {
    pub(super) async fn audience(
        &self,
        occurrence: &Occurrence,
        after: Option<UserId>,
    ) -> village_db::Result<Audience> {
        let of = |people, more| Audience { people, spared: HashMap::new(), more };
        let one = |person| of(vec![person], false);
        Ok(match occurrence.what {
            What::PostPublished { post } => of(self.deps.posts.audience(post, after, CHUNK).await?, true),
            What::CommentAdded { post_author, .. } | What::PostLiked { post_author, .. } => one(post_author),
            What::Followed { followee } => one(followee),
            What::MessageSent { conversation, seq } => {
                let mut people = self.deps.conversations.to_notify(conversation, seq, occurrence.actor).await?;
                people.retain(|(person, _)| after.is_none_or(|after| *person > after));
                let more = people.len() > CHUNK as usize;
                people.truncate(CHUNK as usize);
                let spared = people.iter().filter_map(|(person, attention)| Some((*person, spared(*attention)?)));
                Audience { spared: spared.collect(), people: people.iter().map(|(person, _)| *person).collect(), more }
            }
        })
    }
}
