//! An e-mail address: kept as typed, compared without regard to case.

use crate::AuthError;

/// Longest address that can be delivered to (RFC 5321 §4.5.3.1.3, less the angle brackets).
const MAX_BYTES: usize = 254;

/// The plain form that people have: letters, digits and common signs before the `@`, a name with a dot after it.
/// Quoted local parts, addresses in brackets and non-ASCII ones are refused.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    typed: String,
    folded: String,
}

impl Email {
    pub fn parse(text: &str) -> Result<Self, AuthError> {
        let typed = text.trim();
        if typed.len() > MAX_BYTES {
            return Err(AuthError::field("email", "too_long", "is longer than 254 characters"));
        }
        let valid = typed.rsplit_once('@').is_some_and(|(local, domain)| is_local(local) && is_domain(domain));
        if !valid {
            return Err(AuthError::field("email", "invalid", "is not an e-mail address"));
        }
        Ok(Self { typed: typed.to_owned(), folded: typed.to_ascii_lowercase() })
    }

    pub fn typed(&self) -> &str {
        &self.typed
    }

    pub fn folded(&self) -> &str {
        &self.folded
    }
}

fn is_local(local: &str) -> bool {
    local.len() <= 64
        && local.split('.').all(|atom| {
            !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        })
}

fn is_domain(domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    labels.len() >= 2
        && labels.iter().all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
        && labels.last().is_some_and(|top| top.bytes().any(|b| b.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_addresses_pass_and_are_folded() {
        for address in ["ana@example.org", "Ana.Ribeiro+kids@Mail.Example.co.uk", "o'neil@x-y.io", " ana@example.org "]
        {
            let email = Email::parse(address).unwrap_or_else(|_| panic!("{address}"));
            assert_eq!(email.typed(), address.trim());
            assert_eq!(email.folded(), address.trim().to_lowercase());
        }
    }

    #[test]
    fn what_cannot_be_delivered_to_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        let longer = format!("a@{}.org", "b.".repeat(130));
        for address in [
            "",
            "ana",
            "@example.org",
            "ana@",
            "ana@localhost",
            "a b@example.org",
            "a..b@example.org",
            ".a@example.org",
            "ana@-x.org",
            "ana@x-.org",
            "ana@x..org",
            "ana@1.2.3.4",
            "a@b@c.org",
            "ana@exa mple.org",
            "ana@example.org\n.x",
            "ana\0@example.org",
            "zoë@example.org",
            "\"a\"@example.org",
            &long,
            &longer,
        ] {
            assert!(Email::parse(address).is_err(), "{address:?}");
        }
    }
}
