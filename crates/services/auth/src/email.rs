//! An e-mail address: kept as typed, compared without regard to case and to how its domain is written.

use village_kernel::text::trim;

use crate::AuthError;

/// Longest address that can be delivered to (RFC 5321 §4.5.3.1.3, less the angle brackets).
const MAX_BYTES: usize = 254;

/// The plain form that people have: letters, digits and common signs before the `@`, a name with a dot after it. The
/// name may be in any script: `ana@bücher.example` is `ana@xn--bcher-kva.example`. Quoted local parts, addresses in
/// brackets and local parts beyond ASCII, which few servers deliver to, are refused.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    typed: String,
    folded: String,
}

impl Email {
    pub fn parse(text: &str) -> Result<Self, AuthError> {
        // As Chinese and Japanese keyboards type them.
        let typed = trim(text).replace('＠', "@").replace(['。', '．', '｡'], ".");
        let invalid = || AuthError::field("email", "invalid", "is not an e-mail address");
        let too_long = || AuthError::field("email", "too_long", "is longer than 254 characters");
        // An address may be longer as it is typed than as it is sent, but not without bound.
        if typed.len() > 4 * MAX_BYTES {
            return Err(too_long());
        }
        let (local, domain) = typed.rsplit_once('@').ok_or_else(invalid)?;
        let domain = ascii_domain(domain).ok_or_else(invalid)?;
        let folded = format!("{}@{domain}", local.to_ascii_lowercase());
        if folded.len() > MAX_BYTES {
            return Err(too_long());
        }
        if !is_local(local) || !is_domain(&domain) {
            return Err(invalid());
        }
        Ok(Self { typed, folded })
    }

    pub fn typed(&self) -> &str {
        &self.typed
    }

    pub fn folded(&self) -> &str {
        &self.folded
    }
}

/// As it is sent: in lower case, and each label beyond ASCII in its form with `xn--` (UTS #46).
fn ascii_domain(domain: &str) -> Option<String> {
    if domain.is_ascii() {
        return Some(domain.to_ascii_lowercase());
    }
    idna::domain_to_ascii_strict(domain).ok()
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
    fn a_domain_of_any_script_is_one_with_its_form_in_ascii() {
        let folded = |address: &str| Email::parse(address).map(|email| email.folded().to_owned()).ok();
        for address in [
            "ana@bücher.example",
            "Ana@BÜCHER.example",
            "ana@bu\u{308}cher.example",
            "ana@XN--bcher-kva.example",
            "ana＠bücher。example",
            " ana@bücher.example\u{200b}",
        ] {
            assert_eq!(folded(address).as_deref(), Some("ana@xn--bcher-kva.example"), "{address}");
        }
        assert_eq!(folded("ana@例え.テスト").as_deref(), Some("ana@xn--r8jz45g.xn--zckzah"));
        for address in ["ana@bü_cher.example", "ana@\u{301}a.example", "ana@bücher", "zoë@bücher.example"] {
            assert_eq!(folded(address), None, "{address}");
        }
        assert!(Email::parse(&format!("ana@{}.example", "ü".repeat(600))).is_err());
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
