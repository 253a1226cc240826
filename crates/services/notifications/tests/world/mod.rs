//! A community in a fresh database, and doubles of what notifications asks other services. They answer from sets
//! that tests fill; none of them decides anything.

#![allow(dead_code, reason = "each test file uses its part")]

mod acts;
mod doubles;

use std::sync::Arc;

use village_db::{execute, fetch_all, fetch_one, transaction};
use village_events::CloudEvent;
use village_kernel::{Clock, Limit, Role, SessionId, UserId, Viewer};
use village_notifications::{Decision, Notification, Notifications, NotificationsDeps, Outcome, Reason};
use village_ports::NotificationFeed;
use village_testkit::Fresh;

use doubles::{Doubles, Known};

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
            invitations: shared(),
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

    pub async fn block(&self, one: &Viewer, other: &Viewer) {
        self.known().blocks.extend([(one.user, other.user), (other.user, one.user)]);
        transaction!(&self.fresh.db, |tx| -> Result<u64, village_db::Error> {
            let sql = "insert into users_blocks (blocker_id, blocked_id, blocked_at) values ($1, $2, $3)";
            execute!(tx, sql, one.user, other.user, self.fresh.clock.now())
        })
        .unwrap();
    }

    pub async fn unblock(&self, one: &Viewer, other: &Viewer) {
        let pairs = [(one.user, other.user), (other.user, one.user)];
        self.known().blocks.retain(|pair| !pairs.contains(pair));
        transaction!(&self.fresh.db, |tx| -> Result<u64, village_db::Error> {
            let sql = "delete from users_blocks where blocker_id = $1 and blocked_id = $2";
            execute!(tx, sql, one.user, other.user)
        })
        .unwrap();
    }

    /// Hands the event to the subscriber that hears it.
    pub async fn hear(&self, event: &CloudEvent) {
        hear(&self.notifications, event).await.unwrap();
    }

    /// Each in its turn.
    pub async fn hear_each(&self, events: &[&CloudEvent]) {
        for event in events {
            self.hear(event).await;
        }
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

    /// As the version before kept its items: without the comments they were made of.
    pub async fn forget_comments(&self) {
        transaction!(&self.fresh.db, |tx| -> Result<u64, village_db::Error> {
            execute!(tx, "delete from notifications_comments")
        })
        .unwrap();
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
