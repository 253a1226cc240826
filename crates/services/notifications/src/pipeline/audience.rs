//! Stage 2: who should know.

use std::collections::HashMap;

use village_kernel::UserId;
use village_ports::Attention;

use super::What;
use crate::{Notifications, Reason};

/// People in one transaction at most: SQLite's one writer is held meanwhile.
const CHUNK: u32 = 500;

/// Some of those who should know.
pub(super) struct Audience {
    pub people: Vec<UserId>,
    /// Those among them who are not told for a reason that the owner of the thing gave.
    pub spared: HashMap<UserId, Reason>,
}

impl Audience {
    fn of(people: Vec<UserId>) -> Self {
        Self { people, spared: HashMap::new() }
    }

    /// There may be more.
    pub fn is_full(&self) -> bool {
        self.people.len() >= CHUNK as usize
    }

    /// Of a message, in chunks.
    pub fn chunks(people: &[(UserId, Attention)]) -> impl Iterator<Item = Self> {
        people.chunks(CHUNK as usize).map(|chunk| Self {
            people: chunk.iter().map(|(person, _)| *person).collect(),
            spared: chunk.iter().filter_map(|(person, attention)| Some((*person, spared(*attention)?))).collect(),
        })
    }
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
    /// The chunk after the person `after`; empty when there is nobody left.
    pub(super) async fn audience(&self, what: &What, after: Option<UserId>) -> village_db::Result<Audience> {
        Ok(Audience::of(match *what {
            What::PostPublished { post } => self.deps.posts.audience(post, after, CHUNK).await?,
            What::CommentAdded { post_author: one, .. }
            | What::PostLiked { post_author: one, .. }
            | What::Followed { followee: one }
            | What::ChannelInvited { invitee: one, .. } => after.is_none().then_some(one).into_iter().collect(),
            // Asked for many messages at once, see [`super::messages`].
            What::MessageSent { .. } | What::Mentioned { .. } => Vec::new(),
        }))
    }
}
