//! The database, looked at from outside: triggers that note what passes through it, and what it holds in the end.

mod triggers;

use anyhow::Context as _;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use uuid::Uuid;

use crate::history::{Event, Stored, Waiting};
use crate::recorder::Recorder;
use crate::world::Ends;
use triggers::{POSTGRES, SQLITE};

pub enum Audit {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// One statement on whichever engine; the rows as a list of tuples.
macro_rules! rows {
    ($audit:expr, $sql:expr) => {
        match $audit {
            Audit::Sqlite(pool) => sqlx::query_as($sql).fetch_all(pool).await,
            Audit::Postgres(pool) => sqlx::query_as($sql).fetch_all(pool).await,
        }
    };
}

impl Audit {
    /// Installs the triggers on a database that has its schema and nothing else yet.
    pub async fn install(url: &str) -> anyhow::Result<Self> {
        Ok(match url.strip_prefix("sqlite:") {
            Some(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new()
                    .filename(path)
                    .busy_timeout(std::time::Duration::from_secs(10));
                let pool = SqlitePool::connect_with(options).await?;
                sqlx::raw_sql(SQLITE).execute(&pool).await?;
                Self::Sqlite(pool)
            }
            None => {
                let pool = PgPool::connect(url).await?;
                sqlx::raw_sql(POSTGRES).execute(&pool).await?;
                Self::Postgres(pool)
            }
        })
    }

    /// The last seq that each member who is one may see, and how far they have read, by person and conversation.
    pub async fn ends(&self) -> anyhow::Result<Ends> {
        let sql = "select me.user_id, c.id, c.last_seq, me.read_seq
                   from messaging_members me
                   join messaging_conversations c on c.id = me.conversation_id
                   where me.left_seq is null and me.state = 'active'";
        let rows: Vec<(Uuid, Uuid, i64, i64)> = rows!(self, sql)?;
        let end =
            |(user, id, seq, read_seq): (Uuid, Uuid, i64, i64)| ((user.to_string(), id.to_string()), (seq, read_seq));
        Ok(rows.into_iter().map(end).collect())
    }

    /// Events that nobody has begun to handle.
    pub async fn untouched_events(&self) -> anyhow::Result<i64> {
        let sql = "select (select count(*) from bus_outbox) + (select count(*) from bus_queue where attempts = 0)";
        let rows: Vec<(i64,)> = rows!(self, sql)?;
        Ok(rows.first().map_or(0, |(count,)| *count))
    }

    /// Writes everything that matters into the history.
    pub async fn record(&self, recorder: &Recorder) -> anyhow::Result<()> {
        let store = |row: Stored| recorder.record(Event::Stored(row));
        let sql = "select id, last_seq, message_count from messaging_conversations";
        let rows: Vec<(Uuid, i64, i64)> = rows!(self, sql)?;
        for (id, last_seq, message_count) in rows {
            store(Stored::Conversation { conversation: id.to_string(), last_seq, message_count });
        }
        self.record_members(&store).await?;
        self.record_messages(&store).await?;
        self.record_reactions(&store).await?;
        let rows: Vec<(Uuid, i64, Uuid)> = rows!(self, "select conversation_id, changed_seq, id from torture_changes")?;
        for (conversation, changed_seq, id) in rows {
            store(Stored::Change { conversation: conversation.to_string(), changed_seq, id: id.to_string() });
        }
        self.record_events(&store).await
    }

    async fn record_members(&self, store: &impl Fn(Stored)) -> anyhow::Result<()> {
        let sql = "select conversation_id, user_id, joined_seq, left_seq, read_seq, read_number, state
                   from messaging_members";
        type Row = (Uuid, Uuid, i64, Option<i64>, i64, i64, String);
        let rows: Vec<Row> = rows!(self, sql)?;
        for (conversation, person, joined_seq, left_seq, read_seq, read_number, state) in rows {
            let (conversation, person, is_active) = (conversation.to_string(), person.to_string(), state == "active");
            store(Stored::Member { conversation, person, joined_seq, left_seq, read_seq, read_number, is_active });
        }
        let sql = "select conversation_id, user_id, joined_seq, left_seq from torture_windows";
        let rows: Vec<(Uuid, Uuid, i64, Option<i64>)> = rows!(self, sql)?;
        for (conversation, person, joined_seq, left_seq) in rows {
            let (conversation, person) = (conversation.to_string(), person.to_string());
            store(Stored::Window { conversation, person, joined_seq, left_seq });
        }
        Ok(())
    }

    async fn record_events(&self, store: &impl Fn(Stored)) -> anyhow::Result<()> {
        let rows: Vec<(Uuid, String)> = rows!(self, "select event_id, event from torture_outbox")?;
        for (event, json) in rows {
            let published: Value = serde_json::from_str(&json).context("an event is JSON")?;
            if published["type"] == "messaging.message_sent.v1" {
                let message = published["data"]["message_id"].as_str().unwrap_or_default().to_owned();
                store(Stored::Sent { event: event.to_string(), message });
            }
        }
        let rows: Vec<(Uuid, String)> = rows!(self, "select event_id, subscriber from torture_queue")?;
        for (event, subscriber) in rows {
            store(Stored::Queued { event: event.to_string(), subscriber });
        }
        let sql = "select event_id, 'outbox' from bus_outbox
                   union all
                   select event_id, case when attempts = 0 then 'queue' else 'again' end from bus_queue
                   union all
                   select event_id, 'dead' from bus_dead";
        let rows: Vec<(Uuid, String)> = rows!(self, sql)?;
        for (event, place) in rows {
            let place = match place.as_str() {
                "outbox" => Waiting::Outbox,
                "queue" => Waiting::Queue,
                "again" => Waiting::Again,
                _ => Waiting::Dead,
            };
            store(Stored::Waiting { event: event.to_string(), place });
        }
        Ok(())
    }

    async fn record_reactions(&self, store: &impl Fn(Stored)) -> anyhow::Result<()> {
        let sql = "select conversation_id, created_seq, changed_seq, emoji, user_id, is_on from torture_reactions";
        let rows: Vec<(Uuid, i64, i64, String, Uuid, i64)> = rows!(self, sql)?;
        for (conversation, seq, changed_seq, emoji, person, on) in rows {
            let (conversation, person) = (conversation.to_string(), person.to_string());
            store(Stored::Reaction { conversation, seq, changed_seq, emoji, person, on: on == 1 });
        }
        Ok(())
    }

    async fn record_messages(&self, store: &impl Fn(Stored)) -> anyhow::Result<()> {
        #[derive(sqlx::FromRow)]
        struct Row {
            conversation_id: Uuid,
            created_seq: i64,
            changed_seq: i64,
            id: Uuid,
            number: i64,
            sender_id: Uuid,
            client_id: String,
            body: String,
            is_text: i64,
            is_deleted: i64,
            is_forwarded: i64,
            is_pinned: i64,
            mentions: Option<String>,
        }
        let sql = "select conversation_id, created_seq, changed_seq, id, number, sender_id, client_id, body, mentions,
                          cast(case when kind = 'text' then 1 else 0 end as bigint) as is_text,
                          cast(case when deleted_at is null then 0 else 1 end as bigint) as is_deleted,
                          cast(case when forwarded then 1 else 0 end as bigint) as is_forwarded,
                          cast(case when pinned_at is null then 0 else 1 end as bigint) as is_pinned
                   from messaging_messages
                   order by conversation_id, created_seq";
        let rows: Vec<Row> = rows!(self, AssertSqlSafe(sql))?;
        for row in rows {
            let mentions: Option<Vec<Uuid>> =
                row.mentions.map(|json| serde_json::from_str(&json)).transpose().context("mentions are JSON")?;
            store(Stored::Message {
                conversation: row.conversation_id.to_string(),
                seq: row.created_seq,
                changed_seq: row.changed_seq,
                id: row.id.to_string(),
                number: row.number,
                is_text: row.is_text == 1,
                person: row.sender_id.to_string(),
                client_id: row.client_id,
                // What is deleted may be kept for a while, and is shown to nobody.
                body: if row.is_deleted == 1 { String::new() } else { row.body },
                is_deleted: row.is_deleted == 1,
                is_forwarded: row.is_forwarded == 1,
                is_pinned: row.is_pinned == 1,
                mentions: mentions.into_iter().flatten().map(|person| person.to_string()).collect(),
            });
        }
        Ok(())
    }

    pub async fn close(self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}
