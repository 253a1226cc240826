//! What uploads may cost.

use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct MediaSettings {
    /// Largest file taken in, in bytes.
    pub max_upload_bytes: u64,
    /// Images one person may have, those in use and those not yet.
    pub max_items: u32,
    /// Bytes one person's images may take up: as declared while uploading, as stored afterwards.
    pub max_bytes: u64,
    /// Images of one person that wait for their bytes or are being processed.
    pub max_pending: u32,
    /// How long an upload URL is good for.
    pub upload_lifetime: Duration,
    /// Images that no post or profile uses are deleted after so long without a change.
    pub orphan_age: Duration,
    /// Pictures drawn at the same time by one process; each takes a core, and up to 320 MB for the largest allowed.
    pub workers: usize,
}

impl Default for MediaSettings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        Self {
            max_upload_bytes: 20 << 20,
            max_items: 10_000,
            max_bytes: 5 << 30,
            max_pending: 50,
            upload_lifetime: Duration::from_secs(15 * 60),
            orphan_age: Duration::from_secs(24 * 3600),
            workers: (cores / 2).clamp(1, 4),
        }
    }
}
