//! Groups, written straight into the tables: how they come about is tested elsewhere.

use village_db::{Db, Error, execute, fetch_one, transaction};
use village_kernel::{ConversationId, UserId};

use super::{Device, World};

impl World {
    /// A group that the first of them owns; all are there from the first message on.
    pub async fn group(&self, db: &Db, members: &[&Device]) -> String {
        let id = ConversationId::new(self.now);
        transaction!(db, |tx| -> Result<(), Error> {
            let sql = "insert into messaging_conversations
                           (id, kind, name, last_seq, message_count, created_at, active_at, changed_at, member_count)
                       values ($1, 'group', 'Family', 0, 0, $2, $2, $2, $3)";
            execute!(tx, sql, id, self.now, members.len() as i64)?;
            for (position, member) in members.iter().enumerate() {
                let role = if position == 0 { "owner" } else { "member" };
                enter(tx, id, member.user(), role).await?;
            }
            Ok(())
        })
        .unwrap();
        id.to_string()
    }

    /// One more, who sees what is said from now on.
    pub async fn add_to(&self, db: &Db, conversation: &str, member: &Device, role: &str) {
        let id: ConversationId = conversation.parse().unwrap();
        transaction!(db, |tx| -> Result<(), Error> {
            let sql = "update messaging_conversations set member_count = member_count + 1 where id = $1";
            execute!(tx, sql, id)?;
            enter(tx, id, member.user(), role).await
        })
        .unwrap();
    }

    /// What is said from now on they do not see.
    pub async fn leave(&self, db: &Db, conversation: &str, member: &Device) {
        let id: ConversationId = conversation.parse().unwrap();
        transaction!(db, |tx| -> Result<(), Error> {
            let sql = "update messaging_conversations set member_count = member_count - 1 where id = $1
                       returning last_seq";
            let (last_seq,): (i64,) = fetch_one!(tx, sql, id)?;
            let sql = "update messaging_members set left_seq = $3, membership_seq = $4
                       where conversation_id = $1 and user_id = $2";
            let seq = next_membership_seq(tx, member.user()).await?;
            execute!(tx, sql, id, member.user(), last_seq, seq)?;
            Ok(())
        })
        .unwrap();
    }

    pub async fn set_role(&self, db: &Db, conversation: &str, member: &Device, role: &str) {
        self.set(
            db,
            "update messaging_members set role = $3 where conversation_id = $1 and user_id = $2",
            conversation,
            member,
            role,
        )
        .await;
    }

    pub async fn set_state(&self, db: &Db, conversation: &str, member: &Device, state: &str) {
        self.set(
            db,
            "update messaging_members set state = $3 where conversation_id = $1 and user_id = $2",
            conversation,
            member,
            state,
        )
        .await;
    }

    async fn set(&self, db: &Db, sql: &'static str, conversation: &str, member: &Device, value: &str) {
        let id: ConversationId = conversation.parse().unwrap();
        let value = value.to_owned();
        transaction!(db, |tx| -> Result<u64, Error> { execute!(tx, sql, id, member.user(), value.as_str()) }).unwrap();
    }

    /// What was said up to `seq` has ended.
    pub async fn expire(&self, db: &Db, conversation: &str, seq: i64) {
        let id: ConversationId = conversation.parse().unwrap();
        transaction!(db, |tx| -> Result<u64, Error> {
            execute!(
                tx,
                "update messaging_conversations set expired_seq = $2 where id = $1 and expired_seq < $2",
                id,
                seq
            )
        })
        .unwrap();
    }
}

async fn next_membership_seq(tx: &mut village_db::Tx, user: UserId) -> Result<i64, Error> {
    let sql = "insert into messaging_membership_marks (user_id, seq) values ($1, 1)
               on conflict (user_id) do update set seq = messaging_membership_marks.seq + 1
               returning seq";
    let (seq,): (i64,) = fetch_one!(tx, sql, user)?;
    Ok(seq)
}

async fn enter(tx: &mut village_db::Tx, id: ConversationId, user: UserId, role: &str) -> Result<(), Error> {
    let seq = next_membership_seq(tx, user).await?;
    let sql = "insert into messaging_members
                   (conversation_id, user_id, membership_seq, joined_seq, left_seq, read_seq, read_number, role)
               select $1, $2, $3, c.last_seq + 1, null, c.last_seq, c.message_count, $4
               from messaging_conversations c
               where c.id = $1";
    execute!(tx, sql, id, user, seq, role)?;
    Ok(())
}
