//! Fresh databases with the whole schema.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;
use village_bus::Outbox;
use village_db::{DatabaseConfig, DatabaseUrl, Db, Engine};
use village_live::{InProcessLive, SharedLive};

use crate::{FakeClock, schema_from_disk};

/// A database of one test's own, and what a store or service needs beside it.
pub struct Fresh {
    pub db: Db,
    pub clock: FakeClock,
    pub live: SharedLive,
    pub outbox: Outbox,
    pub engine: Engine,
    /// The URL another process would connect with.
    pub url: String,
    folder: Option<TempDir>,
}

/// Runs one contract test on SQLite and on PostgreSQL. The name of the engine is printed before each, so a
/// failure says where it happened.
pub async fn on_both_engines(test: impl AsyncFn(&Fresh)) {
    for fresh in [fresh_sqlite().await, fresh_postgres().await] {
        println!("on {:?}", fresh.engine);
        test(&fresh).await;
        fresh.discard().await;
    }
}

pub async fn fresh_sqlite() -> Fresh {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("village.db").display());
    prepare(url, Some(folder)).await
}

pub async fn fresh_postgres() -> Fresh {
    let server = postgres_server_url();
    let template = template(&server).await;
    let name = format!("village_test_{}", uuid::Uuid::new_v4().simple());
    let mut admin = connect_admin(&server).await;
    sqlx::query(AssertSqlSafe(format!("create database {name} template {template}")))
        .execute(&mut admin)
        .await
        .expect("a fresh database from the template");
    prepare(format!("{server}/{name}"), None).await
}

/// `postgres://user@host:port`, without a database.
pub fn postgres_server_url() -> String {
    std::env::var("VILLAGE_TEST_POSTGRES_URL")
        .expect("VILLAGE_TEST_POSTGRES_URL is not set: run the tests with `cargo xtask test`, which starts PostgreSQL")
}

async fn prepare(url: String, folder: Option<TempDir>) -> Fresh {
    let mut config = DatabaseConfig::new(url.parse::<DatabaseUrl>().expect("a database URL"));
    config.max_connections = 8;
    let db = Db::connect(&config).await.expect("the fresh database opens");
    if folder.is_some() {
        schema_from_disk().apply(&db).await.expect("the schema applies");
    }
    let clock = FakeClock::default();
    let live: SharedLive = Arc::new(InProcessLive::default());
    let outbox = Outbox::new(clock.shared(), live.clone());
    Fresh { engine: db.engine(), db, clock, live, outbox, url, folder }
}

impl Fresh {
    /// Removes the database. A test that panics leaves it to the temporary server, which goes as a whole.
    pub async fn discard(self) {
        self.db.close().await;
        if let Some((server, name)) = self.url.rsplit_once('/').filter(|_| self.folder.is_none()) {
            let mut admin = connect_admin(server).await;
            let _ = sqlx::query(AssertSqlSafe(format!("drop database if exists {name} with (force)")))
                .execute(&mut admin)
                .await;
        }
    }
}

async fn connect_admin(server: &str) -> PgConnection {
    PgConnection::connect(&format!("{server}/postgres")).await.expect("PostgreSQL answers")
}

/// A database with the schema applied, made once for each version of the schema and copied for each test.
async fn template(server: &str) -> String {
    let schema = schema_from_disk();
    let text: String = schema.steps().map(|step| format!("{}\n{}\n", step.name, step.postgres)).collect();
    let digest = village_kernel::secret::sha256(text.as_bytes());
    let name: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let name = format!("village_template_{name}");
    let mut admin = connect_admin(server).await;
    // Test processes run side by side: one makes the template, the others wait.
    sqlx::query("select pg_advisory_lock(71)").execute(&mut admin).await.expect("the lock");
    let exists: Option<(i32,)> = sqlx::query_as("select 1 from pg_database where datname = $1")
        .bind(&name)
        .fetch_optional(&mut admin)
        .await
        .expect("the list of databases");
    if exists.is_none() {
        let draft = format!("{name}_draft");
        for sql in [format!("drop database if exists {draft} with (force)"), format!("create database {draft}")] {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut admin).await.expect("the template is created");
        }
        let url = format!("{server}/{draft}").parse().expect("a database URL");
        let db = Db::connect(&DatabaseConfig::new(url)).await.expect("the template opens");
        schema.apply(&db).await.expect("the schema applies");
        db.close().await;
        sqlx::query(AssertSqlSafe(format!("alter database {draft} rename to {name}")))
            .execute(&mut admin)
            .await
            .expect("the template is named");
    }
    sqlx::query("select pg_advisory_unlock(71)").execute(&mut admin).await.expect("the lock is given back");
    name
}
