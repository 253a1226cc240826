//! Doubles of what other services own. They hold what a test puts in, and check nothing.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Value, json};
use village_db::{Db, Engine, Error, Tx, execute, transaction};
use village_kernel::{ChannelId, Clock, Instant, Role, SessionId, UserId, Viewer};
use village_live::{Hint, Live, SharedLive, Subscription, Topic};
use village_ports::{
    AccessTokens, ChannelAccess, ChannelSummary, NewProfile, NotificationChange, NotificationFeed, NotificationMark,
    NotificationUpdate, ProfileError, Profiles, SocialGraph, TokenError, UserSummary, VerifiedToken, Visibility,
};
use village_testkit::Fresh;

/// Tokens that say in plain text whose they are and until when.
pub struct Tokens {
    clock: Arc<dyn Clock>,
    revoked: Mutex<HashSet<SessionId>>,
}

impl Tokens {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, revoked: Mutex::default() }
    }

    pub fn token(viewer: &Viewer, expires_at: Instant) -> String {
        format!("{}/{}/{}", viewer.user, viewer.session, expires_at.as_micros())
    }

    pub fn revoke(&self, viewer: &Viewer) {
        self.revoked.lock().unwrap().insert(viewer.session);
    }
}

#[async_trait]
impl AccessTokens for Tokens {
    async fn verify(&self, token: &str) -> Result<VerifiedToken, TokenError> {
        let mut parts = token.split('/');
        let mut part = || parts.next().ok_or(TokenError::Invalid);
        let user = part()?.parse().map_err(|_| TokenError::Invalid)?;
        let session = part()?.parse().map_err(|_| TokenError::Invalid)?;
        let expires_at = Instant::from_micros(part()?.parse().map_err(|_| TokenError::Invalid)?);
        let viewer = Viewer { user, session, role: Role::Member };
        if expires_at <= self.clock.now() {
            return Err(TokenError::Expired);
        }
        if self.is_revoked(&viewer) {
            return Err(TokenError::Revoked);
        }
        Ok(VerifiedToken { viewer, expires_at })
    }

    fn is_revoked(&self, viewer: &Viewer) -> bool {
        self.revoked.lock().unwrap().contains(&viewer.session)
    }
}

/// People and blocks, in memory for the ports and in plain tables in place of the published views.
pub struct People {
    db: Db,
    blocks: Mutex<HashSet<(UserId, UserId)>>,
}

impl People {
    pub fn new(db: Db) -> Self {
        Self { db, blocks: Mutex::default() }
    }

    /// The owners of these views have tests of their own; here only their columns count.
    pub async fn replace_views(&self) {
        let (id, time, cascade) = match self.db.engine() {
            Engine::Sqlite => ("blob", "integer", ""),
            Engine::Postgres => ("uuid", "timestamptz", " cascade"),
        };
        let statements = [
            ("users_people_v", format!("user_id {id}, handle text, display_name text")),
            ("auth_suspended_v", format!("user_id {id}")),
            ("users_blocks_v", format!("blocker_id {id}, blocked_id {id}")),
            ("users_block_times_v", format!("blocker_id {id}, blocked_id {id}, blocked_at {time}")),
            ("users_follows_v", format!("follower_id {id}, followee_id {id}")),
        ]
        .into_iter()
        .flat_map(|(view, columns)| {
            [format!("drop view if exists {view}{cascade}"), format!("create table {view} ({columns})")]
        })
        .collect::<Vec<_>>();
        transaction!(&self.db, |tx| -> Result<(), Error> {
            for statement in &statements {
                execute!(tx, sqlx::AssertSqlSafe(statement.clone()))?;
            }
            Ok(())
        })
        .unwrap();
    }

    async fn run(&self, sql: &'static str, one: UserId, other: UserId) {
        transaction!(&self.db, |tx| -> Result<u64, Error> { execute!(tx, sql, one, other) }).unwrap();
    }

    pub async fn add(&self, user: UserId) {
        transaction!(&self.db, |tx| -> Result<u64, Error> {
            execute!(tx, "insert into users_people_v (user_id, handle, display_name) values ($1, 'h', 'H')", user)
        })
        .unwrap();
    }

    /// Everybody who is there follows `user`, and is followed by them.
    pub async fn befriend_all(&self, user: UserId) {
        for sql in [
            "insert into users_follows_v (follower_id, followee_id)
             select $1, user_id from users_people_v where user_id <> $1",
            "insert into users_follows_v (follower_id, followee_id)
             select user_id, $1 from users_people_v where user_id <> $1",
        ] {
            transaction!(&self.db, |tx| -> Result<u64, Error> { execute!(tx, sql, user) }).unwrap();
        }
    }

    pub async fn follow(&self, follower: UserId, followee: UserId) {
        self.run("insert into users_follows_v (follower_id, followee_id) values ($1, $2)", follower, followee).await;
    }

    pub async fn call(&self, user: UserId, handle: &str) {
        let handle = handle.to_owned();
        transaction!(&self.db, |tx| -> Result<u64, Error> {
            execute!(tx, "update users_people_v set handle = $2 where user_id = $1", user, handle.as_str())
        })
        .unwrap();
    }

    pub async fn suspend(&self, user: UserId) {
        transaction!(&self.db, |tx| -> Result<u64, Error> {
            execute!(tx, "insert into auth_suspended_v (user_id) values ($1)", user)
        })
        .unwrap();
    }

    pub async fn block(&self, blocker: UserId, blocked: UserId) {
        self.blocks.lock().unwrap().insert((blocker, blocked));
        self.run("insert into users_blocks_v (blocker_id, blocked_id) values ($1, $2)", blocker, blocked).await;
        let now = Instant::from_micros(1_764_000_000_000_000);
        transaction!(&self.db, |tx| -> Result<u64, Error> {
            let sql = "insert into users_block_times_v (blocker_id, blocked_id, blocked_at) values ($1, $2, $3)";
            execute!(tx, sql, blocker, blocked, now)
        })
        .unwrap();
    }

    pub async fn unblock(&self, blocker: UserId, blocked: UserId) {
        self.blocks.lock().unwrap().remove(&(blocker, blocked));
        self.run("delete from users_blocks_v where blocker_id = $1 and blocked_id = $2", blocker, blocked).await;
        self.run("delete from users_block_times_v where blocker_id = $1 and blocked_id = $2", blocker, blocked).await;
    }

    fn stands_between(&self, one: UserId, other: UserId) -> bool {
        let blocks = self.blocks.lock().unwrap();
        blocks.contains(&(one, other)) || blocks.contains(&(other, one))
    }
}

#[async_trait]
impl Profiles for People {
    async fn create(&self, _: &mut Tx, _: NewProfile) -> Result<(), ProfileError> {
        Ok(())
    }

    async fn summaries(&self, _: &Viewer, ids: &[UserId]) -> village_db::Result<HashMap<UserId, UserSummary>> {
        let summary = |id: UserId| UserSummary { id, handle: "h".into(), display_name: "H".into(), avatar: None };
        Ok(ids.iter().map(|id| (*id, summary(*id))).collect())
    }
}

#[async_trait]
impl SocialGraph for People {
    async fn blocked_among(&self, user: UserId, others: &[UserId]) -> village_db::Result<HashSet<UserId>> {
        Ok(others.iter().copied().filter(|other| self.stands_between(user, *other)).collect())
    }

    async fn followed_among(&self, _: UserId, _: &[UserId]) -> village_db::Result<HashSet<UserId>> {
        Ok(HashSet::new())
    }

    async fn blocks_between(&self, _: &mut Tx, one: UserId, other: UserId) -> village_db::Result<bool> {
        Ok(self.stands_between(one, other))
    }
}

/// Channels that everybody knows, with their members.
#[derive(Default)]
pub struct Channels(Mutex<HashMap<ChannelId, HashSet<UserId>>>);

impl Channels {
    pub fn add(&self, members: &[UserId]) -> ChannelId {
        let channel = ChannelId::new(Instant::from_micros(1));
        self.0.lock().unwrap().insert(channel, members.iter().copied().collect());
        channel
    }

    pub fn remove(&self, channel: ChannelId, user: UserId) {
        self.0.lock().unwrap().entry(channel).or_default().remove(&user);
    }
}

#[async_trait]
impl ChannelAccess for Channels {
    async fn summaries(&self, _: &Viewer, ids: &[ChannelId]) -> village_db::Result<HashMap<ChannelId, ChannelSummary>> {
        let summary = |id: ChannelId| ChannelSummary {
            id,
            slug: "preemies".into(),
            name: "Preemies".into(),
            visibility: Visibility::Private,
        };
        Ok(ids.iter().map(|id| (*id, summary(*id))).collect())
    }

    async fn hold_membership(&self, _: &mut Tx, channel: ChannelId, user: UserId) -> village_db::Result<bool> {
        Ok(self.0.lock().unwrap().get(&channel).is_some_and(|members| members.contains(&user)))
    }
}

/// Notifications as a list for each person; all unread, and shown unless they are hidden.
#[derive(Default)]
pub struct Feed(Mutex<HashMap<UserId, Vec<Value>>>, AtomicI64);

impl Feed {
    pub fn add(&self, user: UserId) -> i64 {
        let mut feed = self.0.lock().unwrap();
        let list = feed.entry(user).or_default();
        let seq = list.len() as i64 + 1;
        list.push(json!({"seq": seq}));
        seq
    }

    /// As a block does: of everybody's unread notifications this many are not shown.
    pub fn hide(&self, number: i64) {
        self.1.store(number, Ordering::SeqCst);
    }
}

#[async_trait]
impl NotificationFeed for Feed {
    async fn mark(&self, user: UserId) -> village_db::Result<NotificationMark> {
        let count = self.0.lock().unwrap().get(&user).map_or(0, Vec::len) as i64;
        Ok(NotificationMark { seq: count, unread_count: (count - self.1.load(Ordering::SeqCst)).max(0) })
    }

    async fn marks(&self, users: &[UserId]) -> village_db::Result<Vec<(UserId, NotificationMark)>> {
        let mut marks = Vec::new();
        for user in users {
            marks.push((*user, self.mark(*user).await?));
        }
        Ok(marks)
    }

    async fn since(&self, viewer: &Viewer, seq: i64, limit: u32) -> village_db::Result<Vec<NotificationUpdate>> {
        let feed = self.0.lock().unwrap();
        let list = feed.get(&viewer.user).map_or(&[][..], Vec::as_slice);
        let update = |(position, value): (usize, &Value)| NotificationUpdate {
            seq: position as i64 + 1,
            change: NotificationChange::Shown(value.clone()),
        };
        Ok(list.iter().enumerate().map(update).skip(seq as usize).take(limit as usize).collect())
    }
}

/// Swallows hints while told to.
pub struct LossyLive {
    inner: SharedLive,
    is_deaf: AtomicBool,
}

impl LossyLive {
    pub fn over(fresh: &Fresh) -> Arc<Self> {
        Arc::new(Self { inner: fresh.live.clone(), is_deaf: AtomicBool::new(false) })
    }

    pub fn lose(&self, all: bool) {
        self.is_deaf.store(all, Ordering::SeqCst);
    }
}

impl Live for LossyLive {
    fn publish(&self, hint: Hint) {
        if !self.is_deaf.load(Ordering::SeqCst) {
            self.inner.publish(hint);
        }
    }

    fn subscribe(&self, topics: &[Topic]) -> Subscription {
        self.inner.subscribe(topics)
    }
}
