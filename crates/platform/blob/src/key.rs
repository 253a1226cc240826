//! The names of objects. Made by the server, never by a client, and checked all the same.

use std::fmt;
use std::str::FromStr;

/// A path of segments such as `media/01936f7a…/small.jpg`: 1 to 200 characters of `[a-z0-9._-]`, segments between
/// single slashes, none empty, none beginning with a dot (so `..` and hidden files cannot be named).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobKey(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid object key")]
pub struct InvalidKey;

const MAX_LENGTH: usize = 200;

impl BlobKey {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whose upload it is: the second segment of `uploads/<person>/…`, of other keys all of it.
    pub(crate) fn uploader(&self) -> &str {
        match self.0.split_once('/') {
            Some(("uploads", rest)) => rest.split_once('/').map_or(rest, |(person, _)| person),
            _ => &self.0,
        }
    }

    /// The type of the object by its extension; bytes of no known type otherwise.
    pub(crate) fn content_type(&self) -> &'static str {
        match self.0.rsplit('.').next() {
            Some("jpg") => "image/jpeg",
            Some("png") => "image/png",
            Some("webp") => "image/webp",
            Some("gif") => "image/gif",
            _ => "application/octet-stream",
        }
    }
}

impl FromStr for BlobKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        let valid = text.len() <= MAX_LENGTH
            && text.split('/').all(|segment| {
                !segment.is_empty()
                    && !segment.starts_with('.')
                    && !segment.contains("..")
                    && segment.bytes().all(allowed)
            });
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidKey) }
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobKey({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_relative_paths_are_keys() {
        for good in ["a", "media/0193/small.jpg", "uploads/a_b-c.1"] {
            assert_eq!(good.parse::<BlobKey>().unwrap().as_str(), good);
        }
        let long = "a".repeat(201);
        for bad in [
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/..",
            "a..b",
            ".incoming/x",
            "a/.b",
            "A",
            "é",
            "a b",
            "a\\b",
            "a%2fb",
            "a\0",
            "a\n",
            "a:b",
            "c:/a",
            "~",
            &long,
        ] {
            assert_eq!(bad.parse::<BlobKey>(), Err(InvalidKey), "{bad:?}");
        }
    }
}
