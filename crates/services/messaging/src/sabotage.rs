//! Faults that can be built in on purpose, to show that the torture test finds each of them. Without the feature
//! `sabotage`, which no release has, none of this is in the program.

#[cfg(feature = "sabotage")]
pub use broken::choose;
#[cfg(feature = "sabotage")]
pub(crate) use broken::{is_active, resumed};

/// Whether this process is broken on purpose.
#[cfg(not(feature = "sabotage"))]
pub(crate) const fn is_active() -> bool {
    false
}

#[cfg(feature = "sabotage")]
mod broken {
    use std::sync::{Arc, OnceLock};
    use std::time::Duration;

    use village_bus::PreparedEvent;
    use village_db::{Tx, execute, fetch_optional, transaction};
    use village_events::MessageSent;
    use village_live::{Hint, Topic};

    use crate::message::{MessageRow, StoredMessage};
    use crate::socket::Socket;
    use crate::store::windows::MemberWindow;
    use crate::{Messaging, MessagingError};

    /// What can be broken; `VILLAGE_SABOTAGE` names it in snake case. See docs/reliability.md.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Sabotage {
        AckBeforeCommit,
        NoDeduplication,
        HintBeforeCommit,
        SeqOutsideLock,
        ReadBeforeRegister,
        RelayToEverybody,
        OutboxRowDropped,
        ResumeForgetsEdits,
        HintsNeverSent,
        RelayDropsRow,
    }

    static CHOSEN: OnceLock<Sabotage> = OnceLock::new();

    /// How long before the commit a hint leaves that should leave after it.
    const HINT_LEAD: Duration = Duration::from_millis(25);
    const LATE: Duration = Duration::from_millis(250);

    const NAMES: [(&str, Sabotage); 10] = [
        ("ack_before_commit", Sabotage::AckBeforeCommit),
        ("no_deduplication", Sabotage::NoDeduplication),
        ("hint_before_commit", Sabotage::HintBeforeCommit),
        ("seq_outside_lock", Sabotage::SeqOutsideLock),
        ("read_before_register", Sabotage::ReadBeforeRegister),
        ("relay_to_everybody", Sabotage::RelayToEverybody),
        ("outbox_row_dropped", Sabotage::OutboxRowDropped),
        ("resume_forgets_edits", Sabotage::ResumeForgetsEdits),
        ("hints_never_sent", Sabotage::HintsNeverSent),
        ("relay_drops_row", Sabotage::RelayDropsRow),
    ];

    /// Breaks this process for as long as it runs.
    pub fn choose(name: &str) -> Result<(), String> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        let Some((_, sabotage)) = found else {
            return Err(format!("must be one of: {}", NAMES.map(|(name, _)| name).join(", ")));
        };
        let _ = CHOSEN.set(*sabotage);
        if *sabotage == Sabotage::RelayDropsRow {
            village_bus::drop_events();
        }
        Ok(())
    }

    fn active(sabotage: Sabotage) -> bool {
        CHOSEN.get() == Some(&sabotage)
    }

    pub(crate) fn is_active() -> bool {
        CHOSEN.get().is_some()
    }

    /// What a client missed after `from`.
    pub(crate) fn resumed(mut rows: Vec<MessageRow>, from: i64) -> Vec<MessageRow> {
        if active(Sabotage::ResumeForgetsEdits) {
            rows.retain(|row| row.created_seq > from);
        }
        rows
    }

    impl Messaging {
        /// Before a message is written: the draft to go on with, or what was written in another way.
        pub(crate) async fn sabotaged_send(
            &self,
            mut row: MessageRow,
        ) -> Result<Result<MessageRow, Box<StoredMessage>>, MessagingError> {
            if active(Sabotage::NoDeduplication) {
                row.client_id = format!("{}/{}", row.client_id, row.id);
            }
            if !active(Sabotage::SeqOutsideLock) {
                return Ok(Ok(row));
            }
            let Some((seq, number)) = self.send_with_seq_outside_lock(&row).await? else { return Ok(Ok(row)) };
            (row.created_seq, row.changed_seq, row.number) = (seq, seq, number);
            Ok(Err(Box::new(StoredMessage::fresh(row, Vec::new()))))
        }

        /// When a message is written and mostly only the commit is left.
        pub(crate) async fn sabotaged_write(
            &self,
            tx: &mut Tx,
            hint: Hint,
            event: &PreparedEvent,
        ) -> village_db::Result<()> {
            // Every fifth message is told to nobody who listens to events.
            if active(Sabotage::OutboxRowDropped) && hint.mark % 5 == 0 {
                self.outbox.take_back(tx, event.id).await?;
            }
            if active(Sabotage::AckBeforeCommit) {
                tx.commit_after_acknowledging();
            }
            if active(Sabotage::HintsNeverSent) {
                tx.forget_hooks();
            }
            if active(Sabotage::HintBeforeCommit) {
                tx.forget_hooks();
                self.live.publish(hint);
                tokio::time::sleep(HINT_LEAD).await;
            }
            Ok(())
        }

        /// To whom a message is handed: everybody here, whether they take part or not.
        pub(crate) fn sabotaged_windows(&self, windows: Arc<[MemberWindow]>) -> Arc<[MemberWindow]> {
            if !active(Sabotage::RelayToEverybody) {
                return windows;
            }
            let people = self.hub.registry().people();
            people
                .into_iter()
                .map(|user_id| MemberWindow { user_id, joined_seq: 0, left_seq: None, shows_images: true })
                .collect()
        }

        /// Forgets that the socket was heard of while what it missed was read: as if it were registered only now.
        pub(crate) async fn sabotaged_registration(
            self: &Arc<Self>,
            socket: &Arc<Socket>,
        ) -> Result<(), MessagingError> {
            if !active(Sabotage::ReadBeforeRegister) {
                return Ok(());
            }
            self.hub.registry().remove(socket);
            socket.take();
            tokio::time::sleep(LATE).await;
            let _ = self.hub.registry().add(socket, &self.settings);
            self.load_person(socket.user, self.notifications.mark(socket.user).await?.seq).await
        }

        /// Takes the seq and lets go of the conversation, then writes the message: others overtake it.
        async fn send_with_seq_outside_lock(&self, row: &MessageRow) -> Result<Option<(i64, i64)>, MessagingError> {
            let taken = transaction!(&self.db, |tx| -> Result<Option<(i64, i64)>, MessagingError> {
                let sql = "update messaging_conversations
                           set last_seq = last_seq + 1, message_count = message_count + 1, changed_at = $4
                           where id = $1
                             and exists (select 1 from messaging_members me
                                         where me.conversation_id = $1 and me.user_id = $2 and me.left_seq is null)
                             and not exists (select 1 from messaging_messages m
                                             where m.conversation_id = $1 and m.sender_id = $2 and m.client_id = $3)
                           returning last_seq, message_count";
                let (conversation, sender) = (row.conversation_id, row.sender_id);
                Ok(fetch_optional!(tx, sql, conversation, sender, &row.client_id, row.created_at)?)
            })?;
            let Some((seq, number)): Option<(i64, i64)> = taken else { return Ok(None) };
            tokio::time::sleep(LATE.mul_f64((seq * 7 % 5) as f64 / 5.0)).await;
            transaction!(&self.db, |tx| -> Result<(), MessagingError> { self.write_late(tx, row, seq, number).await })?;
            Ok(Some((seq, number)))
        }

        async fn write_late(&self, tx: &mut Tx, row: &MessageRow, seq: i64, number: i64) -> Result<(), MessagingError> {
            let sql = "insert into messaging_messages
                           (conversation_id, created_seq, changed_seq, id, number, sender_id, client_id, body, created_at)
                       values ($1, $2, $2, $3, $4, $5, $6, $7, $8)";
            let (conversation, sender) = (row.conversation_id, row.sender_id);
            execute!(tx, sql, conversation, seq, row.id, number, sender, &row.client_id, &row.body, row.created_at)?;
            let sql = "update messaging_members
                       set read_seq = $3, read_number = $4
                       where conversation_id = $1 and user_id = $2 and read_seq < $3";
            execute!(tx, sql, conversation, sender, seq, number)?;
            let mentions = Vec::new();
            let event =
                MessageSent { conversation_id: conversation, message_id: row.id, seq, sender_id: sender, mentions };
            self.outbox.publish(tx, &event).await?;
            let live = self.live.clone();
            tx.after_commit(move || live.publish(Hint::new(Topic::Conversation, conversation).mark(seq)));
            Ok(())
        }
    }
}
