//! What a client missed: read from the database after the socket was registered.

use std::sync::Arc;

use village_kernel::{ConversationId, UserId};

use crate::message::WholeMessage;
use crate::missed::{CatchUp, Missed};
use crate::socket::frames::{MAX_FRAME_BYTES, Resume, ServerFrame};
use crate::socket::wire::{Gone, Wire};
use crate::socket::{Socket, encode};
use crate::{Message, Messaging, MessagingError, store};

/// Conversations and notifications sent in answer to one hello; what is beyond is read over REST.
const MAX_MISSED: i64 = 200;

pub(super) enum Interrupted {
    Gone,
    Failed(MessagingError),
}

impl From<Gone> for Interrupted {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl From<MessagingError> for Interrupted {
    fn from(error: MessagingError) -> Self {
        Self::Failed(error)
    }
}

impl From<village_db::Error> for Interrupted {
    fn from(error: village_db::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Messaging {
    /// Conversations joined or left, and notifications, since the marks the client knows.
    pub(super) async fn resume_person(
        &self,
        wire: &mut Wire,
        socket: &Socket,
        resume: &Resume,
    ) -> Result<(), Interrupted> {
        let viewer = &socket.access().viewer;
        if let Some(seq) = resume.membership_seq {
            let mut reader = self.db.reader().await?;
            let changes = store::marks::memberships_after(&mut reader, viewer.user, seq, MAX_MISSED).await?;
            drop(reader);
            for text in self.conversation_frames(viewer, &changes).await? {
                if socket.is_closing() {
                    return Ok(());
                }
                wire.write_text(text).await?;
            }
        }
        if let Some(seq) = resume.notification_seq {
            let missed = self.notifications.since(viewer, seq, MAX_MISSED as u32).await?;
            let unread_count =
                if missed.is_empty() { 0 } else { self.notifications.mark(viewer.user).await?.unread_count };
            for update in missed {
                if socket.is_closing() {
                    return Ok(());
                }
                wire.write_text(encode(&ServerFrame::of_notification(&update, unread_count))).await?;
            }
        }
        Ok(())
    }

    /// Answers for every conversation in `wire.resuming`, and empties it. While one waits there its live frames are
    /// left out of what is written: they were committed before its answer is read, so the answer holds them.
    pub(super) async fn resume_conversations(
        self: &Arc<Self>,
        wire: &mut Wire,
        socket: &Arc<Socket>,
    ) -> Result<(), Interrupted> {
        if wire.resuming.is_empty() {
            return Ok(());
        }
        let outcome = self.answer_resume(wire, socket).await;
        // Conversations the person never took part in get no answer: there is nothing to say about them.
        wire.resuming.clear();
        outcome
    }

    async fn answer_resume(self: &Arc<Self>, wire: &mut Wire, socket: &Arc<Socket>) -> Result<(), Interrupted> {
        let user = socket.user;
        let ids = wire.resuming.keys().copied().collect();
        let mut windows = store::windows::of_person(&mut self.db.reader().await?, user, &ids).await?;
        // Those who missed nothing are answered from what was just read, before anything queued could be left out.
        windows
            .sort_by_key(|known| wire.resuming.get(&known.conversation_id) != Some(&known.window.last_visible_seq()));
        for known in windows {
            let conversation = known.conversation_id;
            let Some(seq) = wire.resuming.get(&conversation).copied() else { continue };
            let last = known.window.last_visible_seq();
            if seq == last {
                self.write_rows(wire, user, conversation, (seq, last), &[]).await?;
                wire.resuming.remove(&conversation);
                continue;
            }
            self.resume_one(wire, socket, CatchUp::new(conversation, known.window, seq)).await?;
            wire.resuming.remove(&conversation);
            // Frames of other conversations must not pile up behind a long answer.
            if wire.write_queued(socket).await?.is_some() {
                // The queue has been given up: the caller finds the reason there.
                return Ok(());
            }
        }
        Ok(())
    }

    /// Stops before the next frame once the socket is to be closed: nobody is to be kept served by reading slowly.
    async fn resume_one(&self, wire: &mut Wire, socket: &Socket, mut at: CatchUp) -> Result<(), Interrupted> {
        let (user, conversation) = (socket.user, at.conversation);
        while let Some(missed) = self.next_missed(user, &mut at).await? {
            match missed {
                _ if socket.is_closing() => return Ok(()),
                Missed::Gap { upto } => {
                    wire.reached(conversation, upto);
                    let frame = ServerFrame::Gap { conversation_id: conversation, upto };
                    wire.write_text(encode(&frame)).await?;
                }
                Missed::Rows { mut from, upto, messages } if !messages.is_empty() => {
                    let mut pages = into_frames(&messages).into_iter().peekable();
                    while let Some(page) = pages.next() {
                        if socket.is_closing() {
                            return Ok(());
                        }
                        let changed = page.last().map_or(from, |message| message.row().changed_seq);
                        // Only the last frame says that all was said, where changes are not in order.
                        let reached = match pages.peek() {
                            None => upto,
                            Some(_) if at.has_ended() => from,
                            Some(_) => changed,
                        };
                        self.write_rows(wire, user, conversation, (from, reached), page).await?;
                        from = reached;
                    }
                }
                Missed::Rows { from, upto, .. } => {
                    self.write_rows(wire, user, conversation, (from, upto), &[]).await?;
                }
            }
        }
        Ok(())
    }

    async fn write_rows(
        &self,
        wire: &mut Wire,
        user: UserId,
        conversation_id: ConversationId,
        (from, upto): (i64, i64),
        rows: &[WholeMessage],
    ) -> Result<(), Gone> {
        let messages: Vec<Message> = rows.iter().map(|row| row.for_viewer(user)).collect();
        wire.write_text(encode(&ServerFrame::Rows { conversation_id, from, upto, messages: &messages })).await?;
        wire.reached(conversation_id, upto);
        Ok(())
    }
}

/// Cuts rows into frames of about the size that clients are held to; one message may exceed it alone.
fn into_frames(rows: &[WholeMessage]) -> Vec<&[WholeMessage]> {
    let mut frames = Vec::new();
    let (mut start, mut size) = (0, 0);
    for (position, row) in rows.iter().enumerate() {
        let row_size = row.size_bytes();
        if position > start && size + row_size > MAX_FRAME_BYTES {
            frames.push(&rows[start..position]);
            (start, size) = (position, 0);
        }
        size += row_size;
    }
    if start < rows.len() {
        frames.push(&rows[start..]);
    }
    frames
}
