//! Where a request of somebody who is not signed in comes from, and what their device keeps afterwards.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum_extra::extract::cookie::Cookie;
use http::request::Parts;
use http::{HeaderMap, header};
use village_http::ClientIp;
use village_kernel::{Instant, UserId};

use crate::cookies::{self, SetCookies};
use crate::known::{self, DeviceToken, Source};
use crate::refresh_token::RefreshToken;
use crate::store::accounts::Account;
use crate::throttle::Tried;
use crate::{Auth, AuthError, RefreshBy};

const USER_AGENT_CHARS: usize = 200;

pub(crate) struct Visit {
    pub ip: ClientIp,
    headers: HeaderMap,
    /// The time of the request.
    pub now: Instant,
    /// Proofs of earlier log-ins that the device shows, whoever logged in.
    devices: Vec<DeviceToken>,
}

impl FromRequestParts<Arc<Auth>> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, auth: &Arc<Auth>) -> Result<Self, Infallible> {
        let ip = ClientIp::from_request_parts(parts, auth).await?;
        let now = auth.clock.now();
        let kept = auth.cookies.values(&parts.headers, cookies::DEVICE);
        let devices = auth.known.devices(kept.iter().map(String::as_str), now);
        Ok(Self { ip, headers: parts.headers.clone(), now, devices })
    }
}

impl Visit {
    /// What rate limits and known addresses go by.
    fn place(&self) -> IpAddr {
        self.ip.household()
    }

    /// What the device calls itself: shown to its owner in the list of sessions.
    pub fn user_agent(&self) -> String {
        let text = self.headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        text.unwrap_or_default().chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS).collect()
    }
}

impl Auth {
    /// Takes in the proof that an app sends in the body of its request.
    pub(crate) fn show_device(&self, visit: &mut Visit, token: Option<&str>) {
        visit.devices.extend(self.known.devices(token, visit.now));
    }

    /// Whether a password may be tried now, and where the attempt comes from. `account` is that of the address, if any:
    /// the answers do not depend on whether there is one.
    pub(crate) fn may_try(&self, visit: &Visit, folded: &str, account: Option<&Account>) -> Result<Source, AuthError> {
        let source = self.known.source(account, &visit.devices, visit.place(), visit.now);
        // A known device is not held up by others behind the same address: its own allowance is bound enough.
        if !matches!(source, Source::Device(_)) {
            self.throttles.login(visit.ip)?;
        }
        self.throttles.password(Tried::new(folded, account.map(|account| account.user_id)), source)?;
        Ok(source)
    }

    /// From now on this address is known for the account, whose version is `account_version` after what was done.
    pub(crate) fn note_place(&self, visit: &Visit, user: UserId, account_version: i64) {
        self.known.note_place(user, account_version, visit.place(), visit.now);
    }

    /// Makes the device known for the account: the token for an app, and the cookies for a browser.
    pub(crate) fn known_device(
        &self,
        visit: &Visit,
        user: UserId,
        account_version: i64,
    ) -> (String, Vec<Cookie<'static>>) {
        let tokens = self.known.renewed(&visit.devices, user, account_version, visit.now);
        let mut set = vec![self.cookies.set(cookies::DEVICE, tokens.cookie, known::DEVICE_LIFE)];
        set.extend(self.cookies.tidy(&visit.headers, cookies::DEVICE));
        (tokens.own, set)
    }

    /// Whether the device has shown that it is known for the account.
    pub(crate) fn is_known_device(&self, visit: &Visit, user: UserId, account_version: i64) -> bool {
        visit.devices.iter().any(|device| device.is_for(user, account_version))
    }

    /// Whether the request comes from a browser that keeps our cookies.
    pub(crate) fn keeps_cookies(&self, visit: &Visit) -> bool {
        [cookies::REFRESH, cookies::DEVICE].iter().any(|base| !self.cookies.values(&visit.headers, base).is_empty())
    }

    /// The cookie with a refresh token, and the ends of those that came beside it.
    pub(crate) fn refresh_cookies(&self, visit: &Visit, token: String) -> Vec<Cookie<'static>> {
        let mut set = vec![self.cookies.set(cookies::REFRESH, token, self.settings.session_idle)];
        set.extend(self.cookies.tidy(&visit.headers, cookies::REFRESH));
        set
    }

    /// Makes the browser forget the refresh token, under whatever name it has it. That the device is known stays.
    pub(crate) fn forget_refresh(&self, visit: &Visit) -> SetCookies {
        SetCookies(self.cookies.forget(&visit.headers, cookies::REFRESH))
    }

    /// The refresh tokens that a request brings, in the body or else in cookies, and which of them it was. Of several
    /// for one session only the newest counts: the others were left behind, and are no sign of a thief.
    pub(crate) fn presented(&self, body: Option<&str>, visit: &Visit) -> (Vec<RefreshToken>, RefreshBy) {
        let (texts, by) = match body {
            Some(text) => (vec![text.to_owned()], RefreshBy::Body),
            None => (self.cookies.values(&visit.headers, cookies::REFRESH), RefreshBy::Cookie),
        };
        let mut tokens: Vec<RefreshToken> = Vec::new();
        for token in texts.iter().filter_map(|text| RefreshToken::decode(text, &self.refresh_key)) {
            match tokens.iter_mut().find(|known| known.session == token.session) {
                Some(known) => known.generation = known.generation.max(token.generation),
                None => tokens.push(token),
            }
        }
        (tokens, by)
    }
}
