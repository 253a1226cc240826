//! Rules that every text a person types shares.
//!
//! What counts as visible is in `visible`, the form in which texts are searched in `fold`. The client has the same
//! rules in `web/src/text`; `testdata/text.json` holds both to the same examples.

mod fold;
mod visible;

pub use fold::{FOLDING, find_terms, index_words, is_whole_word};
pub use visible::{is_accent, is_blank, is_emoji, is_invisible, is_mark, joins_words, trim, writes_without_spaces};

/// Why a text was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("has nothing that can be seen")]
    Empty,
    #[error("is longer than {max} characters")]
    TooLong { max: usize },
    #[error("contains a character that cannot be stored")]
    ControlCharacter,
}

/// One line: trimmed, 1 to `max` characters, something visible among them. Pasted line breaks and tabs become spaces,
/// other control characters go; only NUL is refused.
pub fn single_line(text: &str, max: usize) -> Result<String, TextError> {
    within(&line(text)?, 1, max)
}

/// As [`single_line`], for what people and things are called: without what turns the direction of writing around or
/// takes no room, so that two names that look alike are alike.
pub fn name(text: &str, max: usize) -> Result<String, TextError> {
    let text: String = line(text)?.chars().filter(|c| !visible::hides_in_a_name(*c)).collect();
    within(&text, 1, max)
}

/// One line that may be empty, with single spaces: what stands for an image, which screen readers read in one go.
pub fn caption(text: &str, max: usize) -> Result<String, TextError> {
    let words: Vec<&str> = text.split_whitespace().collect();
    within(&line(&words.join(" "))?, 0, max)
}

/// Several lines: trimmed, up to `max` characters; with `min` above 0 something visible among them, otherwise a text
/// of nothing visible is the empty one. Tabs are kept, everything that breaks a line becomes `\n`, other control
/// characters go; only NUL is refused.
pub fn multi_line(text: &str, min: usize, max: usize) -> Result<String, TextError> {
    within(&lines(text)?, min, max)
}

/// A text that somebody is still typing, as [`multi_line`] but untrimmed, with nothing required, and counted as it came.
pub fn unfinished(text: &str, max: usize) -> Result<String, TextError> {
    if text.chars().count() > max { Err(TextError::TooLong { max }) } else { lines(text) }
}

fn line(text: &str) -> Result<String, TextError> {
    Ok(lines(text)?.replace(['\n', '\t'], " "))
}

/// With `\n` for each break of a line, and no control characters but that and the tab.
fn lines(text: &str) -> Result<String, TextError> {
    if text.contains('\0') {
        return Err(TextError::ControlCharacter);
    }
    let text = text.replace("\r\n", "\n");
    let broken = text.chars().map(|c| match c {
        // Vertical tab, form feed, carriage return, next line, line and paragraph separator.
        '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        other => other,
    });
    Ok(broken.filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect())
}

fn within(text: &str, min: usize, max: usize) -> Result<String, TextError> {
    let text = if is_blank(text) { "" } else { trim(text) };
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
        assert_eq!(single_line("a\nb\u{7}", 9).unwrap(), "a b");
        assert_eq!(single_line("a\0b", 9), Err(TextError::ControlCharacter));
    }

    #[test]
    fn several_lines_keep_their_breaks() {
        assert_eq!(multi_line("a\r\nb\n", 1, 9).unwrap(), "a\nb");
        assert_eq!(multi_line("\u{200b} \n", 0, 9).unwrap(), "");
        assert_eq!(multi_line("\0", 0, 9), Err(TextError::ControlCharacter));
    }

    #[test]
    fn a_name_hides_nothing() {
        assert_eq!(name("\u{202e}An\u{200b}a\u{2060}", 9).unwrap(), "Ana");
        assert_eq!(name("می\u{200c}نا 👩\u{200d}🚀 ❤\u{fe0f}", 20).unwrap(), "می\u{200c}نا 👩\u{200d}🚀 ❤\u{fe0f}");
        assert_eq!(name("\u{3164}\u{301}", 9), Err(TextError::Empty));
    }

    #[test]
    fn a_caption_is_one_line_or_nothing() {
        assert_eq!(caption(" Leo,\u{85}\tasleep\u{7} ", 20).unwrap(), "Leo, asleep");
        assert_eq!(caption("\u{200b}", 9).unwrap(), "");
    }

    #[test]
    fn what_is_being_typed_keeps_its_blanks() {
        assert_eq!(unfinished(" a \u{b}", 9).unwrap(), " a \n");
        assert_eq!(unfinished("abc", 2), Err(TextError::TooLong { max: 2 }));
    }
}
