//! Addresses of clients in one form, and how much one of them may hold at a time.
//!
//! The same client can show up in many spellings: IPv4 inside IPv6 on a dual-stack listener, behind a translator or in
//! a tunnel, or as text of a proxy with a port. Every limit counts [`household`]s of [`canonical`] addresses.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;
use http::{Extensions, HeaderMap};

/// The address of the client: what the N-th trusted proxy saw, or the peer itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientIp(pub IpAddr);

impl ClientIp {
    /// What rate limits are counted by: the address, or the /64 of an IPv6 one.
    pub fn household(self) -> IpAddr {
        household(self.0)
    }

    /// With `hops` trusted proxies the `hops`-th address from the right of `X-Forwarded-For` is what the outermost of
    /// them saw; everything further left was written by the client. Where that is no address, it is the peer's.
    pub fn of(headers: &HeaderMap, extensions: &Extensions, hops: usize) -> Self {
        let peer = peer(extensions);
        if hops == 0 {
            return Self(peer);
        }
        // Bytes, not text: a line that is not text must not move the others.
        let lines = headers.get_all("x-forwarded-for").iter();
        let entries: Vec<&[u8]> = lines
            .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|entry| !entry.is_empty())
            .collect();
        let seen = entries.len().checked_sub(hops).and_then(|position| std::str::from_utf8(entries[position]).ok());
        Self(seen.and_then(forwarded).unwrap_or(peer))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientIp {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let known = parts.extensions.get::<ClientIp>().copied();
        Ok(known.unwrap_or_else(|| ClientIp(peer(&parts.extensions))))
    }
}

/// Who is at the other end of the connection. Requests that came over none (in tests) share one.
fn peer(extensions: &Extensions) -> IpAddr {
    extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| canonical(address.ip()))
}

/// An entry of `X-Forwarded-For` as proxies write it: an address, perhaps in quotes, IPv6 perhaps in brackets, with a
/// port or a zone.
fn forwarded(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim_matches(|c: char| c == '"' || c.is_ascii_whitespace());
    let address = match entry.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            if !port.is_empty() && !port.strip_prefix(':').is_some_and(is_port) {
                return None;
            }
            address
        }
        None => match entry.split_once(':') {
            // One colon is a port, more are an IPv6 address.
            Some((address, port)) if !port.contains(':') => is_port(port).then_some(address)?,
            _ => entry,
        },
    };
    let without_zone = address.split('%').next()?;
    without_zone.parse().ok().map(canonical)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// The IPv4 address of a client that comes with one inside an IPv6 address, so that it has one limit and not its
/// translator's or its tunnel's: the whole of IPv4 lies in the same /64 of these prefixes.
pub fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(address) = address else { return address };
    let s = address.segments();
    let embedded = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match s {
        // Mapped (::ffff:0:0/96, what a dual-stack listener shows), translated (::ffff:0:0:0/96, RFC 2765), and
        // compatible (::/96, RFC 4291; `::` and `::1` are not).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => embedded(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => embedded(high, low),
        // NAT64: the well-known prefix (RFC 6052) and the one for local use (RFC 8215).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 1, _, _, _, high, low] => embedded(high, low),
        // 6to4 (RFC 3056), and Teredo (RFC 4380), which turns every bit of the client's address around.
        [0x2002, high, low, ..] => embedded(high, low),
        [0x2001, 0, _, _, _, _, high, low] => embedded(!high, !low),
        _ => IpAddr::V6(address),
    }
}

/// What one household has: the address itself, or its IPv6 /64. All neighbours on a link share one /64.
pub fn household(address: IpAddr) -> IpAddr {
    match canonical(address) {
        IpAddr::V6(address) if !address.is_unicast_link_local() => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

/// Counts what each household holds at the moment, up to a limit.
#[derive(Debug)]
pub struct PerAddress {
    limit: usize,
    held: Mutex<HashMap<IpAddr, usize>>,
}

/// One place of a household, given back when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct AddressSlot {
    _place: Arc<Place>,
}

#[derive(Debug)]
struct Place {
    of: Arc<PerAddress>,
    household: IpAddr,
}

impl PerAddress {
    pub fn at_most(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, held: Mutex::default() })
    }

    /// `None` when the household holds as many as it may.
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Option<AddressSlot> {
        let household = household(address);
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held = all.get(&household).copied().unwrap_or_default();
        if held >= self.limit {
            return None;
        }
        all.insert(household, held + 1);
        drop(all);
        Some(AddressSlot { _place: Arc::new(Place { of: self.clone(), household }) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.of.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = all.get_mut(&self.household) {
            *held -= 1;
            if *held == 0 {
                all.remove(&self.household);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(forwarded: &[&[u8]], hops: usize) -> String {
        let mut request = http::Request::new(());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 4711))));
        for line in forwarded {
            request.headers_mut().append("x-forwarded-for", http::HeaderValue::from_bytes(line).unwrap());
        }
        ClientIp::of(request.headers(), request.extensions(), hops).0.to_string()
    }

    #[test]
    fn what_the_client_wrote_itself_is_not_believed() {
        assert_eq!(seen(&[b"6.6.6.6, 9.9.9.9"], 1), "9.9.9.9");
        assert_eq!(seen(&[b"6.6.6.6", b"9.9.9.9"], 1), "9.9.9.9", "a proxy may add a line of its own");
        assert_eq!(seen(&[b"6.6.6.6, 9.9.9.9, 10.0.0.2"], 2), "9.9.9.9");
        assert_eq!(seen(&[b"\xff, 9.9.9.9"], 1), "9.9.9.9", "a line that is not text");
        assert_eq!(seen(&[b"6.6.6.6, 9.9.9.9, \xff"], 2), "9.9.9.9");
        assert_eq!(seen(&[b", ,6.6.6.6,, 9.9.9.9 ,"], 1), "9.9.9.9");
        for nobody in [&[][..], &[b"".as_slice()], &[b"nonsense"], &[b"unknown"], &[b"_hidden"], &[b"\xff"]] {
            assert_eq!(seen(nobody, 1), "10.0.0.1", "the peer, {nobody:?}");
        }
        assert_eq!(seen(&[b"6.6.6.6"], 0), "10.0.0.1");
        assert_eq!(seen(&[b"6.6.6.6"], 2), "10.0.0.1");
    }

    #[test]
    fn an_entry_is_read_in_every_form_in_which_proxies_write_it() {
        for entry in ["1.2.3.4", "1.2.3.4:5678", "\"1.2.3.4\"", " 1.2.3.4 ", "\"1.2.3.4:80\"", "::ffff:1.2.3.4"] {
            assert_eq!(forwarded(entry), Some("1.2.3.4".parse().unwrap()), "{entry}");
        }
        for entry in [
            "2001:db8::1",
            "2001:DB8:0:0::1",
            "[2001:db8::1]",
            "[2001:db8::1]:443",
            "\"[2001:db8::1]:443\"",
            "2001:db8::1%eth0",
            "[2001:db8::1%25eth0]:443",
        ] {
            assert_eq!(forwarded(entry), Some("2001:db8::1".parse().unwrap()), "{entry}");
        }
        assert_eq!(forwarded("[::FFFF:1.2.3.4]:80"), Some("1.2.3.4".parse().unwrap()));
        for entry in ["", "unknown", "1.2.3", "1.2.3.4:x", "1.2.3.4:99999", "[2001:db8::1", "[::1]x", "host:80", "[]"] {
            assert_eq!(forwarded(entry), None, "{entry}");
        }
    }

    #[test]
    fn an_address_inside_another_is_the_clients_own() {
        for (written, expected) in [
            ("1.2.3.4", "1.2.3.4"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("::ffff:0:1.2.3.4", "1.2.3.4"),
            ("::1.2.3.4", "1.2.3.4"),
            ("64:ff9b::1.2.3.4", "1.2.3.4"),
            ("64:ff9b:1::1.2.3.4", "1.2.3.4"),
            ("2002:102:304::1", "1.2.3.4"),
            ("2001:0:4136:e378:8000:63bf:fefd:fcfb", "1.2.3.4"),
            ("::1", "::1"),
            ("::", "::"),
            ("2001:db8::1", "2001:db8::1"),
        ] {
            assert_eq!(canonical(written.parse().unwrap()).to_string(), expected, "{written}");
        }
    }

    #[test]
    fn a_household_is_a_slash_64_and_strangers_never_share_one() {
        let of = |address: &str| household(address.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:3:4:5:6"));
        let strangers = [
            "1.2.3.4",
            "1.2.3.5",
            "::ffff:1.2.3.6",
            "64:ff9b::1.2.3.7",
            "2001:db8:1:2::1",
            "2001:db8:1:3::1",
            "fe80::1",
            "fe80::2",
            "::1",
        ];
        let different: std::collections::HashSet<IpAddr> = strangers.iter().map(|address| of(address)).collect();
        assert_eq!(different.len(), strangers.len());
    }

    #[test]
    fn places_are_counted_for_each_household_and_given_back() {
        let counter = PerAddress::at_most(2);
        let enter = |address: &str| counter.enter(address.parse().unwrap());
        let (first, second) = (enter("1.2.3.4").unwrap(), enter("::ffff:1.2.3.4").unwrap());
        assert!(enter("1.2.3.4").is_none());
        assert!(enter("1.2.3.5").is_some());
        let clone = first.clone();
        drop(first);
        assert!(enter("1.2.3.4").is_none(), "a clone holds the place");
        drop(clone);
        assert!(enter("1.2.3.4").is_some());
        drop(second);
        assert!(counter.held.lock().unwrap().is_empty());
    }
}
