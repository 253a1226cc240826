//! A community for one test. People, follows, blocks and suspensions belong to users and auth: plain tables in the
//! place of the views those services publish stand in for them. So do small doubles for profiles and images.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::FromRequestParts;
use axum::http::Request;
use village_bus::Subscriber;
use village_db::{Db, Engine, Tx, execute, fetch_all, fetch_one, transaction};
use village_events::{CloudEvent, Event, Followed, Unfollowed};
use village_http::Idempotency;
use village_kernel::{
    ChannelId, Clock, Cursor, EventId, Limit, MediaId, Page, PostId, Role, SessionId, UserId, Viewer,
};
use village_ports::{
    AttachError, Image, MediaAccess, MediaPurpose, NewProfile, ProfileError, Profiles, SuspendedTraces, UserSummary,
    Visibility,
};
use village_posts::{Channel, Dependencies, NewChannel, NewPost, Post, Posts, PostsError, Settings};
use village_testkit::{FakeClock, Fresh};

pub struct World {
    pub db: Db,
    pub clock: FakeClock,
    pub posts: Arc<Posts>,
    pub people: Arc<EverybodyHasAProfile>,
    pub media: Arc<ImagesInMemory>,
}

impl World {
    pub async fn new(fresh: &Fresh) -> Self {
        Self::with(fresh, |_| {}).await
    }

    pub async fn with(fresh: &Fresh, change: impl FnOnce(&mut Settings)) -> Self {
        stand_in_for_other_services(fresh).await;
        Self::beside_other_services(fresh, change)
    }

    /// With the views as their owners publish them.
    pub fn beside_other_services(fresh: &Fresh, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::for_engine(fresh.engine);
        change(&mut settings);
        let (people, media) = (Arc::new(EverybodyHasAProfile::default()), Arc::new(ImagesInMemory::default()));
        let posts = Posts::new(dependencies(fresh, settings, &people, &media));
        Self { db: fresh.db.clone(), clock: fresh.clock.clone(), posts, people, media }
    }

    /// The same community on another node: nothing is in its caches.
    pub fn on_another_node(self, fresh: &Fresh) -> Self {
        let settings = Settings::for_engine(fresh.engine);
        Self { posts: Posts::new(dependencies(fresh, settings, &self.people, &self.media)), ..self }
    }

    pub async fn person(&self) -> Viewer {
        self.person_as(Role::Member).await
    }

    pub async fn person_as(&self, role: Role) -> Viewer {
        let now = self.clock.now();
        let viewer = Viewer { user: UserId::new(now), session: SessionId::new(now), role };
        self.write("insert into users_people_v (user_id) values ($1)", &[viewer.user]).await;
        viewer
    }

    /// The follow, and its event handed to whoever hears of it here.
    pub async fn follow(&self, follower: &Viewer, followee: &Viewer) {
        self.follow_silently(follower, followee).await;
        self.hand_out(&self.event(&Followed { follower_id: follower.user, followee_id: followee.user })).await;
    }

    pub async fn follow_silently(&self, follower: &Viewer, followee: &Viewer) {
        let sql = "insert into users_follows_v (follower_id, followee_id) values ($1, $2)";
        self.write(sql, &[follower.user, followee.user]).await;
    }

    pub async fn unfollow(&self, follower: &Viewer, followee: &Viewer) {
        self.unfollow_silently(follower, followee).await;
        self.hand_out(&self.event(&Unfollowed { follower_id: follower.user, followee_id: followee.user })).await;
    }

    pub async fn unfollow_silently(&self, follower: &Viewer, followee: &Viewer) {
        let sql = "delete from users_follows_v where follower_id = $1 and followee_id = $2";
        self.write(sql, &[follower.user, followee.user]).await;
    }

    pub async fn block(&self, blocker: &Viewer, blocked: &Viewer) {
        let sql = "insert into users_blocks_v (blocker_id, blocked_id) values ($1, $2)";
        self.write(sql, &[blocker.user, blocked.user]).await;
    }

    pub async fn suspend(&self, person: &Viewer) {
        self.write("insert into auth_suspended_v (user_id) values ($1)", &[person.user]).await;
        transaction!(&self.db, |tx| -> village_db::Result<()> { self.posts.suspended(tx, person.user).await }).unwrap();
    }

    pub async fn reinstate(&self, person: &Viewer) {
        self.write("delete from auth_suspended_v where user_id = $1", &[person.user]).await;
    }

    pub async fn unblock(&self, blocker: &Viewer, blocked: &Viewer) {
        let sql = "delete from users_blocks_v where blocker_id = $1 and blocked_id = $2";
        self.write(sql, &[blocker.user, blocked.user]).await;
    }

    async fn write(&self, sql: &'static str, ids: &[UserId]) {
        transaction!(&self.db, |tx| -> village_db::Result<u64> {
            match ids {
                [one] => execute!(tx, sql, *one),
                [one, other] => execute!(tx, sql, *one, *other),
                _ => unreachable!("one or two ids"),
            }
        })
        .unwrap();
    }

    pub async fn channel(&self, owner: &Viewer, slug: &str, visibility: Visibility) -> Channel {
        let request = NewChannel { slug: Some(slug.into()), name: slug.into(), description: String::new(), visibility };
        self.posts.create_channel(owner, &no_key().await, &request).await.unwrap()
    }

    /// Joins, invited by the owner where that is needed.
    pub async fn join(&self, owner: &Viewer, person: &Viewer, channel: &Channel) {
        let id = channel.id.to_string();
        if channel.visibility == Visibility::Private {
            self.posts.invite_to_channel(owner, &id, person.user).await.unwrap();
        }
        self.posts.join_channel(person, &id).await.unwrap();
    }

    pub async fn try_post(&self, author: &Viewer, channel: Option<ChannelId>, body: &str) -> Result<Post, PostsError> {
        self.clock.advance(Duration::from_millis(1));
        let request = NewPost { channel_id: channel, body: body.into(), media: Vec::new() };
        self.posts.publish(author, &no_key().await, &request).await
    }

    pub async fn post(&self, author: &Viewer, channel: Option<&Channel>, body: &str) -> PostId {
        self.try_post(author, channel.map(|channel| channel.id), body).await.unwrap().id
    }

    pub fn event(&self, event: &impl Event) -> CloudEvent {
        let now = self.clock.now();
        CloudEvent::new(EventId::new(now), now, None, event)
    }

    /// Takes the events out of the outbox.
    pub async fn take_events(&self) -> Vec<CloudEvent> {
        let rows = transaction!(&self.db, |tx| -> village_db::Result<Vec<(EventId, String)>> {
            let rows = fetch_all!(tx, "select event_id, event from bus_outbox order by event_id")?;
            execute!(tx, "delete from bus_outbox")?;
            Ok(rows)
        })
        .unwrap();
        rows.iter().map(|(_, json)| serde_json::from_str(json).unwrap()).collect()
    }

    /// Hands one event to every subscriber that hears of it.
    pub async fn hand_out(&self, event: &CloudEvent) {
        for subscriber in self.hearing(event) {
            subscriber.handle(event).await.unwrap();
        }
    }

    pub fn hearing(&self, event: &CloudEvent) -> Vec<Arc<dyn Subscriber>> {
        let mut subscribers = self.posts.subscribers();
        subscribers.retain(|one| one.subscription().event_types.contains(&event.event_type.as_str()));
        subscribers
    }

    /// Hands out what waits in the outbox, in order.
    pub async fn deliver(&self) {
        for event in self.take_events().await {
            self.hand_out(&event).await;
        }
    }

    /// The whole feed, page by page.
    pub async fn feed(&self, viewer: &Viewer) -> Vec<PostId> {
        let mut ids = Vec::new();
        let mut before = None;
        loop {
            let page = self.posts.feed(viewer, before, limit(7)).await.unwrap();
            ids.extend(page.items.iter().map(|post| post.id));
            match next(&page) {
                Some(after) => before = Some(after),
                None => return ids,
            }
        }
    }

    /// Rows of the timeline, visible or not.
    pub async fn timeline(&self, viewer: &Viewer) -> Vec<PostId> {
        let mut reader = self.db.reader().await.unwrap();
        let sql = "select post_id from posts_timelines where user_id = $1 order by post_id desc";
        let rows: Vec<(PostId,)> = fetch_all!(&mut reader, sql, viewer.user).unwrap();
        rows.into_iter().map(|(id,)| id).collect()
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        let mut reader = self.db.reader().await.unwrap();
        let (rows,): (i64,) = fetch_one!(&mut reader, sql).unwrap();
        rows
    }
}

/// Channels nobody talks in; the assembly's tests have some.
struct NoConversations;

#[async_trait::async_trait]
impl village_ports::ChannelConversations for NoConversations {
    async fn channel_left(&self, _: &mut village_db::Tx, _: ChannelId, _: UserId) -> village_db::Result<()> {
        Ok(())
    }
}

fn dependencies(
    fresh: &Fresh,
    settings: Settings,
    people: &Arc<EverybodyHasAProfile>,
    media: &Arc<ImagesInMemory>,
) -> Dependencies {
    Dependencies {
        db: fresh.db.clone(),
        clock: fresh.clock.shared(),
        outbox: fresh.outbox.clone(),
        live: fresh.live.clone(),
        profiles: people.clone(),
        media: media.clone(),
        conversations: Arc::new(NoConversations),
        settings,
    }
}

pub fn limit(items: u32) -> Limit {
    Limit::new(items).unwrap()
}

pub fn next(page: &Page<Post>) -> Option<PostId> {
    page.next.as_deref().map(|text| Cursor::decode(text).unwrap().0)
}

pub async fn no_key() -> Idempotency {
    key_of("POST", "/test", None).await
}

pub async fn key(key: &str) -> Idempotency {
    key_of("POST", "/test", Some(key)).await
}

async fn key_of(method: &str, path: &str, key: Option<&str>) -> Idempotency {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    Idempotency::from_request_parts(&mut parts, &()).await.unwrap()
}

pub fn not_found<T>(outcome: Result<T, PostsError>) -> bool {
    matches!(outcome, Err(PostsError::NotFound))
}

async fn stand_in_for_other_services(fresh: &Fresh) {
    let (id, drop_view) = match fresh.engine {
        Engine::Sqlite => ("blob", "drop view if exists {} "),
        Engine::Postgres => ("uuid", "drop view if exists {} cascade"),
    };
    let tables = [
        ("users_people_v", vec!["user_id"]),
        ("users_follows_v", vec!["follower_id", "followee_id"]),
        ("users_blocks_v", vec!["blocker_id", "blocked_id"]),
        ("auth_suspended_v", vec!["user_id"]),
    ];
    transaction!(&fresh.db, |tx| -> village_db::Result<()> {
        for (table, columns) in &tables {
            let drop_view = drop_view.replace("{}", table);
            execute!(tx, sqlx::AssertSqlSafe(drop_view))?;
            let list: Vec<String> = columns.iter().map(|column| format!("{column} {id} not null")).collect();
            let create = format!("create table {table} ({}, primary key ({}))", list.join(", "), columns.join(", "));
            execute!(tx, sqlx::AssertSqlSafe(create))?;
        }
        // The same rows, as the owner shows them from the other side.
        execute!(tx, sqlx::AssertSqlSafe(drop_view.replace("{}", "users_following_v")))?;
        execute!(tx, "create view users_following_v as select follower_id, followee_id from users_follows_v")?;
        Ok(())
    })
    .unwrap();
}

#[derive(Default)]
pub struct EverybodyHasAProfile {
    pub questions: AtomicUsize,
}

#[async_trait]
impl Profiles for EverybodyHasAProfile {
    async fn create(&self, _: &mut Tx, _: NewProfile) -> Result<(), ProfileError> {
        unreachable!("posts creates no profiles")
    }

    async fn summaries(&self, _: &Viewer, ids: &[UserId]) -> village_db::Result<HashMap<UserId, UserSummary>> {
        self.questions.fetch_add(1, Ordering::SeqCst);
        let summary = |id: &UserId| {
            let handle = id.0.simple().to_string();
            (*id, UserSummary { id: *id, display_name: handle.clone(), handle, avatar: None })
        };
        Ok(ids.iter().map(summary).collect())
    }
}

#[derive(Default)]
pub struct ImagesInMemory {
    pub questions: AtomicUsize,
    ready: Mutex<HashMap<MediaId, UserId>>,
    unready: Mutex<HashSet<MediaId>>,
    pub released: Mutex<Vec<MediaId>>,
}

impl ImagesInMemory {
    pub fn add_ready(&self, owner: &Viewer, clock: &FakeClock) -> MediaId {
        let id = MediaId::new(clock.now());
        self.ready.lock().unwrap().insert(id, owner.user);
        id
    }

    pub fn add_unready(&self, clock: &FakeClock) -> MediaId {
        let id = MediaId::new(clock.now());
        self.unready.lock().unwrap().insert(id);
        id
    }
}

#[async_trait]
impl MediaAccess for ImagesInMemory {
    async fn images(&self, ids: &[MediaId]) -> village_db::Result<HashMap<MediaId, Image>> {
        self.questions.fetch_add(1, Ordering::SeqCst);
        let image = |id: &MediaId| {
            let image = Image {
                media_id: *id,
                width: 4,
                height: 3,
                blurhash: String::new(),
                alt: String::new(),
                sizes: Vec::new(),
                expires_at: village_kernel::Instant::from_micros(0),
            };
            (*id, image)
        };
        Ok(ids.iter().map(image).collect())
    }

    async fn attach(
        &self,
        _: &mut Tx,
        owner: UserId,
        purpose: MediaPurpose,
        media: &[MediaId],
    ) -> Result<(), AttachError> {
        assert_eq!(purpose, MediaPurpose::Post);
        for id in media {
            if self.unready.lock().unwrap().contains(id) {
                return Err(AttachError::NotReady);
            }
            if self.ready.lock().unwrap().get(id) != Some(&owner) {
                return Err(AttachError::NotFound);
            }
        }
        Ok(())
    }

    async fn release(&self, _: &mut Tx, media: &[MediaId]) -> village_db::Result<()> {
        self.released.lock().unwrap().extend_from_slice(media);
        Ok(())
    }
}
