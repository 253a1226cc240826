//! Codes of invitations: made from the invitation's id with a key, so that none is stored and a retry shows the same.

use uuid::Uuid;
use village_kernel::code::typed_code;
use village_kernel::secret::{DerivedKey, MasterKey};

/// Crockford's base 32 (<https://www.crockford.com/base32.html>): nothing in it looks like something else.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 125 bits.
const SYMBOLS: usize = 25;
const GROUP: usize = 5;

/// Anything longer is no code, whatever spaces and dashes are in it.
const MAX_TYPED_BYTES: usize = 256;

pub(crate) struct InvitationCodes {
    make: DerivedKey,
    find: DerivedKey,
}

impl InvitationCodes {
    pub fn new(master_key: &MasterKey) -> Self {
        Self { make: master_key.derive("auth invitation"), find: master_key.derive("auth invitation lookup") }
    }

    /// The code of an invitation, such as `7k2mq-9xw3d-0ab1c-p5t8z-hn4rj`.
    pub fn code(&self, invitation: Uuid) -> String {
        let tag = self.make.mac(&[invitation.as_bytes()]);
        let mut code = String::with_capacity(SYMBOLS + SYMBOLS / GROUP);
        for symbol in 0..SYMBOLS {
            if symbol > 0 && symbol % GROUP == 0 {
                code.push('-');
            }
            let (byte, shift) = (symbol * 5 / 8, symbol * 5 % 8);
            let window = u16::from_be_bytes([tag[byte], tag[byte + 1]]);
            code.push(char::from(ALPHABET[usize::from((window >> (11 - shift)) & 31)]));
        }
        code
    }

    /// What the row of the invitation with this code is found by; `None` when it cannot be a code.
    pub fn lookup(&self, code: &str) -> Option<Vec<u8>> {
        if code.len() > MAX_TYPED_BYTES {
            return None;
        }
        let alike = |symbol| match symbol {
            b'o' => b'0',
            b'i' | b'l' => b'1',
            other => other,
        };
        let symbols: Vec<u8> = typed_code(code).bytes().map(alike).collect();
        let valid = symbols.len() == SYMBOLS && symbols.iter().all(|symbol| ALPHABET.contains(symbol));
        valid.then(|| self.find.mac(&[&symbols]).to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_however_a_person_copies_it() {
        let codes = InvitationCodes::new(&MasterKey::from_bytes([3; 32]));
        let id = Uuid::from_u128(7);
        let code = codes.code(id);
        assert_eq!(code, codes.code(id));
        assert_eq!(code.len(), 29);
        assert_ne!(code, codes.code(Uuid::from_u128(8)));
        let lookup = codes.lookup(&code).unwrap();
        let as_written = code.to_uppercase().replace('0', "O").replace('1', "l").replace('-', " ");
        assert_eq!(codes.lookup(&as_written), Some(lookup.clone()));
        assert_eq!(codes.lookup(&code.replace('-', "")), Some(lookup.clone()));
        let wide: String = code.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
        for copied in
            [code.replace('-', "\u{2011}"), code.replace('-', "-\r\n\t"), format!("\u{FEFF}{code}\u{00A0}"), wide]
        {
            assert_eq!(codes.lookup(&copied), Some(lookup.clone()), "{copied:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_not_looked_up() {
        let codes = InvitationCodes::new(&MasterKey::from_bytes([3; 32]));
        for text in ["", "abc", "u2345-67890-abcde-fghjk-mnpqr", "ünïcödé", &"a".repeat(257), "%00"] {
            assert_eq!(codes.lookup(text), None, "{text}");
        }
    }

    #[test]
    fn every_symbol_of_the_code_varies() {
        let codes = InvitationCodes::new(&MasterKey::from_bytes([3; 32]));
        let many: Vec<String> = (0..400).map(|n| codes.code(Uuid::from_u128(n)).replace('-', "")).collect();
        for position in 0..SYMBOLS {
            let seen: std::collections::HashSet<u8> = many.iter().map(|code| code.as_bytes()[position]).collect();
            assert!(seen.len() > 28, "symbol {position} takes {} values", seen.len());
        }
    }
}
