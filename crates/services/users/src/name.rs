//! What people are called, and the form in which names are searched.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use village_kernel::text::{TextError, multi_line, single_line};

/// One line of 1 to 60 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    pub fn parse(text: &str) -> Result<Self, TextError> {
        single_line(text, 60).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Up to 500 characters about oneself; may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bio(String);

impl Bio {
    pub fn parse(text: &str) -> Result<Self, TextError> {
        multi_line(text, 0, 500).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lower case, without accents, one space before each word: " zoe o'neil". A search for the start of any word is
/// then a search for that start after a space.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 1);
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        folded.push(' ');
        folded.extend(word.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase));
    }
    folded
}

/// `text` as a pattern for `like … escape '\'` that finds it literally, anywhere.
pub fn anywhere(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_to_words_after_spaces() {
        assert_eq!(fold("  Zoë  O'Neil\t"), " zoe o'neil");
        assert_eq!(fold("ÅNGSTRÖM"), " angstrom");
        assert_eq!(fold("a\0b"), " a b");
        assert_eq!(fold(" \n"), "");
    }

    #[test]
    fn wildcards_are_taken_literally() {
        assert_eq!(anywhere(r" 100%_\"), r"% 100\%\_\\%");
    }
}
