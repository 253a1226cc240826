//! Requests that two readers could understand differently: where they end, and whose they are. Such a request is refused,
//! so that a proxy in front and this server never disagree about it (RFC 9112 §6, §3.2; RFC 9113 §8.3.1).

use http::uri::Authority;
use http::{HeaderMap, Request, StatusCode, Version, header};

use crate::Problem;

/// Why a request is refused before any route sees it. `serve` finds it, `harden` answers.
#[derive(Clone, Debug)]
pub(crate) struct Malformed(pub Problem);

/// What is wrong with the head of a request, if anything.
pub(crate) fn fault<B>(request: &Request<B>, head: HeadScan) -> Option<Malformed> {
    let problem = ambiguous_length(request.headers(), head)
        .or_else(|| ambiguous_host(request))
        .map(|(code, detail)| Malformed(Problem::new(StatusCode::BAD_REQUEST, code, detail)));
    if problem.is_some() {
        metrics::counter!("village_http_malformed_total").increment(1);
    }
    problem
}

fn ambiguous_length(headers: &HeaderMap, head: HeadScan) -> Option<(&'static str, &'static str)> {
    if head.lengths > 1 || head.lengths > 0 && head.codings > 0 {
        let detail = "Say once how long the body is: one Content-Length, or Transfer-Encoding, not both.";
        return Some(("invalid_framing", detail));
    }
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let is_plain = match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(only), None) => only.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    };
    let detail = "The only transfer coding that this server reads is `chunked`, once.";
    (!is_plain).then_some(("invalid_framing", detail))
}

fn ambiguous_host<B>(request: &Request<B>) -> Option<(&'static str, &'static str)> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (host, another) = (hosts.next(), hosts.next());
    if another.is_some() {
        return Some(("invalid_host", "Send one Host header, not several."));
    }
    // In the request target of a proxy request, or as `:authority`.
    let authority = request.uri().authority();
    let Some(host) = host else {
        let is_missing = match request.version() {
            Version::HTTP_11 => true,
            Version::HTTP_2 => authority.is_none(),
            _ => false,
        };
        return is_missing.then_some(("invalid_host", "Send a Host header with the name of this server."));
    };
    let Some(host) = Authority::try_from(host.as_bytes()).ok().filter(is_host) else {
        return Some(("invalid_host", "The Host header must be a name or an address, perhaps with a port."));
    };
    let differs = authority.is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(host.as_str()));
    differs.then_some(("invalid_host", "The Host header and the address of the request name different servers."))
}

fn is_host(authority: &Authority) -> bool {
    let port = authority.as_str().strip_prefix(authority.host()).unwrap_or("@");
    let is_port = |port: &str| port.is_empty() || port.parse::<u16>().is_ok();
    !authority.host().is_empty() && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

/// Counts in the bytes of an HTTP/1 head what the parser leaves no trace of: it drops a second Content-Length, and one
/// beside a Transfer-Encoding.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HeadScan {
    pub lengths: u8,
    pub codings: u8,
    /// The beginning of the line, in lower case, as far as the longest name of interest.
    name: [u8; 18],
    filled: usize,
    /// Behind the name of the line.
    in_value: bool,
    /// Behind the request line.
    in_headers: bool,
    is_complete: bool,
}

impl HeadScan {
    pub fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                _ if self.is_complete => return,
                b'\n' => self.end_line(),
                b'\r' if !self.in_value && self.filled == 0 => {}
                _ if self.in_value => {}
                b':' => self.end_name(),
                byte if self.filled < self.name.len() => {
                    self.name[self.filled] = byte.to_ascii_lowercase();
                    self.filled += 1;
                }
                _ => self.in_value = true,
            }
        }
    }

    fn end_name(&mut self) {
        self.in_value = true;
        match &self.name[..self.filled] {
            b"content-length" if self.in_headers => self.lengths = self.lengths.saturating_add(1),
            b"transfer-encoding" if self.in_headers => self.codings = self.codings.saturating_add(1),
            _ => {}
        }
    }

    fn end_line(&mut self) {
        let is_empty = self.filled == 0 && !self.in_value;
        // Empty lines before the request line do not count.
        self.is_complete = is_empty && self.in_headers;
        self.in_headers |= !is_empty;
        (self.filled, self.in_value) = (0, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(head: &str) -> (u8, u8) {
        // Byte by byte, as a slow client sends it.
        let mut scan = HeadScan::default();
        head.bytes().for_each(|byte| scan.read(&[byte]));
        let mut at_once = HeadScan::default();
        at_once.read(head.as_bytes());
        assert_eq!((scan.lengths, scan.codings), (at_once.lengths, at_once.codings));
        (scan.lengths, scan.codings)
    }

    #[test]
    fn lengths_and_codings_of_the_head_are_counted_and_nothing_else() {
        assert_eq!(scanned("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), (0, 0));
        assert_eq!(scanned("POST / HTTP/1.1\r\nContent-Length: 5\r\ncontent-LENGTH: 5\r\n\r\n"), (2, 0));
        assert_eq!(scanned("POST / HTTP/1.1\nTransfer-Encoding: chunked\nContent-Length: 5\n\n"), (1, 1));
        assert_eq!(scanned("\r\nPOST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"), (1, 0));
        // In the target, in a value, with another name around it, in the body.
        assert_eq!(scanned("GET /content-length: HTTP/1.1\r\nx: content-length:\r\n\r\n"), (0, 0));
        assert_eq!(scanned("GET / HTTP/1.1\r\nx-content-length: 1\r\ncontent-length-x: 1\r\n\r\n"), (0, 0));
        assert_eq!(scanned("GET / HTTP/1.1\r\n\r\nContent-Length: 1\r\nContent-Length: 1\r\n"), (0, 0));
    }

    fn code(version: Version, uri: &str, headers: &[(&str, &str)]) -> Option<String> {
        let mut request = Request::builder().uri(uri).version(version);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        fault(&request.body(()).unwrap(), HeadScan::default()).map(|Malformed(problem)| problem.code.into_owned())
    }

    #[test]
    fn a_request_names_its_host_once_and_rightly() {
        for host in ["village.example", "VILLAGE.example:8080", "127.0.0.1", "[::1]:8080", "village.example:"] {
            assert_eq!(code(Version::HTTP_11, "/", &[("host", host)]), None, "{host}");
        }
        for host in ["", "a b", "a/b", "user@village.example", "village.example:x", "village.example:99999", ":80"] {
            assert_eq!(code(Version::HTTP_11, "/", &[("host", host)]).as_deref(), Some("invalid_host"), "{host}");
        }
        let twice = [("host", "a.example"), ("host", "a.example")];
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            assert_eq!(code(version, "/", &twice).as_deref(), Some("invalid_host"), "{version:?}");
        }
        assert_eq!(code(Version::HTTP_11, "/", &[]).as_deref(), Some("invalid_host"));
        assert_eq!(code(Version::HTTP_2, "/", &[]).as_deref(), Some("invalid_host"));
        assert_eq!(code(Version::HTTP_10, "/", &[]), None);
        assert_eq!(code(Version::HTTP_2, "http://a.example/", &[]), None);
        assert_eq!(code(Version::HTTP_2, "http://a.example/", &[("host", "A.example")]), None);
        assert_eq!(
            code(Version::HTTP_2, "http://a.example/", &[("host", "b.example")]).as_deref(),
            Some("invalid_host")
        );
    }

    #[test]
    fn chunked_once_is_the_only_transfer_coding() {
        let with = |codings: &[&str]| {
            let mut headers = vec![("host", "a.example")];
            headers.extend(codings.iter().map(|coding| ("transfer-encoding", *coding)));
            code(Version::HTTP_11, "/", &headers)
        };
        assert_eq!(with(&["chunked"]), None);
        assert_eq!(with(&["Chunked"]), None);
        for codings in [&["identity, chunked"][..], &["gzip, chunked"], &["chunked, chunked"], &["identity", "chunked"]]
        {
            assert_eq!(with(codings).as_deref(), Some("invalid_framing"), "{codings:?}");
        }
    }
}
