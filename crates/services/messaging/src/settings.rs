//! Limits and times of the socket.

use std::time::Duration;

#[derive(Clone, Debug)]
pub struct MessagingSettings {
    /// Scheme, host and port of the public URL, as browsers send them in `Origin`.
    pub public_origin: String,
    /// Other origins whose pages may open a socket.
    pub allowed_origins: Vec<String>,
    /// Between two heartbeats; a lost hint is repaired within one.
    pub heartbeat: Duration,
    /// Who is back within this was never away for others.
    pub presence_grace: Duration,
    /// How long a new socket may take to say hello.
    pub hello_timeout: Duration,
    /// Sockets on this node that have not said hello yet, at most.
    pub max_waiting_sockets: usize,
    /// Waiting sockets of one address, at most.
    pub max_waiting_sockets_per_address: usize,
    /// Sockets on this node, at most.
    pub max_sockets: usize,
    /// Sockets of one person on this node, at most.
    pub max_sockets_per_person: usize,
    /// Frames that may wait for one slow reader, and their size in bytes.
    pub max_queued_frames: usize,
    pub max_queued_bytes: usize,
    /// How long one write may wait for a reader that does not read.
    pub write_timeout: Duration,
    /// How long a frame may take; whoever asked is then told `unavailable`, and may ask again.
    pub answer_timeout: Duration,
    /// Frames a client may send in one second over time, and at once.
    pub frames_per_second: u32,
    pub frame_burst: u32,
}

impl MessagingSettings {
    pub fn new(public_url: &str) -> Self {
        // `https://Village.example:443/` is `https://village.example` to a browser. What is no URL matches no page.
        let public_origin = url::Url::parse(public_url)
            .map_or_else(|_| public_url.to_owned(), |url| url.origin().ascii_serialization());
        Self {
            public_origin,
            allowed_origins: Vec::new(),
            heartbeat: Duration::from_secs(20),
            presence_grace: Duration::from_secs(5),
            hello_timeout: Duration::from_secs(5),
            max_waiting_sockets: 1_000,
            max_waiting_sockets_per_address: 256,
            max_sockets: 20_000,
            max_sockets_per_person: 20,
            max_queued_frames: 256,
            max_queued_bytes: 1024 * 1024,
            write_timeout: Duration::from_secs(15),
            answer_timeout: Duration::from_secs(30),
            frames_per_second: 20,
            frame_burst: 60,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_what_a_browser_makes_of_the_public_url() {
        for (url, origin) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://Village.example:443/", "https://village.example"),
            ("https://village.example/path?x", "https://village.example"),
        ] {
            assert_eq!(MessagingSettings::new(url).public_origin, origin);
        }
    }
}
