//! Rules that every text a person types shares.

/// Why a text was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("is empty")]
    Empty,
    #[error("is longer than {max} characters")]
    TooLong { max: usize },
    #[error("contains a character that cannot be stored")]
    ControlCharacter,
}

/// One line: trimmed, 1 to `max` characters, no control characters.
pub fn single_line(text: &str, max: usize) -> Result<String, TextError> {
    let text = text.trim();
    if text.chars().any(|c| c.is_control() || is_line_separator(c)) {
        return Err(TextError::ControlCharacter);
    }
    within(text, 1, max)
}

/// Several lines: trimmed, `min` to `max` characters; line breaks and tabs are kept, `\r\n` becomes `\n`.
pub fn multi_line(text: &str, min: usize, max: usize) -> Result<String, TextError> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(TextError::ControlCharacter);
    }
    within(text, min, max)
}

fn is_line_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

fn within(text: &str, min: usize, max: usize) -> Result<String, TextError> {
    let length = text.chars().count();
    if length < min {
        Err(TextError::Empty)
    } else if length > max {
        Err(TextError::TooLong { max })
    } else {
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_trimmed_and_counted_in_characters() {
        assert_eq!(single_line("  Zoë ", 3).unwrap(), "Zoë");
        assert_eq!(single_line("", 3), Err(TextError::Empty));
        assert_eq!(single_line("abcd", 3), Err(TextError::TooLong { max: 3 }));
        assert_eq!(single_line("a\nb", 9), Err(TextError::ControlCharacter));
        assert_eq!(single_line("a\0b", 9), Err(TextError::ControlCharacter));
    }

    #[test]
    fn several_lines_keep_their_breaks() {
        assert_eq!(multi_line("a\r\nb\n", 1, 9).unwrap(), "a\nb");
        assert_eq!(multi_line("\0", 0, 9), Err(TextError::ControlCharacter));
    }
}
