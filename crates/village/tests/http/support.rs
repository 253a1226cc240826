//! A whole Village in this process, on a fresh database, reached over 127.0.0.1.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use village::assembly::{Assembly, Parts, auth_for_admin};
use village::foundation;
use village::roles::Role;
use village::settings::{Reader, Settings};
use village_auth::Auth;
use village_kernel::SystemClock;
use village_telemetry::Readiness;
use village_testkit::{Fresh, Person, fresh_postgres, fresh_sqlite};

pub use crate::shared::eventually;

pub struct Village {
    base: String,
    first_invitation: String,
    owner: RefCell<Option<Person>>,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// As at the command line, beside the server.
    operator: Arc<Auth>,
    _data: TempDir,
}

/// One test on SQLite and on PostgreSQL.
pub async fn on_both_engines(test: impl AsyncFn(&Village)) {
    for fresh in [fresh_sqlite().await, fresh_postgres().await] {
        eprintln!("on {:?}", fresh.engine);
        let village = Village::start(&fresh).await;
        test(&village).await;
        village.stop().await;
        fresh.discard().await;
    }
}

impl Village {
    async fn start(fresh: &Fresh) -> Self {
        let data = tempfile::tempdir().expect("a temporary folder");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().unwrap());
        let settings = settings(&data, &base, &fresh.url);
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let live = foundation::live(&settings, &fresh.db, &tasks, &stop).await.unwrap();
        let master_key = foundation::master_key(&settings, &Role::ALL).unwrap();
        let operator = auth_for_admin(&settings, &fresh.db, &live, &master_key).await.unwrap();
        let assembly = Assembly::build(Parts {
            settings: &settings,
            roles: &Role::ALL,
            db: fresh.db.clone(),
            live,
            clock: Arc::new(SystemClock),
            master_key,
            readiness: Readiness::builder().build(),
        })
        .await
        .unwrap();
        assembly.start(&tasks, &stop);
        let first_invitation = assembly.first_invitation().await.unwrap().expect("a new server has one").code;
        let router = assembly.router.clone();
        tasks.spawn(village_http::serve(listener, router, 1_000_usize, stop.clone(), Duration::from_secs(1)));
        Self { base, first_invitation, owner: RefCell::default(), stop, tasks, operator, _data: data }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        let _ = tokio::time::timeout(Duration::from_secs(10), self.tasks.wait()).await;
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    pub fn first_invitation(&self) -> &str {
        &self.first_invitation
    }

    /// Signs up the owner with the first invitation; later calls log in again.
    pub async fn owner(&self) -> Person {
        if self.owner.borrow().is_some() {
            return self.another_session_of_the_owner().await;
        }
        let owner = Person::sign_up(&self.base, "ana", Some(&self.first_invitation)).await;
        *self.owner.borrow_mut() = Some(owner.clone());
        owner
    }

    /// Somebody new, invited by the owner.
    pub async fn join(&self, handle: &str) -> Person {
        let owner = self.owner.borrow().clone();
        let owner = match owner {
            Some(owner) => owner,
            None => self.owner().await,
        };
        let (status, made) = owner.post("/auth/invitations", &serde_json::json!({})).await;
        assert_eq!(status, 201, "{made}");
        Person::sign_up(&self.base, handle, made["code"].as_str()).await
    }

    pub async fn suspend(&self, person: &Person) {
        self.operator.suspend(person.id.parse().expect("an id")).await.expect("the account is there");
    }

    pub async fn reinstate(&self, person: &Person) {
        self.operator.unsuspend(person.id.parse().expect("an id")).await.expect("the account is there");
    }

    pub fn nobody(&self) -> Person {
        Person::stranger(&self.base)
    }

    pub fn with_token(&self, token: &str) -> Person {
        Person::with_token(&self.base, token)
    }

    pub async fn another_session_of_the_owner(&self) -> Person {
        let owner = self.owner.borrow().clone().expect("the owner has signed up");
        owner.log_in().await
    }

    pub async fn openapi(&self) -> Value {
        self.nobody().get("/openapi.json").await.1
    }
}

/// Uploads a picture and waits until a post may name it.
pub async fn ready_image(person: &Person, jpeg: Vec<u8>) -> String {
    let media = person.upload("image/jpeg", jpeg, "post").await;
    assert_eq!(media["state"], "ready", "{media}");
    village_testkit::text(&media, "/id")
}

/// The id of the session that the person's token belongs to.
pub async fn session_of(person: &Person) -> String {
    let sessions = person.get("/auth/sessions").await.1;
    let current = sessions["items"].as_array().into_iter().flatten().find(|session| session["current"] == true);
    village_testkit::text(current.expect("one session is the current one"), "/id")
}

/// The answer is a problem with this status and code.
#[track_caller]
pub fn refused((status, problem): (u16, Value), expected: u16, code: &str) {
    assert_eq!((status, problem["code"].as_str()), (expected, Some(code)), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
}

/// Cheap passwords and no rate limits: those have tests of their own.
fn settings(data: &TempDir, base: &str, database_url: &str) -> Settings {
    let variables = [
        ("VILLAGE_DATA_DIR", data.path().display().to_string()),
        ("VILLAGE_PUBLIC_URL", base.to_owned()),
        ("VILLAGE_DATABASE_URL", database_url.to_owned()),
        ("VILLAGE_PASSWORD_HASH_MEMORY_KIB", "8".to_owned()),
        ("VILLAGE_LIMITS_READS_PER_MINUTE", "1000000".to_owned()),
        ("VILLAGE_LIMITS_WRITES_PER_MINUTE", "1000000".to_owned()),
        ("VILLAGE_LIMITS_ANONYMOUS_PER_MINUTE", "1000000".to_owned()),
        ("VILLAGE_LIMITS_LOGINS_PER_MINUTE", "1000000".to_owned()),
    ];
    let mut reader =
        Reader::new(None, variables.map(|(name, value)| (name.to_owned(), value))).expect("the settings are read");
    Settings::read(&mut reader).expect("the settings are right")
}
