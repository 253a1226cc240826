//! PostgreSQL: a pool; each write is one READ COMMITTED transaction.

use std::str::FromStr;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::{ByEngine, DatabaseConfig, Result, Tx};

#[derive(Clone)]
pub struct PostgresDb {
    pub(crate) pool: PgPool,
}

impl PostgresDb {
    pub(crate) async fn connect(url: &str, config: &DatabaseConfig) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?.application_name("village");
        let pool = PgPoolOptions::new()
            .max_connections(config.max_connections)
            .acquire_timeout(config.acquire_timeout)
            // A broken connection shows itself at the first statement; asking before each use costs a round trip.
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        Ok(Self { pool })
    }

    pub(crate) async fn begin(&self) -> Result<Tx> {
        Ok(Tx {
            inner: ByEngine::Postgres(self.pool.begin().await?),
            hooks: Vec::new(),
            #[cfg(feature = "sabotage")]
            commits_late: false,
        })
    }
}
