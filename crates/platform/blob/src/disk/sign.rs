//! URLs that carry their own permission: HMAC-SHA-256 over the method, the key and the query as it is written.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, Uri};
use url::form_urlencoded;
use village_kernel::secret::DerivedKey;
use village_kernel::{Instant, secret};

use crate::BlobKey;

pub(super) const PREFIX: &str = "/blobs/";

/// What one URL allows: reading an object, or putting one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub key: BlobKey,
    pub expires_at: Instant,
    pub upload: Option<Upload>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Upload {
    pub content_type: String,
    pub length_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Not signed by this server, or changed since. Says nothing about whether there is an object.
    Forged,
    Expired,
}

pub(super) struct Signer {
    public_url: String,
    key: secret::DerivedKey,
}

impl Signer {
    pub fn new(public_url: &str, key: DerivedKey) -> Self {
        Self { public_url: public_url.trim_end_matches('/').to_owned(), key }
    }

    pub fn url(&self, grant: &Grant) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("expires", &grant.expires_at.as_micros().to_string());
        if let Some(upload) = &grant.upload {
            query.append_pair("type", &upload.content_type);
            query.append_pair("length", &upload.length_bytes.to_string());
        }
        let query = query.finish();
        let method = if grant.upload.is_some() { Method::PUT } else { Method::GET };
        let signature = URL_SAFE_NO_PAD.encode(self.key.mac(&signed_parts(&method, grant.key.as_str(), &query)));
        format!("{}{PREFIX}{}?{query}&signature={signature}", self.public_url, grant.key)
    }

    /// The grant in a request's address. The signature covers the query's text, not its meaning, so there is only
    /// one way to write a URL that is accepted; it is checked before anything is parsed.
    pub fn check(&self, method: &Method, uri: &Uri, now: Instant) -> Result<Grant, Refused> {
        let path = uri.path().strip_prefix(PREFIX).ok_or(Refused::Forged)?;
        let (query, signature) =
            uri.query().and_then(|query| query.rsplit_once("&signature=")).ok_or(Refused::Forged)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refused::Forged)?;
        if !self.key.verify(&signed_parts(method, path, query), &signature) {
            return Err(Refused::Forged);
        }
        let grant = parse(path, query).ok_or(Refused::Forged)?;
        if grant.expires_at <= now { Err(Refused::Expired) } else { Ok(grant) }
    }
}

fn signed_parts<'a>(method: &'a Method, key: &'a str, query: &'a str) -> [&'a [u8]; 3] {
    [method.as_str().as_bytes(), key.as_bytes(), query.as_bytes()]
}

fn parse(path: &str, query: &str) -> Option<Grant> {
    let (mut expires_at, mut content_type, mut length_bytes) = (None, None, None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "expires" => expires_at = Some(Instant::from_micros(value.parse().ok()?)),
            "type" => content_type = Some(value.into_owned()),
            "length" => length_bytes = Some(value.parse().ok()?),
            _ => return None,
        }
    }
    let upload = match (content_type, length_bytes) {
        (Some(content_type), Some(length_bytes)) => Some(Upload { content_type, length_bytes }),
        (None, None) => None,
        _ => return None,
    };
    Some(Grant { key: path.parse().ok()?, expires_at: expires_at?, upload })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use village_kernel::secret::MasterKey;

    fn signer() -> Signer {
        Signer::new("https://village.example/", MasterKey::from_bytes([3; 32]).derive("blobs"))
    }

    fn grant(upload: bool) -> Grant {
        Grant {
            key: "media/0193/small.jpg".parse().unwrap(),
            expires_at: Instant::from_micros(2_000_000_000_000_000),
            upload: upload.then(|| Upload { content_type: "image/jpeg".to_owned(), length_bytes: 12_345 }),
        }
    }

    const NOW: Instant = Instant::from_micros(1_999_999_999_999_999);

    #[test]
    fn what_was_signed_is_what_is_granted_until_it_expires() {
        for (method, upload) in [(Method::GET, false), (Method::PUT, true)] {
            let url = signer().url(&grant(upload));
            assert!(url.starts_with("https://village.example/blobs/media/0193/small.jpg?expires="), "{url}");
            let uri: Uri = url.parse().unwrap();
            assert_eq!(signer().check(&method, &uri, NOW), Ok(grant(upload)));
            let at_expiry = grant(upload).expires_at;
            assert_eq!(signer().check(&method, &uri, at_expiry), Err(Refused::Expired));
        }
    }

    #[test]
    fn another_method_or_another_servers_key_is_refused() {
        let uri: Uri = signer().url(&grant(false)).parse().unwrap();
        for method in [Method::PUT, Method::HEAD, Method::POST, Method::DELETE, Method::OPTIONS] {
            assert_eq!(signer().check(&method, &uri, NOW), Err(Refused::Forged), "{method}");
        }
        let other = Signer::new("https://village.example", MasterKey::from_bytes([4; 32]).derive("blobs"));
        assert_eq!(other.check(&Method::GET, &uri, NOW), Err(Refused::Forged));
    }

    proptest! {
        #[test]
        fn a_url_with_any_byte_changed_added_or_removed_is_refused(
            upload: bool, at in 0_usize..400, byte in 0x21_u8..0x7f, how in 0_u8..3,
        ) {
            let method = if upload { Method::PUT } else { Method::GET };
            let original = signer().url(&grant(upload));
            // The origin is not signed: whoever answers there checks the rest.
            let origin = "https://village.example/".len();
            let mut bytes = original.clone().into_bytes();
            let at = origin + at % (bytes.len() - origin);
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
            let changed = String::from_utf8(bytes).unwrap();
            // What follows `#` is not sent, and not everything is an address at all.
            if let Ok(uri) = changed.parse::<Uri>() && changed != original && byte != b'#' {
                prop_assert_eq!(signer().check(&method, &uri, NOW), Err(Refused::Forged));
            }
        }

        #[test]
        fn no_address_makes_the_check_panic(path in "[ -~]{0,60}", query in "[ -~]{0,120}") {
            if let Ok(uri) = format!("http://h/blobs/{path}?{query}").parse::<Uri>() {
                prop_assert!(signer().check(&Method::GET, &uri, NOW).is_err());
            }
        }
    }
}
