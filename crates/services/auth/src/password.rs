//! What a new password must be.

use crate::AuthError;

/// The most used passwords among those that are long enough; lower case.
const COMMON: &str = include_str!("common_passwords.txt");

/// A new password that follows the rules: 10 to 128 characters, not among the most used ones, and not the
/// person's own address or handle (NIST SP 800-63B §3.1.1.2: length and lists, no rules about character classes).
pub struct NewPassword(String);

impl NewPassword {
    pub const MIN: usize = 10;
    pub const MAX: usize = 128;

    /// `own` are the words the person is known by. `field` is how the request calls the password.
    pub fn parse(field: &'static str, text: &str, own: &[&str]) -> Result<Self, AuthError> {
        let length = text.chars().count();
        if length < Self::MIN {
            return Err(AuthError::field(field, "too_short", format!("is shorter than {} characters", Self::MIN)));
        }
        if length > Self::MAX {
            return Err(AuthError::field(field, "too_long", format!("is longer than {} characters", Self::MAX)));
        }
        let folded = text.to_lowercase();
        if own.iter().any(|word| is_own(&folded, word)) {
            return Err(AuthError::field(field, "too_easy", "is your own address or handle"));
        }
        let mut characters = folded.chars();
        let first = characters.next();
        let one_character = characters.all(|c| Some(c) == first);
        if one_character || COMMON.lines().any(|common| common == folded) {
            return Err(AuthError::field(field, "too_easy", "is one of the passwords everybody tries first"));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_own(folded: &str, word: &str) -> bool {
    let word = word.trim().trim_start_matches('@').to_lowercase();
    let local = word.split('@').next().unwrap_or_default();
    !word.is_empty() && (folded == word || folded == local)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(password: &str) -> Option<String> {
        match NewPassword::parse("password", password, &["ana.ribeiro@example.org", "ana_ribeiro"]) {
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
        ];
        for (password, expected) in cases {
            assert_eq!(code(password).as_deref(), Some(expected), "{password}");
        }
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
