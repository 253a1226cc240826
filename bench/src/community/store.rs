//! Rows into tables, as fast as either database takes them.

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions};
use sqlx::{Arguments as _, AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use uuid::Uuid;

/// What stands in a column.
pub enum Value {
    Id(Uuid),
    Text(String),
    Number(i64),
    /// Microseconds since 1970.
    Time(i64),
    Flag(bool),
    Bytes(Vec<u8>),
    Null,
}

pub enum Store {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Rows of one statement on SQLite.
const BATCH: usize = 200;
/// Bytes sent at once on PostgreSQL.
const PIECE: usize = 1 << 20;
/// From 1970 to 2000, where PostgreSQL begins to count.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

impl Store {
    pub async fn postgres(url: &str) -> anyhow::Result<Self> {
        let options: PgConnectOptions = url.parse()?;
        Ok(Self::Postgres(PgConnection::connect_with(&options).await?))
    }

    pub async fn sqlite(path: &std::path::Path) -> anyhow::Result<Self> {
        let options = SqliteConnectOptions::new().filename(path).foreign_keys(false);
        Ok(Self::Sqlite(SqliteConnection::connect_with(&options).await?))
    }

    pub async fn execute(&mut self, sql: &str) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(connection) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)?,
            Self::Postgres(connection) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)?,
        }
        Ok(())
    }

    pub async fn number(&mut self, sql: &str) -> anyhow::Result<i64> {
        Ok(match self {
            Self::Sqlite(connection) => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?,
            Self::Postgres(connection) => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?,
        })
    }

    pub async fn text(&mut self, sql: &str) -> anyhow::Result<String> {
        Ok(match self {
            Self::Sqlite(connection) => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?,
            Self::Postgres(connection) => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?,
        })
    }

    /// Rows affected by a statement with ids as its parameters.
    pub async fn write(&mut self, sql: &str, ids: &[Uuid]) -> anyhow::Result<u64> {
        macro_rules! run {
            ($connection:expr) => {{
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for id in ids {
                    query = query.bind(*id);
                }
                query.execute($connection).await?.rows_affected()
            }};
        }
        Ok(match self {
            Self::Sqlite(connection) => run!(connection),
            Self::Postgres(connection) => run!(connection),
        })
    }

    /// All `rows` into `table`; `columns` are as in an `insert`. How many there were.
    pub async fn insert<const N: usize>(
        &mut self,
        table: &str,
        columns: &str,
        rows: impl Iterator<Item = [Value; N]>,
    ) -> anyhow::Result<u64> {
        match self {
            Self::Sqlite(connection) => insert_sqlite(connection, table, columns, rows).await,
            Self::Postgres(connection) => copy_postgres(connection, table, columns, rows).await,
        }
    }
}

async fn insert_sqlite<const N: usize>(
    connection: &mut SqliteConnection,
    table: &str,
    columns: &str,
    rows: impl Iterator<Item = [Value; N]>,
) -> anyhow::Result<u64> {
    let statement = |count: usize| {
        let row = format!("({})", vec!["?"; N].join(", "));
        format!("insert into {table} ({columns}) values {}", vec![row.as_str(); count].join(", "))
    };
    let whole = statement(BATCH);
    let mut rows = rows.peekable();
    let mut inserted = 0;
    while rows.peek().is_some() {
        let mut arguments = SqliteArguments::default();
        let mut count = 0;
        for row in rows.by_ref().take(BATCH) {
            for value in row {
                match value {
                    Value::Id(id) => arguments.add(id),
                    Value::Text(text) => arguments.add(text),
                    Value::Number(number) | Value::Time(number) => arguments.add(number),
                    Value::Flag(flag) => arguments.add(flag),
                    Value::Bytes(bytes) => arguments.add(bytes),
                    Value::Null => arguments.add(None::<i64>),
                }
                .map_err(|error| anyhow::anyhow!("{error}"))?;
            }
            count += 1;
        }
        let sql = if count == BATCH { whole.clone() } else { statement(count) };
        sqlx::query_with(AssertSqlSafe(sql), arguments).execute(&mut *connection).await?;
        inserted += count as u64;
    }
    Ok(inserted)
}

/// Binary `copy` (PostgreSQL manual, COPY, "Binary Format").
async fn copy_postgres<const N: usize>(
    connection: &mut PgConnection,
    table: &str,
    columns: &str,
    rows: impl Iterator<Item = [Value; N]>,
) -> anyhow::Result<u64> {
    let sql = format!("copy {table} ({columns}) from stdin (format binary)");
    let mut copy = connection.copy_in_raw(&sql).await?;
    let mut piece = Vec::with_capacity(PIECE + (PIECE >> 2));
    piece.extend_from_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
    for row in rows {
        piece.extend_from_slice(&(N as i16).to_be_bytes());
        for value in row {
            match value {
                Value::Id(id) => field(&mut piece, id.as_bytes()),
                Value::Text(text) => field(&mut piece, text.as_bytes()),
                Value::Number(number) => field(&mut piece, &number.to_be_bytes()),
                Value::Time(micros) => field(&mut piece, &(micros - POSTGRES_EPOCH).to_be_bytes()),
                Value::Flag(flag) => field(&mut piece, &[u8::from(flag)]),
                Value::Bytes(bytes) => field(&mut piece, &bytes),
                Value::Null => piece.extend_from_slice(&(-1_i32).to_be_bytes()),
            }
        }
        if piece.len() >= PIECE {
            copy.send(piece.as_slice()).await?;
            piece.clear();
        }
    }
    piece.extend_from_slice(&(-1_i16).to_be_bytes());
    copy.send(piece.as_slice()).await?;
    Ok(copy.finish().await?)
}

fn field(piece: &mut Vec<u8>, bytes: &[u8]) {
    piece.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
    piece.extend_from_slice(bytes);
}
