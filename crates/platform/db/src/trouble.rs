//! What the database said of its disk: that it is full, does not answer, or holds damaged pages.
//!
//! A statement that meets such an error notes it, and readiness asks. There is one note for the process, which has one database:
//! an error carries no way back to it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Error;

/// For so long one failure of a disk is believed over a probe that succeeds: a small write still fits where others do not.
const BELIEVED: Duration = Duration::from_secs(10);
/// The same for damage that PostgreSQL reports, whose pages nothing here looks through.
const DAMAGE_BELIEVED: Duration = Duration::from_secs(600);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Full, or reading and writing fails.
    Disk,
    Damage,
}

struct Trouble {
    kind: Kind,
    at: Instant,
    reason: String,
}

static LATEST: Mutex<Option<Trouble>> = Mutex::new(None);

fn latest() -> MutexGuard<'static, Option<Trouble>> {
    LATEST.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers the error if it speaks of the disk or of damage.
pub fn note(error: &Error) {
    if let Some(kind) = kind(error) {
        note_as(kind, error.to_string());
    }
}

pub(crate) fn note_damage(reason: String) {
    note_as(Kind::Damage, reason);
}

fn note_as(kind: Kind, reason: String) {
    let mut latest = latest();
    // Damage is not forgotten over a full disk.
    if kind == Kind::Disk && latest.as_ref().is_some_and(|known| known.kind == Kind::Damage) {
        return;
    }
    *latest = Some(Trouble { kind, at: Instant::now(), reason });
}

/// All pages were looked through and are sound.
pub(crate) fn pages_are_sound() {
    latest().take_if(|known| known.kind == Kind::Damage);
}

/// What is still to be believed, in words.
pub(crate) fn current() -> Option<String> {
    let mut latest = latest();
    let known = latest.as_ref()?;
    let (believed, what) = match known.kind {
        Kind::Disk => (BELIEVED, "its disk is full or failing"),
        Kind::Damage => (DAMAGE_BELIEVED, "it is damaged; restore it from a backup"),
    };
    if known.at.elapsed() > believed {
        *latest = None;
        return None;
    }
    Some(format!("{what}: {}", known.reason))
}

fn kind(error: &Error) -> Option<Kind> {
    let Error::Database(error) = error else { return None };
    let code = error.code()?;
    match code.as_ref() {
        // PostgreSQL: disk_full, io_error; data_corrupted, index_corrupted.
        "53100" | "58030" => Some(Kind::Disk),
        "XX001" | "XX002" => Some(Kind::Damage),
        // SQLite, by primary result code: IOERR, FULL; CORRUPT, NOTADB.
        code if code.len() < 5 => match code.parse::<i32>().ok()? & 0xff {
            10 | 13 => Some(Kind::Disk),
            11 | 26 => Some(Kind::Damage),
            _ => None,
        },
        _ => None,
    }
}
