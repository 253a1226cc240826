//! The database, looked at from outside: triggers that note what passes through it, and what it holds in the end.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use uuid::Uuid;

use crate::history::{Event, Recorder, Stored};

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

const SQLITE: &str = "
create table torture_changes (conversation_id blob, changed_seq integer, id blob);
create table torture_windows (conversation_id blob, user_id blob, joined_seq integer, left_seq integer);
create table torture_outbox (event_id blob, event text);
create trigger torture_sent after insert on messaging_messages begin
    insert into torture_changes values (new.conversation_id, new.changed_seq, new.id);
end;
create trigger torture_changed after update on messaging_messages when new.changed_seq <> old.changed_seq begin
    insert into torture_changes values (new.conversation_id, new.changed_seq, new.id);
end;
create trigger torture_joined after insert on messaging_members begin
    insert into torture_windows values (new.conversation_id, new.user_id, new.joined_seq, new.left_seq);
end;
create trigger torture_moved after update of joined_seq, left_seq on messaging_members begin
    insert into torture_windows values (new.conversation_id, new.user_id, new.joined_seq, new.left_seq);
end;
create trigger torture_published after insert on bus_outbox begin
    insert into torture_outbox values (new.event_id, new.event);
end;
";

const POSTGRES: &str = "
create table torture_changes (conversation_id uuid, changed_seq bigint, id uuid);
create table torture_windows (conversation_id uuid, user_id uuid, joined_seq bigint, left_seq bigint);
create table torture_outbox (event_id uuid, event text);
create function torture_change() returns trigger language plpgsql as $$ begin
    insert into torture_changes values (new.conversation_id, new.changed_seq, new.id);
    return null;
end $$;
create function torture_window() returns trigger language plpgsql as $$ begin
    insert into torture_windows values (new.conversation_id, new.user_id, new.joined_seq, new.left_seq);
    return null;
end $$;
create function torture_publish() returns trigger language plpgsql as $$ begin
    insert into torture_outbox values (new.event_id, new.event);
    return null;
end $$;
create trigger torture_sent after insert on messaging_messages
    for each row execute function torture_change();
create trigger torture_changed after update on messaging_messages
    for each row when (new.changed_seq <> old.changed_seq) execute function torture_change();
create trigger torture_joined after insert on messaging_members
    for each row execute function torture_window();
create trigger torture_moved after update of joined_seq, left_seq on messaging_members
    for each row execute function torture_window();
create trigger torture_published after insert on bus_outbox
    for each row execute function torture_publish();
";

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

    /// The last seq that each member who is one may see, by person and conversation.
    pub async fn ends(&self) -> anyhow::Result<BTreeMap<(String, String), i64>> {
        let sql = "select me.user_id, c.id, c.last_seq
                   from messaging_members me
                   join messaging_conversations c on c.id = me.conversation_id
                   where me.left_seq is null and me.state = 'active'";
        let rows: Vec<(Uuid, Uuid, i64)> = rows!(self, sql)?;
        Ok(rows.into_iter().map(|(user, id, seq)| ((user.to_string(), id.to_string()), seq)).collect())
    }

    /// Writes everything that matters into the history.
    pub async fn record(&self, recorder: &Recorder) -> anyhow::Result<()> {
        let store = |row: Stored| recorder.record(Event::Stored(row));
        let sql = "select id, last_seq, message_count from messaging_conversations";
        let rows: Vec<(Uuid, i64, i64)> = rows!(self, sql)?;
        for (id, last_seq, message_count) in rows {
            store(Stored::Conversation { conversation: id.to_string(), last_seq, message_count });
        }
        let sql = "select conversation_id, user_id, joined_seq, left_seq, read_seq, read_number from messaging_members";
        let rows: Vec<(Uuid, Uuid, i64, Option<i64>, i64, i64)> = rows!(self, sql)?;
        for (conversation, person, joined_seq, left_seq, read_seq, read_number) in rows {
            let (conversation, person) = (conversation.to_string(), person.to_string());
            store(Stored::Member { conversation, person, joined_seq, left_seq, read_seq, read_number });
        }
        self.record_messages(&store).await?;
        let rows: Vec<(Uuid, i64, Uuid)> = rows!(self, "select conversation_id, changed_seq, id from torture_changes")?;
        for (conversation, changed_seq, id) in rows {
            store(Stored::Change { conversation: conversation.to_string(), changed_seq, id: id.to_string() });
        }
        let sql = "select conversation_id, user_id, joined_seq, left_seq from torture_windows";
        let rows: Vec<(Uuid, Uuid, i64, Option<i64>)> = rows!(self, sql)?;
        for (conversation, person, joined_seq, left_seq) in rows {
            let (conversation, person) = (conversation.to_string(), person.to_string());
            store(Stored::Window { conversation, person, joined_seq, left_seq });
        }
        let rows: Vec<(Uuid, String)> = rows!(self, "select event_id, event from torture_outbox")?;
        for (event, json) in rows {
            let published: Value = serde_json::from_str(&json).context("an event is JSON")?;
            if published["type"] == "messaging.message_sent.v1" {
                let message = published["data"]["message_id"].as_str().unwrap_or_default().to_owned();
                store(Stored::Sent { event: event.to_string(), message });
            }
        }
        Ok(())
    }

    async fn record_messages(&self, store: &impl Fn(Stored)) -> anyhow::Result<()> {
        /// Conversation, seq, changed seq, id, number, sender, body, kind, deleted or not.
        type Row = (Uuid, i64, i64, Uuid, i64, Uuid, String, String, i64);
        let sql = "select conversation_id, created_seq, changed_seq, id, number, sender_id, body, kind,
                          cast(case when deleted_at is null then 0 else 1 end as bigint)
                   from messaging_messages
                   order by conversation_id, created_seq";
        let rows: Vec<Row> = rows!(self, AssertSqlSafe(sql))?;
        for (conversation, seq, changed_seq, id, number, person, body, kind, deleted) in rows {
            store(Stored::Message {
                conversation: conversation.to_string(),
                seq,
                changed_seq,
                id: id.to_string(),
                number,
                is_text: kind == "text",
                person: person.to_string(),
                // What is deleted may be kept for a while, and is shown to nobody.
                body: if deleted == 1 { String::new() } else { body },
                is_deleted: deleted == 1,
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
