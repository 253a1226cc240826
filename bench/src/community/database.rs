//! A database with a community in it: filled once and kept, so that the next run finds it.
//!
//! Measures write into it. When they have added a twentieth it is made anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use village_testkit::Launch;

use super::store::Store;
use super::{Shape, tables};
use crate::server::{Engine, without_limits};
use crate::{people, process, tokens};

/// Where a community is, and who is in it.
pub struct Loaded {
    pub shape: Shape,
    pub engine: Engine,
    /// The server's data folder.
    pub data: PathBuf,
    /// The database, when it is not the file in `data`.
    pub url: Option<String>,
    /// The process of PostgreSQL that all its others come from.
    pub postmaster: Option<u32>,
    pub tokens: tokens::Signer,
}

/// The community of `people` people for `engine`, from `folder` when a run before has made it.
pub async fn load(village: &Path, folder: &Path, engine: &Engine, people: u32) -> anyhow::Result<Loaded> {
    let large_audience = match engine {
        Engine::Sqlite => 1_000,
        Engine::Postgres { .. } => 10_000,
    };
    let shape = Shape { people, large_audience };
    let data = folder.join(format!("{}-{people}", engine.name().to_lowercase()));
    let key = shape.key(&schema_of(village)?);
    let url = engine.server_url().map(|server| format!("{server}/village_{people}"));
    let tokens = tokens::Signer::of(&data)?;
    let mut loaded = Loaded { shape, engine: engine.clone(), tokens, url, postmaster: None, data };
    if loaded.is_fresh(&key).await {
        println!("  {people} people, {}: as loaded before", engine.name());
    } else {
        println!("  {people} people, {}: loading", engine.name());
        loaded.fill(village, &key).await.context("the community could not be loaded")?;
    }
    let mut store = loaded.store().await?;
    if loaded.url.is_some() {
        let backend = store.number("select pg_backend_pid()::bigint").await?;
        loaded.postmaster = Some(process::parent(u32::try_from(backend)?)?);
    }
    loaded.tokens.publish(&mut store).await?;
    Ok(loaded)
}

/// The names of all migrations: what the schema is made of.
fn schema_of(village: &Path) -> anyhow::Result<String> {
    let empty = tempfile::tempdir()?;
    let listed = Command::new(village).args(["migrate", "--dry-run"]).env("VILLAGE_DATA_DIR", empty.path()).output()?;
    ensure!(listed.status.success(), "`village migrate --dry-run` failed: {}", String::from_utf8_lossy(&listed.stderr));
    Ok(String::from_utf8(listed.stdout)?)
}

impl Loaded {
    pub async fn store(&self) -> anyhow::Result<Store> {
        match &self.url {
            Some(url) => Store::postgres(url).await,
            None => Store::sqlite(&self.data.join("village.db")).await,
        }
    }

    /// Starts the server on it. Its own settings come on top of `launch`.
    pub fn on(&self, launch: Launch) -> Launch {
        let launch = launch.data(&self.data).env("VILLAGE_PUBLIC_URL", tokens::ISSUER);
        self.engine.on(launch, self.url.as_deref())
    }

    async fn is_fresh(&self, key: &str) -> bool {
        let Ok(found) = fs::read_to_string(self.data.join("community")) else { return false };
        if found != key {
            return false;
        }
        let Ok(mut store) = self.store().await else { return false };
        let posts = store.number("select count(*) from posts_posts").await.unwrap_or(0);
        let most = i64::from(self.shape.posts()) * 21 / 20;
        (i64::from(self.shape.posts())..=most).contains(&posts)
    }

    async fn fill(&self, village: &Path, key: &str) -> anyhow::Result<()> {
        if self.data.exists() {
            fs::remove_dir_all(&self.data)?;
        }
        fs::create_dir_all(&self.data)?;
        self.tokens.save(&self.data)?;
        if let (Some(url), Some(server)) = (&self.url, self.engine.server_url()) {
            let name = url.rsplit('/').next().context("a database has a name")?;
            let mut store = Store::postgres(&format!("{server}/postgres")).await?;
            store.execute(&format!("drop database if exists {name}")).await?;
            store.execute(&format!("create database {name}")).await?;
        }
        // The server itself makes the schema, and the hash of the password that everybody has.
        let mut process = self.on(without_limits(Launch::new(village))).start().await;
        people::sign_up(&process.base(), "first", 1).await?;
        process.stop().await;
        let mut store = self.store().await?;
        let hash = store.text("select password_hash from auth_accounts limit 1").await?;
        let fast = match store {
            Store::Sqlite(_) => {
                "pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -500000; begin"
            }
            // Neither constraints that hold anyway nor a wait for the disk for each table.
            Store::Postgres(_) => "set session_replication_role = replica; set synchronous_commit = off",
        };
        store.execute(fast).await?;
        tables::fill(&mut store, self.shape, &hash).await?;
        match store {
            Store::Sqlite(_) => {
                store.execute("commit").await?;
                store.execute("pragma synchronous = full; pragma journal_mode = wal").await?;
            }
            Store::Postgres(_) => {
                store.execute("vacuum analyze").await?;
                store.execute("checkpoint").await?;
            }
        }
        fs::write(self.data.join("community"), key)?;
        Ok(())
    }
}
