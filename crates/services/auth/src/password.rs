//! What a new password must be.

use crate::context_words::ContextWords;
use crate::{Auth, AuthError, secret_text};

/// The most used passwords among those that are long enough; lower case.
const COMMON: &str = include_str!("common_passwords.txt");

/// A new password that follows the rules: 10 to 128 characters in its normal form, not among the most used ones, and
/// not made of the person's own names and address or the community's (NIST SP 800-63B §3.1.1.2: length and lists, no
/// rules about character classes).
pub struct NewPassword(String);

impl NewPassword {
    pub const MIN: usize = 10;
    pub const MAX: usize = secret_text::MAX_CHARS;

    /// `own` are the words the person and the community are known by. `field` is how the request calls the password.
    pub fn parse(field: &'static str, text: &str, own: &ContextWords) -> Result<Self, AuthError> {
        let too_long = || AuthError::field(field, "too_long", format!("is longer than {} characters", Self::MAX));
        if secret_text::is_too_large(text) {
            return Err(too_long());
        }
        if text.chars().any(secret_text::is_refused) {
            let message = "holds a tab, a line break or another character that cannot be seen";
            return Err(AuthError::field(field, "invalid_character", message));
        }
        let normal = secret_text::normal_form(text).unwrap_or_default();
        let length = normal.chars().count();
        if length < Self::MIN {
            return Err(AuthError::field(field, "too_short", format!("is shorter than {} characters", Self::MIN)));
        }
        if length > Self::MAX {
            return Err(too_long());
        }
        let folded = normal.to_lowercase();
        let mut characters = folded.chars();
        let first = characters.next();
        let one_character = characters.all(|c| Some(c) == first);
        if one_character || COMMON.lines().any(|common| common == folded) {
            return Err(AuthError::field(field, "too_easy", "is one of the passwords everybody tries first"));
        }
        if own.make_up(&normal) {
            let message = "is made of names, an address or words that others know of you and this community; add \
                           other words";
            return Err(AuthError::field(field, "too_easy", message));
        }
        Ok(Self(normal))
    }

    /// In its normal form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Auth {
    /// Words that must not make up a password of this person here.
    pub(crate) fn words_of(&self, email: &str, handle: &str, display_name: &str) -> ContextWords {
        ContextWords::new([self.settings.community_name.as_str(), email, handle, display_name])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(password: &str) -> Option<String> {
        let own = ContextWords::new(["Little Lions", "ana.ribeiro@example.org", "ana_ribeiro", "Ana Ribeiro"]);
        match NewPassword::parse("password", password, &own) {
            Ok(_) => None,
            Err(AuthError::Invalid(fields)) => Some(fields[0].code.to_string()),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn long_and_unusual_passwords_pass_whatever_they_are_made_of() {
        for password in ["correct horse", "ナイトライトを消さないで", &"ab".repeat(64), "ana_ribeiro is my handle"]
        {
            assert_eq!(code(password), None, "{password}");
        }
    }

    #[test]
    fn short_long_common_and_own_ones_are_refused() {
        let long = "ab".repeat(65);
        let cases = [
            ("ninechars", "too_short"),
            (long.as_str(), "too_long"),
            ("Password123", "too_easy"),
            ("aaaaaaaaaaaa", "too_easy"),
            ("Ana.Ribeiro@example.org", "too_easy"),
            ("ana.ribeiro", "too_easy"),
            ("ANA_RIBEIRO", "too_easy"),
            ("villagevillage", "too_easy"),
            ("LittleLions2026", "too_easy"),
            ("tab\tbed words here", "invalid_character"),
            ("zero\u{200B}width words", "invalid_character"),
        ];
        for (password, expected) in cases {
            assert_eq!(code(password).as_deref(), Some(expected), "{password}");
        }
    }

    #[test]
    fn a_password_is_kept_and_counted_in_its_normal_form() {
        let own = ContextWords::new([]);
        let apart = NewPassword::parse("password", &"e\u{301}".repeat(128), &own);
        assert!(apart.is_err_and(|error| matches!(error, AuthError::Invalid(fields) if fields[0].code == "too_easy")));
        let mixed = "e\u{301}a".repeat(64);
        assert_eq!(NewPassword::parse("password", &mixed, &own).ok().unwrap().as_str(), "\u{E9}a".repeat(64));
        // Ten characters as typed, eight in the normal form.
        assert!(NewPassword::parse("password", "ze\u{308}bre\u{301}os!", &own).is_err());
        assert!(NewPassword::parse("password", &"x".repeat(1 << 20), &own).is_err());
    }

    #[test]
    fn the_list_holds_only_what_the_length_rule_lets_through() {
        assert!(COMMON.lines().count() >= 100);
        for common in COMMON.lines() {
            assert!((NewPassword::MIN..=NewPassword::MAX).contains(&common.chars().count()), "{common}");
            assert_eq!(common, common.to_lowercase());
        }
    }
}
