//! The cookies of browsers: what they are called, how they are read when there are several, and how they are cleared.
//!
//! Behind https the names begin with `__Secure-` (RFC 6265bis §4.1.3.1), which browsers accept from an encrypted
//! connection only. `__Host-` would forbid `Path=/auth`, which keeps the secrets out of all other requests.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use axum_extra::extract::cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};

/// What browsers keep the refresh token in, out of reach of scripts.
pub(crate) const REFRESH: &str = "village_refresh";

/// What browsers keep the proof in that people logged in on this device before.
pub(crate) const DEVICE: &str = "village_device";

const PREFIX: &str = "__Secure-";
const PATH: &str = "/auth";

/// Cookies of one name that are looked at; a browser has one or two.
const MOST: usize = 8;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Cookies {
    /// Whether people reach the server by https.
    pub secure: bool,
}

impl Cookies {
    pub fn set(self, base: &str, value: String, max_age: Duration) -> Cookie<'static> {
        cookie(self.name(base), value, PATH, max_age, self.secure)
    }

    /// What the request brings under either name, in the order in which it is to be believed: the prefixed name first,
    /// then as the browser orders them.
    pub fn values(self, headers: &HeaderMap, base: &str) -> Vec<String> {
        let sent = sent(headers);
        let of = |name: String| sent.iter().filter(move |(of, _)| *of == name).map(|(_, value)| value.clone());
        let mut values: Vec<String> = of(prefixed(base)).chain(of(base.to_owned())).collect();
        let mut seen = std::collections::HashSet::new();
        values.retain(|value| seen.insert(value.clone()));
        values.truncate(MOST);
        values
    }

    /// Clears what came beside the cookie that is set: the one of the other name, from before the server was reached by
    /// https, and doubles that lie at the root.
    pub fn tidy(self, headers: &HeaderMap, base: &str) -> Vec<Cookie<'static>> {
        let sent = sent(headers);
        let times = |name: &str| sent.iter().filter(|(of, _)| of == name).count();
        let name = self.name(base);
        let other = if self.secure { base.to_owned() } else { prefixed(base) };
        let mut clear = Vec::new();
        if times(&other) > 0 {
            clear.push(self.cleared(&other, PATH));
        }
        for name in [name, other] {
            if times(&name) > 1 {
                clear.push(self.cleared(&name, "/"));
            }
        }
        clear
    }

    /// Clears the cookie under every name that a browser may have it.
    pub fn forget(self, headers: &HeaderMap, base: &str) -> Vec<Cookie<'static>> {
        let mut clear = vec![self.cleared(&self.name(base), PATH)];
        if self.secure {
            clear.push(self.cleared(base, PATH));
        }
        for cookie in self.tidy(headers, base) {
            if !clear.iter().any(|known| (known.name(), known.path()) == (cookie.name(), cookie.path())) {
                clear.push(cookie);
            }
        }
        clear
    }

    fn name(self, base: &str) -> String {
        if self.secure { prefixed(base) } else { base.to_owned() }
    }

    fn cleared(self, name: &str, path: &'static str) -> Cookie<'static> {
        // Browsers take the prefixed name only with `Secure`, also to clear it.
        let secure = self.secure || name.starts_with(PREFIX);
        cookie(name.to_owned(), String::new(), path, Duration::ZERO, secure)
    }
}

fn prefixed(base: &str) -> String {
    format!("{PREFIX}{base}")
}

fn cookie(name: String, value: String, path: &'static str, max_age: Duration, secure: bool) -> Cookie<'static> {
    let mut cookie = Cookie::new(name, value);
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Strict);
    cookie.set_secure(secure);
    cookie.set_path(path);
    if let Ok(max_age) = max_age.try_into() {
        cookie.set_max_age(Some(max_age));
    }
    cookie
}

/// Name and value of each cookie, also when a name comes twice.
fn sent(headers: &HeaderMap) -> Vec<(String, String)> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let cookies = lines.flat_map(|line| Cookie::split_parse(line.to_owned())).filter_map(Result::ok);
    cookies.map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned())).collect()
}

/// `Set-Cookie` headers, several of one name if need be.
#[derive(Default)]
pub(crate) struct SetCookies(pub Vec<Cookie<'static>>);

impl IntoResponseParts for SetCookies {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        for cookie in self.0 {
            if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
                parts.headers_mut().append(header::SET_COOKIE, value);
            }
        }
        Ok(parts)
    }
}

impl IntoResponse for SetCookies {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECURE: Cookies = Cookies { secure: true };
    const PLAIN: Cookies = Cookies { secure: false };

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, line.parse().unwrap());
        }
        headers
    }

    fn cleared(cookies: Vec<Cookie<'static>>) -> Vec<String> {
        assert!(cookies.iter().all(|cookie| cookie.value().is_empty() && cookie.max_age().unwrap().is_zero()));
        cookies.iter().map(|cookie| format!("{} {}", cookie.name(), cookie.path().unwrap())).collect()
    }

    #[test]
    fn the_prefixed_cookie_is_believed_first_wherever_it_stands() {
        let sent = headers(&["theme=x; village_refresh=old; village_refresh=older", "__Secure-village_refresh=new; y"]);
        for cookies in [SECURE, PLAIN] {
            assert_eq!(cookies.values(&sent, REFRESH), ["new", "old", "older"]);
        }
        assert!(SECURE.values(&headers(&[]), REFRESH).is_empty());
        assert_eq!(SECURE.values(&headers(&["village_refresh=a; village_refresh=a"]), REFRESH), ["a"]);
        let many: Vec<String> = (0..100).map(|n| format!("village_refresh={n}")).collect();
        assert_eq!(SECURE.values(&headers(&[&many.join("; ")]), REFRESH).len(), MOST);
    }

    #[test]
    fn what_came_beside_it_is_cleared_and_nothing_else() {
        let tidied = |sent: &str| cleared(SECURE.tidy(&headers(&[sent]), REFRESH));
        assert!(tidied("__Secure-village_refresh=a; theme=x").is_empty());
        assert_eq!(tidied("__Secure-village_refresh=a; village_refresh=b"), ["village_refresh /auth"]);
        assert_eq!(tidied("__Secure-village_refresh=a; __Secure-village_refresh=b"), ["__Secure-village_refresh /"]);
        assert_eq!(tidied("village_refresh=a; village_refresh=b"), ["village_refresh /auth", "village_refresh /"]);
        assert!(cleared(PLAIN.tidy(&headers(&["village_refresh=a"]), REFRESH)).is_empty());
    }

    #[test]
    fn both_names_are_forgotten_behind_https() {
        let forgotten = |cookies: Cookies, sent: &str| cleared(cookies.forget(&headers(&[sent]), REFRESH));
        assert_eq!(forgotten(SECURE, "x=y"), ["__Secure-village_refresh /auth", "village_refresh /auth"]);
        assert_eq!(forgotten(PLAIN, "x=y"), ["village_refresh /auth"]);
        let doubled = forgotten(SECURE, "village_refresh=a; village_refresh=b");
        assert_eq!(doubled, ["__Secure-village_refresh /auth", "village_refresh /auth", "village_refresh /"]);
        let prefixed = PLAIN.forget(&headers(&["__Secure-village_refresh=a"]), REFRESH);
        assert!(prefixed.iter().any(|cookie| cookie.name().starts_with(PREFIX) && cookie.secure() == Some(true)));
    }
}
