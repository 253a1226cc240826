//! What somebody missed of a conversation: read page by page, for `resume` on the socket and for its twin over REST.

use village_kernel::{ConversationId, UserId};

use crate::message::WholeMessage;
use crate::store::members::Window;
use crate::{Messaging, MessagingError, store};

/// Rows read at once.
const PAGE: i64 = 200;
/// A client further behind than this reads the history instead.
pub(crate) const MAX_BEHIND: i64 = 1_000;

/// Where reading has come to.
pub(crate) struct CatchUp {
    pub conversation: ConversationId,
    window: Window,
    /// The view of the client equals the database here once it has what was read.
    from: i64,
    /// The change up to which rows were read; differs from `from` for who has left.
    cursor: i64,
    rows: i64,
    is_done: bool,
}

pub(crate) enum Missed {
    /// What changed in (`from`, `upto`].
    Rows { from: i64, upto: i64, messages: Vec<WholeMessage> },
    /// Too much, or the client is ahead of the database: it was restored from a backup, and nothing the client knows
    /// can be trusted.
    Gap { upto: i64 },
}

impl CatchUp {
    pub fn new(conversation: ConversationId, window: Window, seq: i64) -> Self {
        Self { conversation, window, from: seq, cursor: seq.max(0), rows: 0, is_done: false }
    }

    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// Whether the window it is read through has ended.
    pub fn has_ended(&self) -> bool {
        self.window.left_seq.is_some()
    }

    fn end(&mut self, missed: Missed) -> Option<Missed> {
        self.is_done = true;
        Some(missed)
    }
}

impl Messaging {
    /// What comes next; `None` when all was said.
    pub(crate) async fn next_missed(&self, user: UserId, at: &mut CatchUp) -> Result<Option<Missed>, MessagingError> {
        if at.is_done {
            return Ok(None);
        }
        let last = at.window.last_visible_seq();
        if at.from == last {
            return Ok(at.end(Missed::Rows { from: last, upto: last, messages: Vec::new() }));
        }
        if at.rows == 0 && (at.from > last || last - at.from > MAX_BEHIND) {
            return Ok(at.end(Missed::Gap { upto: last }));
        }
        let from = at.from.max(0);
        // `last` was read before the rows, so all changes up to it are among them; what was committed in between is
        // among them too, and raises `upto`.
        let mut reader = self.db.reader().await?;
        let rows =
            store::messages::visible_changes_after(&mut reader, at.conversation, &at.window, at.cursor, PAGE).await?;
        metrics::counter!("village_messaging_resumed_rows_total").increment(rows.len() as u64);
        let is_last_page = (rows.len() as i64) < PAGE;
        at.rows += rows.len() as i64;
        at.cursor = rows.last().map_or(at.cursor, |row| row.changed_seq);
        if at.window.left_seq.is_some() && at.rows > MAX_BEHIND {
            return Ok(at.end(Missed::Gap { upto: last }));
        }
        at.is_done = is_last_page;
        at.from = match at.window.left_seq {
            None if is_last_page => at.cursor.max(last),
            None => at.cursor,
            // What changed before the end may have changed again since, and stand on a later page.
            Some(left_seq) if is_last_page => left_seq,
            Some(_) => from,
        };
        #[cfg(feature = "sabotage")]
        let rows = crate::sabotage::resumed(rows, from);
        let messages = self.seen_through(reader, user, &at.window, rows).await?;
        Ok(Some(Missed::Rows { from, upto: at.from, messages }))
    }
}
