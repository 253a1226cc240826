//! What people are called, and the form in which they are searched.

use village_kernel::text::{self, TextError, index_words, multi_line};

/// What people are told whose name is read as another member's, or as the staff's.
pub const MISLEADING_NAME: &str = "looks like another member's name in other letters; spell it in another way";
pub const STAFF_NAME: &str = "reads as if you ran this place; choose another";

/// One line of 1 to 60 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    pub fn parse(text: &str) -> Result<Self, TextError> {
        text::name(text, 60).map(Self)
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

/// Handle and name as they are searched, with a space before each word: " zoe zoe o neil".
pub fn search_text(handle: &str, display_name: &str) -> String {
    format!(" {} {}", index_words(handle), index_words(display_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handle_and_name_are_words_after_spaces() {
        assert_eq!(search_text("zoe_1", "  Zoë  O’Neil-Łuk\t"), " zoe_1 zoe 1 zoe o neil luk");
    }
}
