//! Forward-only migrations: one globally ordered list, merged from the folders of services and platform.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection as _};
use village_kernel::{Clock, SystemClock};

use crate::{ByEngine, Connection, Db, Engine, Error, execute, on, transaction};

/// One step of the schema, in both dialects.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// `<timestamp>_<name>`, the name of the file in both folders; the order is the order of names.
    pub name: &'static str,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

/// Embeds the named files of `migrations/sqlite` and `migrations/postgres` of the calling crate.
#[macro_export]
macro_rules! migrations {
    ($($name:literal),+ $(,)?) => {
        &[$($crate::Migration {
            name: $name,
            sqlite: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres/", $name, ".sql")),
        }),+]
    };
}

#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error("two migrations are named {0}")]
    Duplicate(&'static str),
    #[error("migration {name} failed: {source}")]
    Failed { name: String, source: Error },
    #[error(transparent)]
    Database(#[from] Error),
}

/// The whole schema in order.
#[derive(Clone, Debug)]
pub struct Schema(Vec<Migration>);

/// Any number that nothing else on the server uses: "village" on a telephone keypad.
const ADVISORY_LOCK: i64 = 8_455_243;

impl Schema {
    pub fn merge(parts: &[&[Migration]]) -> Result<Self, MigrationError> {
        let mut ordered = BTreeMap::new();
        for migration in parts.iter().copied().flatten() {
            if ordered.insert(migration.name, *migration).is_some() {
                return Err(MigrationError::Duplicate(migration.name));
            }
        }
        Ok(Self(ordered.into_values().collect()))
    }

    pub fn steps(&self) -> impl Iterator<Item = &Migration> {
        self.0.iter()
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|migration| migration.name)
    }

    /// Applies what is missing, each step in its own transaction, under a lock that other processes wait for.
    /// Steps in the database that this version does not know are left alone: a newer version put them there.
    /// Returns the names applied.
    pub async fn apply(&self, db: &Db) -> Result<Vec<&'static str>, MigrationError> {
        match db {
            Db::Postgres(db) => {
                let mut connection = db.pool.acquire().await?;
                sqlx::query("select pg_advisory_lock($1)").bind(ADVISORY_LOCK).execute(&mut *connection).await?;
                let outcome = self.apply_postgres(&mut connection).await;
                sqlx::query("select pg_advisory_unlock($1)").bind(ADVISORY_LOCK).execute(&mut *connection).await?;
                outcome
            }
            Db::Sqlite(_) => self.apply_sqlite(db).await,
        }
    }

    /// Names of steps that the database lacks.
    pub async fn pending(&self, db: &Db) -> Result<Vec<&'static str>, MigrationError> {
        let mut reader = db.reader().await?;
        let exists = "select count(*) from sqlite_master where name = 'schema_migrations'";
        let exists: i64 = match reader.by_engine() {
            ByEngine::Sqlite(conn) => sqlx::query_scalar(exists).fetch_one(conn).await?,
            ByEngine::Postgres(conn) => {
                let sql = "select count(*) from information_schema.tables
                           where table_schema = current_schema() and table_name = 'schema_migrations'";
                sqlx::query_scalar(sql).fetch_one(conn).await?
            }
        };
        if exists == 0 {
            return Ok(self.names().collect());
        }
        let applied: Vec<String> =
            on!(&mut reader, conn => sqlx::query_scalar("select name from schema_migrations").fetch_all(conn).await?);
        Ok(self.names().filter(|name| !applied.iter().any(|applied| applied == name)).collect())
    }

    async fn apply_postgres(&self, connection: &mut sqlx::PgConnection) -> Result<Vec<&'static str>, MigrationError> {
        sqlx::query(TABLE_POSTGRES).execute(&mut *connection).await?;
        let known: Vec<String> =
            sqlx::query_scalar("select name from schema_migrations").fetch_all(&mut *connection).await?;
        let mut applied = Vec::new();
        for migration in self.missing(&known) {
            let mut transaction = connection.begin().await?;
            let failed = |source| MigrationError::Failed { name: migration.name.to_owned(), source };
            sqlx::raw_sql(AssertSqlSafe(migration.sql(Engine::Postgres)))
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
            sqlx::query("insert into schema_migrations (name, applied_at) values ($1, $2)")
                .bind(migration.name)
                .bind(SystemClock.now())
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
            transaction.commit().await.map_err(failed)?;
            applied.push(migration.name);
        }
        Ok(applied)
    }

    async fn apply_sqlite(&self, db: &Db) -> Result<Vec<&'static str>, MigrationError> {
        // `begin immediate` of each write is the lock; what another process applied meanwhile is seen inside it.
        transaction!(db, |tx| -> Result<u64, Error> { execute!(tx, TABLE_SQLITE) })?;
        let mut applied = Vec::new();
        for migration in &self.0 {
            let outcome = transaction!(db, |tx| -> Result<bool, Error> {
                let claim = "insert into schema_migrations (name, applied_at) values ($1, $2) on conflict do nothing";
                if execute!(tx, claim, migration.name, SystemClock.now())? == 0 {
                    return Ok(false);
                }
                if let ByEngine::Sqlite(conn) = tx.by_engine() {
                    sqlx::raw_sql(AssertSqlSafe(migration.sql(Engine::Sqlite))).execute(conn).await?;
                }
                Ok(true)
            });
            match outcome {
                Ok(true) => applied.push(migration.name),
                Ok(false) => {}
                Err(source) => return Err(MigrationError::Failed { name: migration.name.to_owned(), source }),
            }
        }
        Ok(applied)
    }

    fn missing<'a>(&'a self, known: &'a [String]) -> impl Iterator<Item = &'a Migration> {
        self.0.iter().filter(|migration| !known.iter().any(|name| name == migration.name))
    }
}

impl Migration {
    fn sql(&self, engine: Engine) -> String {
        match engine {
            Engine::Sqlite => self.sqlite.to_owned(),
            Engine::Postgres => self.postgres.to_owned(),
        }
    }
}

const TABLE_POSTGRES: &str = "create table if not exists schema_migrations (
    name text collate \"C\" primary key,
    applied_at timestamptz not null
)";

const TABLE_SQLITE: &str = "create table if not exists schema_migrations (
    name text not null primary key,
    applied_at integer not null
) strict, without rowid";
