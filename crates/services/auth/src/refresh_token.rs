//! Refresh tokens without stored secrets: the database holds only the number of the current generation, and a token
//! is the session's id and a generation under a keyed hash. Who steals the database cannot make one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;
use village_kernel::SessionId;
use village_kernel::secret::DerivedKey;

const VERSION: u8 = 1;
const BODY: usize = 1 + 16 + 8;
const LENGTH: usize = BODY + 32;

/// A token that this server made; whether it is still good is for the database to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    pub session: SessionId,
    pub generation: i64,
}

impl RefreshToken {
    pub fn encode(self, key: &DerivedKey) -> String {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(VERSION);
        bytes.extend(self.session.0.as_bytes());
        bytes.extend(self.generation.to_be_bytes());
        bytes.extend(key.mac(&[&bytes]));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub fn decode(text: &str, key: &DerivedKey) -> Option<Self> {
        if text.len() != LENGTH.div_ceil(3) * 4 {
            return None;
        }
        let bytes: [u8; LENGTH] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (body, tag) = bytes.split_at(BODY);
        if body[0] != VERSION || !key.verify(&[body], tag) {
            return None;
        }
        let session = SessionId(Uuid::from_slice(&body[1..17]).ok()?);
        let generation = i64::from_be_bytes(body[17..BODY].try_into().ok()?);
        Some(Self { session, generation })
    }
}

#[cfg(test)]
mod tests {
    use village_kernel::Instant;
    use village_kernel::secret::MasterKey;

    use super::*;

    #[test]
    fn a_token_comes_back_as_it_went_out_and_not_when_changed() {
        let key = MasterKey::from_bytes([1; 32]).derive("auth refresh");
        let token = RefreshToken { session: SessionId::new(Instant::from_micros(1)), generation: 7 };
        let text = token.encode(&key);
        assert_eq!(RefreshToken::decode(&text, &key), Some(token));
        for position in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(RefreshToken::decode(&changed, &key), None, "{position}");
        }
        let other = MasterKey::from_bytes([2; 32]).derive("auth refresh");
        assert_eq!(RefreshToken::decode(&text, &other), None);
        for foreign in ["", "x", &text[1..], &format!("{text}A"), "zoë"] {
            assert_eq!(RefreshToken::decode(foreign, &key), None);
        }
    }
}
