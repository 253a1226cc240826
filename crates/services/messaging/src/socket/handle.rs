//! What the node holds of one socket: whose it is, and a bounded queue of frames on their way out.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::Notify;
use village_kernel::{ConversationId, Instant, UserId, Viewer};

use crate::MessagingSettings;
use crate::message::WholeMessage;
use crate::socket::frames::{CloseCode, ServerFrame};

/// A frame as JSON text. Frames are made of ids, numbers and checked texts, which serialise without fail.
pub(crate) fn encode(frame: &ServerFrame) -> Utf8Bytes {
    serde_json::to_string(frame).unwrap_or_default().into()
}

/// A changed message, encoded at most once for all but its sender and those who reacted to it.
pub(crate) struct MessageFrame {
    message: WholeMessage,
    pub prev_seq: i64,
    for_sender: OnceLock<Utf8Bytes>,
    for_others: OnceLock<Utf8Bytes>,
}

impl MessageFrame {
    pub fn new(message: WholeMessage, prev_seq: i64) -> Self {
        Self { message, prev_seq, for_sender: OnceLock::new(), for_others: OnceLock::new() }
    }

    pub fn conversation(&self) -> ConversationId {
        self.message.row().conversation_id
    }

    pub fn seq(&self) -> i64 {
        self.message.row().changed_seq
    }

    /// `prev_seq` differs from that of most sockets where one has resumed further.
    pub fn text(&self, user: UserId, prev_seq: i64) -> Utf8Bytes {
        if prev_seq != self.prev_seq || self.message.is_particular_to(user) {
            return self.encode(user, prev_seq);
        }
        let shared = if user == self.message.row().sender_id { &self.for_sender } else { &self.for_others };
        shared.get_or_init(|| self.encode(user, prev_seq)).clone()
    }

    fn encode(&self, user: UserId, prev_seq: i64) -> Utf8Bytes {
        let message = self.message.for_viewer(user);
        encode(&ServerFrame::Message {
            conversation_id: self.conversation(),
            seq: self.seq(),
            prev_seq,
            message: &message,
        })
    }

    fn size_bytes(&self) -> usize {
        self.message.size_bytes()
    }
}

#[derive(Clone)]
pub(crate) enum Outgoing {
    Message(Arc<MessageFrame>),
    /// The client has to read the conversation over REST up to this seq.
    Gap(ConversationId, i64),
    /// What changed after the first seq, up to the second, is not theirs to see: no hole.
    Passed(ConversationId, i64, i64),
    Text(Utf8Bytes),
    /// A heartbeat, and a ping that the client's WebSocket answers by itself.
    Beat(Utf8Bytes),
}

impl Outgoing {
    pub fn text(frame: &ServerFrame) -> Self {
        Self::Text(encode(frame))
    }

    fn size_bytes(&self) -> usize {
        match self {
            Self::Message(frame) => frame.size_bytes(),
            Self::Gap(..) | Self::Passed(..) => 128,
            Self::Text(text) | Self::Beat(text) => text.len(),
        }
    }
}

/// Whose socket it is, and how long that has been proven.
#[derive(Clone, Copy)]
pub(crate) struct Access {
    pub viewer: Viewer,
    pub expires_at: Instant,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Outgoing>,
    size_bytes: usize,
    close: Option<CloseCode>,
}

pub(crate) struct Socket {
    pub user: UserId,
    access: Mutex<Access>,
    queue: Mutex<Queue>,
    /// The queue has something for the connection.
    pub wake: Notify,
    /// The write in progress is to be given up.
    pub cut: Notify,
    /// Heartbeats since anything was heard from the client.
    silent_beats: AtomicU32,
    max_frames: usize,
    max_bytes: usize,
}

impl Socket {
    pub fn new(access: Access, settings: &MessagingSettings) -> Self {
        Self {
            user: access.viewer.user,
            access: Mutex::new(access),
            queue: Mutex::default(),
            wake: Notify::new(),
            cut: Notify::new(),
            silent_beats: AtomicU32::new(0),
            max_frames: settings.max_queued_frames,
            max_bytes: settings.max_queued_bytes,
        }
    }

    pub fn access(&self) -> Access {
        *self.access.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn renew(&self, access: Access) {
        *self.access.lock().unwrap_or_else(PoisonError::into_inner) = access;
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`Self::push_all`], one frame.
    pub fn push(&self, frame: Outgoing) {
        self.push_all([frame]);
    }

    /// Queues frames, for the connection to write together; at the limit the socket is given up instead, and the client
    /// resumes on a new one.
    pub fn push_all(&self, frames: impl IntoIterator<Item = Outgoing>) {
        let mut queue = self.queue();
        for frame in frames {
            if queue.close.is_some() {
                break;
            }
            let size = frame.size_bytes();
            if queue.frames.len() >= self.max_frames || queue.size_bytes + size > self.max_bytes {
                // What waits is found again by resuming; holding it would only cost memory.
                queue.frames = VecDeque::new();
                queue.size_bytes = 0;
                queue.close = Some(CloseCode::Resume);
                metrics::counter!("village_messaging_slow_readers_total").increment(1);
                self.cut.notify_one();
            } else {
                queue.size_bytes += size;
                queue.frames.push_back(frame);
            }
        }
        drop(queue);
        self.wake.notify_one();
    }

    /// Closes once what is queued has been written; at once when the person may not read it any more.
    pub fn close(&self, code: CloseCode) {
        let mut queue = self.queue();
        queue.close.get_or_insert(code);
        if code == CloseCode::Unauthenticated {
            queue.frames = VecDeque::new();
            self.cut.notify_one();
        }
        drop(queue);
        self.wake.notify_one();
    }

    /// Whether nothing new is to be begun on it.
    pub fn is_closing(&self) -> bool {
        self.queue().close.is_some()
    }

    /// Takes all that is queued, leaving no memory behind.
    pub fn take(&self) -> (VecDeque<Outgoing>, Option<CloseCode>) {
        let mut queue = self.queue();
        queue.size_bytes = 0;
        (std::mem::take(&mut queue.frames), queue.close)
    }

    pub fn heard(&self) {
        self.silent_beats.store(0, Ordering::Relaxed);
    }

    /// Counts a beat; returns how many in a row brought no sign of life.
    pub fn beat(&self) -> u32 {
        self.silent_beats.fetch_add(1, Ordering::Relaxed) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use village_kernel::{Role, SessionId};

    fn socket(max_frames: usize, max_bytes: usize) -> Socket {
        let now = Instant::from_micros(0);
        let viewer = Viewer { user: UserId::new(now), session: SessionId::new(now), role: Role::Member };
        let mut settings = MessagingSettings::new("http://x");
        (settings.max_queued_frames, settings.max_queued_bytes) = (max_frames, max_bytes);
        Socket::new(Access { viewer, expires_at: now }, &settings)
    }

    #[test]
    fn a_queue_at_its_limit_is_emptied_and_the_socket_given_up() {
        for full in [socket(3, 1_000), socket(100, 30)] {
            for _ in 0..3 {
                full.push(Outgoing::Text("0123456789".into()));
            }
            assert_eq!(full.queue().close, None);
            full.push(Outgoing::Text("x".into()));
            full.push(Outgoing::Text("y".into()));
            let (frames, close) = full.take();
            assert_eq!((frames.len(), close), (0, Some(CloseCode::Resume)));
        }
    }
}
