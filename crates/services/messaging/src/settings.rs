//! Limits and times of the socket.

use std::time::Duration;

#[derive(Clone, Debug)]
pub struct MessagingSettings {
    /// Scheme, host and port of `public_url`, as browsers send it in `Origin`.
    pub public_origin: String,
    /// Other origins whose pages may open a socket.
    pub allowed_origins: Vec<String>,
    /// Between two heartbeats; a lost hint is repaired within one.
    pub heartbeat: Duration,
    /// How long a new socket may take to say hello.
    pub hello_timeout: Duration,
    /// Sockets on this node that have not said hello yet, at most.
    pub max_waiting_sockets: usize,
    /// Sockets on this node, at most.
    pub max_sockets: usize,
    /// Sockets of one person on this node, at most.
    pub max_sockets_per_person: usize,
    /// Frames that may wait for one slow reader, and their size in bytes.
    pub max_queued_frames: usize,
    pub max_queued_bytes: usize,
    /// How long one write may wait for a reader that does not read.
    pub write_timeout: Duration,
    /// Frames a client may send in one second over time, and at once.
    pub frames_per_second: u32,
    pub frame_burst: u32,
}

impl MessagingSettings {
    pub fn new(public_origin: impl Into<String>) -> Self {
        Self {
            public_origin: public_origin.into(),
            allowed_origins: Vec::new(),
            heartbeat: Duration::from_secs(20),
            hello_timeout: Duration::from_secs(5),
            max_waiting_sockets: 1_000,
            max_sockets: 20_000,
            max_sockets_per_person: 20,
            max_queued_frames: 256,
            max_queued_bytes: 1024 * 1024,
            write_timeout: Duration::from_secs(15),
            frames_per_second: 20,
            frame_burst: 60,
        }
    }
}
