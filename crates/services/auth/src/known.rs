//! Devices and addresses from which a person has logged in before: others' failures must not keep them out.
//!
//! A device shows a token that the server made for it (after OWASP's "device cookies"). It gives no access: it only has
//! passwords tried on that device counted apart. An address counts as known for some days after it was used with
//! success; that is remembered in this process only.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moka::sync::Cache;
use uuid::Uuid;
use village_kernel::secret::{DerivedKey, MasterKey, random};
use village_kernel::{Instant, UserId};

use crate::store::accounts::Account;

const VERSION: u8 = 1;
const BODY: usize = 1 + 16 + 8 + 8 + 16;
const LENGTH: usize = BODY + 32;

/// How long a device stays known after a log-in on it. Browsers keep no cookie longer than 400 days.
pub(crate) const DEVICE_LIFE: Duration = Duration::from_secs(365 * 24 * 3600);

/// Accounts that one device is known for: a tablet that a family shares.
const MOST_ACCOUNTS: usize = 6;

/// How long an address stays known after the last log-in or refresh from it.
const PLACE_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Addresses remembered, some 100 bytes each. Only who has logged in can add one.
const MOST_PLACES: u64 = 100_000;

/// Proof that somebody logged in to an account on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeviceToken {
    user: UserId,
    /// The account's. A new password makes strangers of all devices: whoever knew the old one has no tries of their
    /// own.
    account_version: i64,
    issued_at: Instant,
    /// Told apart from the person's other devices by this.
    nonce: [u8; 16],
}

/// Where an attempt comes from, as attempts are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// A device that logged in to this account before.
    Device([u8; 16]),
    /// An address from which this account was used lately.
    Place(IpAddr),
    Stranger(IpAddr),
}

impl Source {
    pub fn is_known(self) -> bool {
        !matches!(self, Self::Stranger(_))
    }

    /// As the log says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Device(_) => "known_device",
            Self::Place(_) => "known_address",
            Self::Stranger(_) => "new_source",
        }
    }
}

pub(crate) struct Known {
    key: DerivedKey,
    places: Cache<(UserId, i64, IpAddr), Instant>,
}

impl Known {
    pub fn new(master_key: &MasterKey) -> Self {
        let places = Cache::builder().max_capacity(MOST_PLACES).time_to_idle(PLACE_LIFE).build();
        Self { key: master_key.derive("auth known device"), places }
    }

    /// The tokens in `texts`, each of which may hold several, that this server made and that are not too old.
    pub fn devices<'a>(&self, texts: impl IntoIterator<Item = &'a str>, now: Instant) -> Vec<DeviceToken> {
        let tokens = texts.into_iter().flat_map(|text| text.split('.')).take(2 * MOST_ACCOUNTS);
        let fresh = |token: &DeviceToken| now.since(token.issued_at) <= DEVICE_LIFE;
        tokens.filter_map(|text| self.decode(text)).filter(fresh).collect()
    }

    pub fn source(&self, account: Option<&Account>, devices: &[DeviceToken], place: IpAddr, now: Instant) -> Source {
        let Some(account) = account else { return Source::Stranger(place) };
        if let Some(device) = devices.iter().find(|device| device.is_for(account.user_id, account.version)) {
            return Source::Device(device.nonce);
        }
        match self.places.get(&(account.user_id, account.version, place)) {
            Some(used_at) if now.since(used_at) <= PLACE_LIFE => Source::Place(place),
            _ => Source::Stranger(place),
        }
    }

    pub fn note_place(&self, user: UserId, account_version: i64, place: IpAddr, now: Instant) {
        self.places.insert((user, account_version, place), now);
    }

    /// What the device keeps from now on: a token for this account, and those it has for others.
    pub fn renewed(&self, devices: &[DeviceToken], user: UserId, account_version: i64, now: Instant) -> DeviceTokens {
        let known = devices.iter().find(|device| device.is_for(user, account_version));
        let nonce = known.map_or_else(random::<16>, |device| device.nonce);
        let own = DeviceToken { user, account_version, issued_at: now, nonce };
        let mut all = vec![own];
        all.extend(devices.iter().filter(|device| device.user != user).take(MOST_ACCOUNTS - 1));
        let texts: Vec<String> = all.into_iter().map(|token| self.encode(token)).collect();
        DeviceTokens { own: texts[0].clone(), cookie: texts.join(".") }
    }

    fn encode(&self, token: DeviceToken) -> String {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(VERSION);
        bytes.extend(token.user.0.as_bytes());
        bytes.extend(token.account_version.to_be_bytes());
        bytes.extend(token.issued_at.as_micros().to_be_bytes());
        bytes.extend(token.nonce);
        bytes.extend(self.key.mac(&[&bytes]));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(&self, text: &str) -> Option<DeviceToken> {
        if text.len() != LENGTH.div_ceil(3) * 4 {
            return None;
        }
        let bytes: [u8; LENGTH] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (body, tag) = bytes.split_at(BODY);
        if body[0] != VERSION || !self.key.verify(&[body], tag) {
            return None;
        }
        let number = |from: usize| Some(i64::from_be_bytes(body[from..from + 8].try_into().ok()?));
        Some(DeviceToken {
            user: UserId(Uuid::from_slice(&body[1..17]).ok()?),
            account_version: number(17)?,
            issued_at: Instant::from_micros(number(25)?),
            nonce: body[33..BODY].try_into().ok()?,
        })
    }
}

impl DeviceToken {
    pub fn is_for(&self, user: UserId, account_version: i64) -> bool {
        (self.user, self.account_version) == (user, account_version)
    }
}

pub(crate) struct DeviceTokens {
    /// For an app that keeps one account.
    pub own: String,
    /// For a browser, which may be used by several people.
    pub cookie: String,
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

    fn known(key: u8) -> Known {
        Known::new(&MasterKey::from_bytes([key; 32]))
    }

    fn account(user: UserId, version: i64) -> Account {
        Account {
            user_id: user,
            email: String::new(),
            password_hash: String::new(),
            role: village_kernel::Role::Member,
            status: crate::store::accounts::Status::Active,
            created_at: Instant::from_micros(0),
            version,
        }
    }

    #[test]
    fn a_device_is_known_for_the_account_and_password_it_logged_in_with_and_for_a_year() {
        let (known, now) = (known(1), Instant::from_micros(1));
        let (ana, ben) = (UserId::new(now), UserId::new(now));
        let tokens = known.renewed(&[], ana, 1, now);
        let devices = known.devices([tokens.cookie.as_str()], now);
        let Source::Device(nonce) = known.source(Some(&account(ana, 1)), &devices, HERE, now) else { panic!() };
        for (other, version) in [(ben, 1), (ana, 2)] {
            let source = known.source(Some(&account(other, version)), &devices, HERE, now);
            assert_eq!(source, Source::Stranger(HERE));
        }
        assert_eq!(known.source(None, &devices, HERE, now), Source::Stranger(HERE));
        // Logging in again keeps what the device is told apart by.
        let later = now.plus(DEVICE_LIFE);
        let again = known.renewed(&known.devices([tokens.own.as_str()], later), ana, 1, later);
        let devices = known.devices([again.own.as_str()], later.plus(DEVICE_LIFE));
        assert_eq!(known.source(Some(&account(ana, 1)), &devices, HERE, later), Source::Device(nonce));
        assert!(known.devices([tokens.own.as_str()], later.plus(Duration::from_micros(1))).is_empty());
    }

    #[test]
    fn a_shared_tablet_is_known_for_a_few_people() {
        let (known, now) = (known(1), Instant::from_micros(1));
        let people: Vec<UserId> = (0..9).map(|_| UserId::new(now)).collect();
        let mut cookie = String::new();
        for person in &people {
            cookie = known.renewed(&known.devices([cookie.as_str()], now), *person, 1, now).cookie;
        }
        let devices = known.devices([cookie.as_str()], now);
        let is_known = |person: &UserId| devices.iter().any(|device| device.is_for(*person, 1));
        assert_eq!(people.iter().map(is_known).collect::<Vec<_>>(), [[false; 3], [true; 3], [true; 3]].concat());
    }

    #[test]
    fn forged_tokens_are_no_devices() {
        let (known, other, now) = (known(1), known(2), Instant::from_micros(1));
        let token = known.renewed(&[], UserId::new(now), 1, now).own;
        assert!(other.devices([token.as_str()], now).is_empty());
        for position in 0..token.len() - 1 {
            let mut changed = token.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            assert!(known.devices([std::str::from_utf8(&changed).unwrap()], now).is_empty(), "{position}");
        }
        for text in ["", ".", "x", &token[1..], &".".repeat(1 << 20), &format!("{token}A")] {
            assert!(known.devices([text], now).is_empty());
        }
    }

    #[test]
    fn an_address_is_known_for_a_week_after_its_last_use() {
        let (known, now) = (known(1), Instant::from_micros(1));
        let ana = account(UserId::new(now), 1);
        let there = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 9));
        known.note_place(ana.user_id, 1, HERE, now);
        assert_eq!(known.source(Some(&ana), &[], HERE, now.plus(PLACE_LIFE)), Source::Place(HERE));
        assert_eq!(known.source(Some(&ana), &[], there, now), Source::Stranger(there));
        let late = now.plus(PLACE_LIFE).plus(Duration::from_micros(1));
        assert_eq!(known.source(Some(&ana), &[], HERE, late), Source::Stranger(HERE));
    }
}
