//! The readable part of a channel's address: what a person may ask for, and what is made when nobody asks.
//!
//! An address says nothing about channels that one may not know of. That of a private channel always ends in random
//! letters, so that asking for a name never tells whether a private channel has it.

use uuid::Uuid;

use crate::PostsError;

const MAX: usize = 40;

/// Words that addresses of the client or of later operations may need.
const RESERVED: &[&str] =
    &["all", "channels", "create", "edit", "invitations", "me", "mine", "new", "search", "settings"];

/// Digits and consonants that are hard to mistake for each other and make no words: 387 million endings.
const LETTERS: &[u8] = b"23456789bcdfghjkmnpqrstvwxz";
const RANDOM: usize = 6;

/// 2 to 40 of `a-z 0-9 -`, no hyphen at the ends, not a reserved word, and nothing that could be an id.
pub(crate) fn parse_slug(text: &str) -> Result<String, PostsError> {
    let refuse = |code, message: &str| Err(PostsError::field("slug", code, message));
    if !(2..=MAX).contains(&text.len()) {
        return refuse("length", "must have 2 to 40 characters");
    }
    if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return refuse("invalid_character", "may have lower-case letters a to z, digits and hyphens only");
    }
    if text.starts_with('-') || text.ends_with('-') {
        return refuse("invalid", "must not start or end with a hyphen");
    }
    if RESERVED.contains(&text) || text.parse::<Uuid>().is_ok() {
        return refuse("reserved", "is reserved; choose another");
    }
    Ok(text.to_owned())
}

/// A slug from a name in any script. A name that gives none by itself (nothing but signs, a reserved word) gets a
/// random ending.
pub(crate) fn from_name(name: &str) -> String {
    let ascii = deunicode::deunicode_with_tofu(name, "-").to_ascii_lowercase();
    let words = ascii.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = cut(&words.collect::<Vec<_>>().join("-"), MAX);
    parse_slug(&slug).unwrap_or_else(|_| with_ending(&slug))
}

/// The slug with a random ending, cut so that it stays a slug.
pub(crate) fn with_ending(slug: &str) -> String {
    let start = cut(slug, MAX - RANDOM - 1);
    let start = if start.is_empty() { "channel" } else { &start };
    let ending: String = (0..RANDOM).map(|_| char::from(LETTERS[rand::random_range(0..LETTERS.len())])).collect();
    format!("{start}-{ending}")
}

/// At most `length` bytes of ASCII, without a hyphen at the end.
fn cut(ascii: &str, length: usize) -> String {
    ascii[..ascii.len().min(length)].trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_short_plain_and_not_ids() {
        for good in ["ab", "preemies", "born-2019", "x1"] {
            assert!(parse_slug(good).is_ok(), "{good}");
        }
        let id = "01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77";
        let long = "a".repeat(41);
        for bad in ["", "a", "A1", "ä1", "a b", "-ab", "ab-", "new", "settings", id, &id.replace('-', ""), &long] {
            assert!(parse_slug(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_in_any_script_gives_a_slug() {
        let cases = [
            ("Preemies", "preemies"),
            ("  Sleep & 3 a.m.  ", "sleep-3-a-m"),
            ("Früh geboren", "fruh-geboren"),
            ("Straße", "strasse"),
            ("ようこそ", "youkoso"),
            ("Недоношенные", "nedonoshennye"),
        ];
        for (name, slug) in cases {
            assert_eq!(from_name(name), slug, "{name}");
        }
        let long = format!("{} b", "a".repeat(39));
        for name in ["早産児の親", "미숙아", "أطفال", "א", "!!!", "x", "New", "💛", &long, &"字".repeat(60)]
        {
            let slug = from_name(name);
            assert_eq!(parse_slug(&slug).expect(name), slug);
        }
    }

    #[test]
    fn a_random_ending_keeps_a_slug_a_slug() {
        for slug in ["preemies", "", "a", "new", &"a".repeat(40), &format!("{}-b", "a".repeat(32))] {
            let ended = with_ending(slug);
            assert_eq!(parse_slug(&ended).expect(slug), ended);
            assert_ne!(ended, with_ending(slug));
        }
    }
}
