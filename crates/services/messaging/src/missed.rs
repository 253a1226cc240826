//! What somebody missed of a conversation: read page by page, for `resume` on the socket and for its twin over REST.

use village_db::Reader;
use village_kernel::{ConversationId, UserId};

use crate::message::WholeMessage;
use crate::store::windows::Window;
use crate::{Messaging, MessagingError, store};

/// Rows read at once.
const PAGE: i64 = 200;
/// A client further behind than this reads the history instead.
pub(crate) const MAX_BEHIND: i64 = 1_000;

/// Where reading has come to.
pub(crate) struct CatchUp {
    pub conversation: ConversationId,
    /// Read anew with every page: writing one to a slow reader takes as long as they like.
    window: Window,
    is_begun: bool,
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
        Self { conversation, window, is_begun: false, from: seq, cursor: seq.max(0), rows: 0, is_done: false }
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

    /// Goes on from where the client's view stands, through another window.
    fn begin(&mut self, window: Window) {
        (self.window, self.is_begun) = (window, true);
        (self.cursor, self.rows) = (self.from.max(0), 0);
    }
}

impl Messaging {
    /// What comes next; `None` when all was said.
    pub(crate) async fn next_missed(&self, user: UserId, at: &mut CatchUp) -> Result<Option<Missed>, MessagingError> {
        while !at.is_done {
            let last = at.window.last_visible_seq();
            if at.from == last {
                return Ok(at.end(Missed::Rows { from: last, upto: last, messages: Vec::new() }));
            }
            let mut reader = self.db.reader().await?;
            if !at.is_begun {
                match store::windows::find(&mut reader, at.conversation, user).await? {
                    Some(window) => at.begin(window),
                    None => at.is_done = true,
                }
                continue;
            }
            if at.rows == 0 && (at.from > last || last - at.from > MAX_BEHIND) {
                return Ok(at.end(Missed::Gap { upto: last }));
            }
            if let Some(missed) = self.page_missed(reader, user, at).await? {
                return Ok(Some(missed));
            }
        }
        Ok(None)
    }

    /// The next page; `None` when the person's window is another one now, and reading begins again through that.
    async fn page_missed(
        &self,
        mut reader: Reader,
        user: UserId,
        at: &mut CatchUp,
    ) -> Result<Option<Missed>, MessagingError> {
        let last = at.window.last_visible_seq();
        let from = at.from.max(0);
        // `last` was read before the rows, so all changes up to it are among them; what was committed in between is
        // among them too, and raises `upto`.
        let mut rows =
            store::messages::visible_changes_after(&mut reader, at.conversation, &at.window, at.cursor, PAGE).await?;
        // Read after the rows: whoever was removed before one of them was written is not shown it.
        let window = store::windows::find(&mut reader, at.conversation, user).await?;
        let Some(window) = window else {
            at.is_done = true;
            return Ok(None);
        };
        if !window.is_same(&at.window) {
            at.begin(window);
            return Ok(None);
        }
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
        rows.retain(|row| window.shows(row.created_seq));
        #[cfg(feature = "sabotage")]
        let rows = crate::sabotage::resumed(rows, from);
        let messages = self.seen_through(reader, user, &window, rows).await?;
        Ok(Some(Missed::Rows { from, upto: at.from, messages }))
    }
}
