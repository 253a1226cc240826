//! A community in a fresh database, and doubles of what notifications asks other services. They answer from sets
//! that tests fill; none of them decides anything.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use village_db::{Tx, execute, fetch_all, fetch_one, transaction};
use village_events::{CloudEvent, CommentAdded, Event, Followed, MessageSent, PostLiked, PostPublished};
use village_kernel::{
    Clock, CommentId, ConversationId, EventId, Limit, MessageId, PostId, Role, SessionId, UserId, Viewer,
};
use village_notifications::pipeline::{Channel, Notice};
use village_notifications::{Decision, Notification, Notifications, NotificationsDeps, Outcome, Reason};
use village_ports::{
    Attention, ConversationAccess, NewProfile, NotificationFeed, PostAccess, PostExcerpt, ProfileError, Profiles,
    SentMessage, SocialGraph, UserSummary,
};
use village_testkit::Fresh;

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

pub struct World<'a> {
    pub fresh: &'a Fresh,
    pub notifications: Arc<Notifications>,
    pub doubles: Doubles,
}

impl<'a> World<'a> {
    pub fn new(fresh: &'a Fresh) -> Self {
        let doubles = Doubles::default();
        let shared = || Arc::new(doubles.clone());
        let notifications = Notifications::new(NotificationsDeps {
            db: fresh.db.clone(),
            clock: fresh.clock.shared(),
            live: fresh.live.clone(),
            profiles: shared(),
            graph: shared(),
            posts: shared(),
            conversations: shared(),
            channels: vec![shared()],
        });
        Self { fresh, notifications, doubles }
    }

    pub fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.doubles.0.lock().unwrap()
    }

    /// A person, as others see them: a row behind `users_people_v`.
    pub async fn person(&self) -> Viewer {
        self.people(1).await[0]
    }

    pub async fn people(&self, number: usize) -> Vec<Viewer> {
        let now = self.fresh.clock.now();
        let people: Vec<UserId> = (0..number).map(|_| UserId::new(now)).collect();
        transaction!(&self.fresh.db, |tx| -> Result<(), village_db::Error> {
            let sql = "insert into users_profiles
                           (user_id, handle, display_name, search_text, bio, version, created_at)
                       values ($1, $2, '', '', '', 1, $3)";
            for person in &people {
                execute!(tx, sql, person, person.0.simple().to_string(), now)?;
            }
            Ok(())
        })
        .unwrap();
        people.into_iter().map(viewer).collect()
    }

    pub async fn suspend(&self, person: &Viewer) {
        transaction!(&self.fresh.db, |tx| -> Result<u64, village_db::Error> {
            let email = format!("{}@example.org", person.user);
            let sql = "insert into auth_accounts
                           (user_id, email, email_folded, password_hash, role, status, created_at, last_login_at)
                       values ($1, $2, $2, '', 'member', 'suspended', $3, $3)";
            execute!(tx, sql, person.user, email, self.fresh.clock.now())
        })
        .unwrap();
    }

    pub fn block(&self, one: &Viewer, other: &Viewer) {
        self.known().blocks.extend([(one.user, other.user), (other.user, one.user)]);
    }

    pub fn post_of(&self, author: &Viewer) -> PostId {
        let post = PostId::new(self.fresh.clock.now());
        self.known().posts.insert(post, author.user);
        post
    }

    pub fn conversation(&self, members: &[&Viewer]) -> ConversationId {
        let conversation = ConversationId::new(self.fresh.clock.now());
        self.known().members.insert(conversation, members.iter().map(|member| member.user).collect());
        conversation
    }

    pub fn event<E: Event>(&self, event: &E) -> CloudEvent {
        let now = self.fresh.clock.now();
        CloudEvent::new(EventId::new(now), now, None, event)
    }

    pub fn published(&self, post: PostId, author: &Viewer) -> CloudEvent {
        self.event(&PostPublished { post_id: post, author_id: author.user, channel_id: None })
    }

    pub fn liked(&self, post: PostId, liker: &Viewer, author: &Viewer) -> CloudEvent {
        self.event(&PostLiked { post_id: post, liker_id: liker.user, post_author_id: author.user })
    }

    pub fn commented(&self, post: PostId, commenter: &Viewer, author: &Viewer) -> (CommentId, CloudEvent) {
        let comment_id = CommentId::new(self.fresh.clock.now());
        let event = CommentAdded { comment_id, post_id: post, author_id: commenter.user, post_author_id: author.user };
        (comment_id, self.event(&event))
    }

    pub fn followed(&self, follower: &Viewer, followee: &Viewer) -> CloudEvent {
        self.event(&Followed { follower_id: follower.user, followee_id: followee.user })
    }

    pub fn message(&self, conversation: ConversationId, sender: &Viewer, seq: i64) -> CloudEvent {
        let message_id = MessageId::new(self.fresh.clock.now());
        self.event(&MessageSent {
            conversation_id: conversation,
            message_id,
            seq,
            sender_id: sender.user,
            mentions: Vec::new(),
        })
    }

    /// Hands the event to the subscriber that hears it.
    pub async fn hear(&self, event: &CloudEvent) {
        hear(&self.notifications, event).await.unwrap();
    }

    /// As a batch.
    pub async fn hear_all(&self, events: &[CloudEvent]) {
        subscriber_of(&self.notifications, &events[0]).handle_all(events).await.unwrap();
    }

    pub async fn list(&self, person: &Viewer) -> Vec<Notification> {
        self.notifications.list(person, None, Limit::new(100).unwrap()).await.unwrap().items
    }

    pub async fn decisions(&self, person: &Viewer) -> Vec<Decision> {
        self.notifications.decisions(person, None, Limit::new(100).unwrap()).await.unwrap().items
    }

    /// The newest decision.
    pub async fn last_decision(&self, person: &Viewer) -> (Outcome, Reason) {
        let decision = &self.decisions(person).await[0];
        (decision.outcome, decision.reason)
    }

    pub async fn mark(&self, person: &Viewer) -> (i64, i64) {
        let mark = self.notifications.mark(person.user).await.unwrap();
        (mark.seq, mark.unread_count)
    }

    /// Everything that is stored of notifications, in an order of its own.
    pub async fn snapshot(&self) -> (Vec<Snapshot>, i64, i64) {
        let mut reader = self.fresh.db.reader().await.unwrap();
        let items = fetch_all!(
            &mut reader,
            "select user_id, notification_id, seq, actor_count from notifications_items order by user_id, seq"
        )
        .unwrap();
        let (decisions,): (i64,) = fetch_one!(&mut reader, "select count(*) from notifications_decisions").unwrap();
        let (actors,): (i64,) = fetch_one!(&mut reader, "select count(*) from notifications_actors").unwrap();
        (items, decisions, actors)
    }

    /// The counts of a person are those of the items.
    pub async fn assert_exact(&self, person: &Viewer) {
        let mut reader = self.fresh.db.reader().await.unwrap();
        let counted: (i64, i64) = fetch_one!(
            &mut reader,
            "select (select count(*) from notifications_items i where i.user_id = m.user_id),
                    (select count(*) from notifications_items i where i.user_id = m.user_id and i.seq > m.read_seq
                        and i.read_seq is null)
             from notifications_marks m
             where m.user_id = $1",
            person.user
        )
        .unwrap();
        let stored: (i64, i64) = fetch_one!(
            &mut reader,
            "select item_count, unread_count from notifications_marks where user_id = $1",
            person.user
        )
        .unwrap();
        assert_eq!(counted, stored);
    }
}

pub type Snapshot = (UserId, uuid::Uuid, i64, i64);

pub async fn hear(notifications: &Arc<Notifications>, event: &CloudEvent) -> Result<(), village_bus::HandleError> {
    subscriber_of(notifications, event).handle(event).await
}

fn subscriber_of(notifications: &Arc<Notifications>, event: &CloudEvent) -> Arc<dyn village_bus::Subscriber> {
    let hears = |subscriber: &Arc<dyn village_bus::Subscriber>| {
        subscriber.subscription().event_types.contains(&event.event_type.as_str())
    };
    notifications.subscribers().into_iter().find(hears).expect("somebody hears it")
}

pub fn viewer(user: UserId) -> Viewer {
    Viewer { user, session: SessionId(user.0), role: Role::Member }
}
