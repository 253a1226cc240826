//! PostgreSQL: a pool; each write is one READ COMMITTED transaction.

use std::str::FromStr;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor as _, PgConnection, PgPool, Postgres, Transaction};

use crate::{ByEngine, DatabaseConfig, Result, Tx};

/// What PostgreSQL assumes of spinning disks makes it read small tables whole for a page of twenty rows, where twenty
/// look-ups are cheaper. A statement, not a parameter of the connection: poolers in between refuse those.
const PLANNER: &str = "set random_page_cost = 1.1";

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
            .after_connect(|connection, _| Box::pin(async { connection.execute(PLANNER).await.map(|_| ()) }))
            .connect_with(options)
            .await?;
        Ok(Self { pool })
    }

    pub(crate) async fn begin(&self) -> Result<Tx> {
        Ok(self.tx(PostgresTx::Begun(self.pool.begin().await?)))
    }

    pub(crate) async fn begin_at_once(&self) -> Result<Tx> {
        Ok(self.tx(PostgresTx::AtOnce(self.pool.acquire().await?)))
    }

    fn tx(&self, inner: PostgresTx) -> Tx {
        Tx {
            inner: ByEngine::Postgres(inner),
            hooks: Vec::new(),
            #[cfg(feature = "sabotage")]
            commits_late: false,
        }
    }
}

/// What a write runs in.
pub(crate) enum PostgresTx {
    Begun(Transaction<'static, Postgres>),
    /// One statement, which PostgreSQL commits by itself.
    AtOnce(PoolConnection<Postgres>),
}

impl PostgresTx {
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        match self {
            Self::Begun(transaction) => transaction,
            Self::AtOnce(connection) => connection,
        }
    }

    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Begun(transaction) => transaction.commit().await,
            Self::AtOnce(_) => Ok(()),
        }
    }
}
