//! What every other crate speaks: ids, time, paging and the viewer; and where work goes that takes a processor for long.
//!
//! Nothing here does I/O. What one service asks of another lives in `village-ports`,
//! what a person is told about an error in `village-http`.

pub mod background;
pub mod clock;
pub mod code;
pub mod id;
pub mod paging;
pub mod secret;
pub mod text;
pub mod viewer;

pub use background::{NotDone, every, in_background};
pub use clock::{Clock, Instant, OffsetClock, SystemClock};
pub use id::*;
pub use paging::{Cursor, CursorError, Limit, Page};
pub use viewer::{Role, Viewer};
