//! Doubles of what notifications asks other services.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use village_db::Tx;
use village_kernel::{ChannelId, CommentId, ConversationId, EventId, MessageId, PostId, UserId, Viewer};
use village_notifications::pipeline::{Channel, Notice};
use village_ports::{
    Attention, ChannelInvitations, ChannelSummary, ConversationAccess, NewProfile, PostAccess, PostAct, PostExcerpt,
    ProfileError, Profiles, SentMessage, SocialGraph, StandingMessage, StandingMessages, UserSummary, Visibility,
};

/// The doubles' knowledge.
#[derive(Default)]
pub struct Known {
    /// Pairs between whom a block stands, in both orders.
    pub blocks: HashSet<(UserId, UserId)>,
    /// Posts with their authors.
    pub posts: HashMap<PostId, UserId>,
    /// Who may not see a post, its audience and author included.
    pub hidden: HashSet<(PostId, UserId)>,
    pub audience: BTreeSet<UserId>,
    /// That wait.
    pub invitations: HashSet<(UserId, ChannelId)>,
    /// What was taken back of posts, comments and likes.
    pub taken_back: HashSet<PostAct>,
    pub comments: Vec<(PostId, UserId, CommentId)>,
    /// Follower and followee.
    pub unfollowed: HashSet<(UserId, UserId)>,
    pub messages: Vec<Said>,
    pub joined_seqs: HashMap<(ConversationId, UserId), i64>,
    pub only_mentions: HashSet<UserId>,
    pub members: HashMap<ConversationId, Vec<UserId>>,
    pub attention: HashMap<(ConversationId, UserId), Attention>,
    /// Read after it was asked whom to tell.
    pub read_meanwhile: HashSet<(ConversationId, UserId)>,
    pub read: HashSet<(ConversationId, UserId)>,
    pub unread: HashSet<(ConversationId, UserId)>,
    /// What channels were given.
    pub enqueued: Vec<(EventId, Vec<UserId>)>,
    /// How many pages of audiences may be read before reading one fails.
    pub audience_pages_left: Option<usize>,
    pub questions: usize,
}

/// A message that was sent.
#[derive(Clone)]
pub struct Said {
    pub conversation: ConversationId,
    pub message: MessageId,
    pub sender: UserId,
    pub standing: StandingMessage,
    pub is_deleted: bool,
}

#[derive(Clone, Default)]
pub struct Doubles(pub Arc<Mutex<Known>>);

#[async_trait]
impl SocialGraph for Doubles {
    async fn blocked_among(&self, user: UserId, others: &[UserId]) -> village_db::Result<HashSet<UserId>> {
        let mut known = self.0.lock().unwrap();
        known.questions += 1;
        Ok(others.iter().copied().filter(|other| known.blocks.contains(&(user, *other))).collect())
    }

    async fn followed_among(&self, _: UserId, _: &[UserId]) -> village_db::Result<HashSet<UserId>> {
        Ok(HashSet::new())
    }

    async fn follows(&self, _: &mut Tx, follower: UserId, followee: UserId) -> village_db::Result<bool> {
        Ok(!self.0.lock().unwrap().unfollowed.contains(&(follower, followee)))
    }

    async fn blocks_between(&self, _: &mut Tx, one: UserId, other: UserId) -> village_db::Result<bool> {
        Ok(self.0.lock().unwrap().blocks.contains(&(one, other)))
    }
}

#[async_trait]
impl Profiles for Doubles {
    async fn create(&self, _: &mut Tx, _: NewProfile) -> Result<(), ProfileError> {
        Ok(())
    }

    async fn summaries(&self, _: &Viewer, ids: &[UserId]) -> village_db::Result<HashMap<UserId, UserSummary>> {
        self.0.lock().unwrap().questions += 1;
        let summary = |id: UserId| UserSummary {
            id,
            handle: id.0.simple().to_string(),
            display_name: "Somebody".to_owned(),
            avatar: None,
        };
        Ok(ids.iter().map(|id| (*id, summary(*id))).collect())
    }
}

#[async_trait]
impl PostAccess for Doubles {
    async fn visible(&self, viewer: &Viewer, ids: &[PostId]) -> village_db::Result<HashMap<PostId, PostExcerpt>> {
        let mut known = self.0.lock().unwrap();
        known.questions += 1;
        let excerpt = |id: PostId| {
            let author_id = *known.posts.get(&id).filter(|_| !known.hidden.contains(&(id, viewer.user)))?;
            Some((id, PostExcerpt { id, author_id, excerpt: "Leo".to_owned(), channel: None }))
        };
        Ok(ids.iter().filter_map(|id| excerpt(*id)).collect())
    }

    async fn readers_among(&self, post: PostId, readers: &[UserId]) -> village_db::Result<Vec<UserId>> {
        let known = self.0.lock().unwrap();
        Ok(readers.iter().copied().filter(|reader| !known.hidden.contains(&(post, *reader))).collect())
    }

    async fn visible_pairs(&self, pairs: &[(UserId, PostId)]) -> village_db::Result<HashSet<(UserId, PostId)>> {
        let mut known = self.0.lock().unwrap();
        known.questions += 1;
        let sees = |(reader, post): &(UserId, PostId)| {
            known.posts.contains_key(post) && !known.hidden.contains(&(*post, *reader))
        };
        Ok(pairs.iter().copied().filter(sees).collect())
    }

    async fn stands(&self, _: &mut Tx, act: PostAct) -> village_db::Result<bool> {
        let known = self.0.lock().unwrap();
        let (PostAct::Published(post) | PostAct::Commented(post, _) | PostAct::Liked(post, _)) = act;
        Ok(known.posts.contains_key(&post) && !known.taken_back.contains(&act))
    }

    async fn newest_comment(&self, _: &mut Tx, post: PostId, author: UserId) -> village_db::Result<Option<CommentId>> {
        let known = self.0.lock().unwrap();
        let stands = |comment: &CommentId| !known.taken_back.contains(&PostAct::Commented(post, *comment));
        let of_author = known.comments.iter().filter(|(on, by, _)| (*on, *by) == (post, author));
        Ok(of_author.map(|(.., comment)| *comment).filter(stands).max())
    }

    async fn audience_of_deleted(
        &self,
        post: PostId,
        after: Option<UserId>,
        limit: u32,
    ) -> village_db::Result<Vec<UserId>> {
        assert!(!self.0.lock().unwrap().posts.contains_key(&post));
        self.audience(post, after, limit).await
    }

    async fn audience(&self, _: PostId, after: Option<UserId>, limit: u32) -> village_db::Result<Vec<UserId>> {
        let mut known = self.0.lock().unwrap();
        match &mut known.audience_pages_left {
            Some(0) => return Err(village_db::Error::PoolTimedOut),
            Some(left) => *left -= 1,
            None => {}
        }
        let later = known.audience.iter().copied().filter(|person| after.is_none_or(|after| *person > after));
        Ok(later.take(limit as usize).collect())
    }
}

#[async_trait]
impl ChannelInvitations for Doubles {
    async fn waits(&self, _: &mut Tx, channel: ChannelId, invitee: UserId) -> village_db::Result<bool> {
        Ok(self.0.lock().unwrap().invitations.contains(&(invitee, channel)))
    }

    async fn shown_among(
        &self,
        pairs: &[(UserId, ChannelId)],
    ) -> village_db::Result<HashMap<(UserId, ChannelId), ChannelSummary>> {
        let mut known = self.0.lock().unwrap();
        known.questions += 1;
        let summary = |id: ChannelId| {
            let (slug, name) = ("night-shift".to_owned(), "Night shift".to_owned());
            ChannelSummary { id, slug, name, visibility: Visibility::Private }
        };
        let waiting = pairs.iter().copied().filter(|pair| known.invitations.contains(pair));
        Ok(waiting.map(|pair| (pair, summary(pair.1))).collect())
    }
}

#[async_trait]
impl ConversationAccess for Doubles {
    async fn to_notify(&self, messages: &[SentMessage]) -> village_db::Result<Vec<Vec<(UserId, Attention)>>> {
        let mut known = self.0.lock().unwrap();
        known.questions += 1;
        let attention = |conversation, person| match known.read.contains(&(conversation, person)) {
            true => Attention::AlreadyRead,
            false => known.attention.get(&(conversation, person)).copied().unwrap_or(Attention::Wanted),
        };
        let people = |sent: &SentMessage| {
            let mut people = known.members.get(&sent.conversation).cloned().unwrap_or_default();
            people.sort();
            people.retain(|person| *person != sent.sender);
            people.into_iter().map(|person| (person, attention(sent.conversation, person))).collect()
        };
        Ok(messages.iter().map(people).collect())
    }

    async fn mentioned_among(
        &self,
        _: &mut Tx,
        message: &SentMessage,
        people: &[UserId],
    ) -> village_db::Result<Option<Vec<UserId>>> {
        let known = self.0.lock().unwrap();
        let said = known.messages.iter().find(|said| said.message == message.message && !said.is_deleted);
        let among = |said: &Said| said.standing.mentions.iter().copied().filter(|id| people.contains(id)).collect();
        Ok(said.map(among))
    }

    async fn standing(
        &self,
        _: &mut Tx,
        conversation: ConversationId,
        sender: UserId,
        since_seq: i64,
        people: &[UserId],
    ) -> village_db::Result<StandingMessages> {
        let known = self.0.lock().unwrap();
        let stands = |said: &&Said| {
            (said.conversation, said.sender, said.is_deleted) == (conversation, sender, false)
                && said.standing.created_seq >= since_seq
        };
        Ok(StandingMessages {
            messages: known.messages.iter().filter(stands).map(|said| said.standing.clone()).collect(),
            is_cut: false,
            only_mentions: people.iter().copied().filter(|person| known.only_mentions.contains(person)).collect(),
        })
    }

    async fn members(&self, conversation: ConversationId) -> village_db::Result<Vec<UserId>> {
        Ok(self.0.lock().unwrap().members.get(&conversation).cloned().unwrap_or_default())
    }

    async fn taking_part(
        &self,
        pairs: &[(UserId, ConversationId)],
    ) -> village_db::Result<Vec<(UserId, ConversationId, i64)>> {
        let mut known = self.0.lock().unwrap();
        known.questions += 1;
        let part = |(user, conversation): &(UserId, ConversationId)| {
            let is_in = known.members.get(conversation).is_some_and(|members| members.contains(user));
            let joined_seq = known.joined_seqs.get(&(*conversation, *user)).copied().unwrap_or(1);
            is_in.then_some((*user, *conversation, joined_seq))
        };
        Ok(pairs.iter().filter_map(part).collect())
    }

    async fn have_read(
        &self,
        _: &mut Tx,
        conversation: ConversationId,
        _: i64,
        people: &[UserId],
    ) -> village_db::Result<Vec<UserId>> {
        let known = self.0.lock().unwrap();
        Ok(people.iter().copied().filter(|person| known.read_meanwhile.contains(&(conversation, *person))).collect())
    }

    async fn has_unread(&self, _: &mut Tx, conversation: ConversationId, user: UserId) -> village_db::Result<bool> {
        Ok(self.0.lock().unwrap().unread.contains(&(conversation, user)))
    }
}

#[async_trait]
impl Channel for Doubles {
    fn name(&self) -> &'static str {
        "double"
    }

    async fn enqueue(&self, _: &mut Tx, notice: &Notice<'_>, people: &[UserId]) -> village_db::Result<()> {
        self.0.lock().unwrap().enqueued.push((notice.occurrence.event_id, people.to_vec()));
        Ok(())
    }
}
