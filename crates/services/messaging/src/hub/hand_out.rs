//! From what has changed to the queues of the sockets.

use std::sync::Arc;

use village_kernel::ConversationId;

use crate::Messaging;
use crate::message::WholeMessage;
use crate::socket::{MessageFrame, Outgoing, Socket};
use crate::store::windows::{MemberWindow, Sight};

/// A changed message as it is handed out.
struct Change {
    created_seq: i64,
    whole: Arc<MessageFrame>,
    /// For those who are shown no images.
    bare: Arc<MessageFrame>,
}

impl Change {
    fn new(message: WholeMessage, prev_seq: i64, shows_all: bool) -> Self {
        let row = message.row();
        let (created_seq, is_withheld) = (row.created_seq, row.image_count > 0 && !shows_all);
        let bare = is_withheld.then(|| MessageFrame::new(message.clone().withholding(true), prev_seq));
        let whole = Arc::new(MessageFrame::new(message, prev_seq));
        let bare = bare.map_or_else(|| whole.clone(), Arc::new);
        Self { created_seq, whole, bare }
    }
}

impl Messaging {
    /// Queues changes, which follow on `delivered`, for the sockets of those who may see them. Each socket gets all of them
    /// at once, and so writes them with one call.
    pub(super) fn hand_out(
        &self,
        conversation: ConversationId,
        delivered: i64,
        messages: Vec<WholeMessage>,
        windows: &[MemberWindow],
    ) {
        let mut prev_seq = delivered;
        let shows_all = windows.iter().all(|window| window.shows_images);
        let changes: Vec<Change> = messages
            .into_iter()
            .map(|message| {
                let change = Change::new(message, prev_seq, shows_all);
                prev_seq = change.whole.seq();
                change
            })
            .collect();
        for (window, socket) in self.receivers(windows) {
            socket.push_all(changes.iter().filter_map(|change| {
                let seen = match window.sight(change.created_seq, change.whole.seq()) {
                    Sight::Whole => Outgoing::Message(change.whole.clone()),
                    Sight::WithoutImages => Outgoing::Message(change.bare.clone()),
                    Sight::Before => Outgoing::Passed(conversation, change.whole.prev_seq, change.whole.seq()),
                    // What it was like then is read by resuming.
                    Sight::AsItWas(left_seq) if delivered < left_seq => Outgoing::Gap(conversation, left_seq),
                    Sight::AsItWas(_) | Sight::After => return None,
                };
                Some(seen)
            }));
        }
    }

    /// The sockets here of those to whom the windows belong.
    pub(super) fn receivers(&self, windows: &[MemberWindow]) -> Vec<(MemberWindow, Arc<Socket>)> {
        let registry = self.hub.registry();
        let mut receivers = Vec::with_capacity(windows.len());
        for window in windows {
            receivers.extend(registry.sockets_of(window.user_id).iter().map(|socket| (*window, socket.clone())));
        }
        receivers
    }
}
