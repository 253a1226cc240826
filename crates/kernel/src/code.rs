//! Codes that people copy, type and dictate: what is told apart in them, and what is not.

use crate::text::is_invisible;

/// A code without what copying and typing add to it: spaces, line breaks, invisible characters, dashes of every kind,
/// capital letters, full-width letters. For codes of ASCII letters and digits whose case means nothing.
pub fn typed_code(text: &str) -> String {
    without_spaces(text).chars().filter(|c| !is_dash(*c)).map(|c| narrow(c).to_ascii_lowercase()).collect()
}

/// A token without the spaces, line breaks and invisible characters that mail programs put into it. Case and dashes
/// mean something in it and stay.
pub fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c)).collect()
}

fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'
            ..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{30FC}' | '\u{FF70}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}'
    )
}

/// The ASCII form of a full-width character, as Japanese and Chinese keyboards type them.
fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_was_copied() {
        for typed in [
            "7k2mq-9xw3d",
            " 7K2MQ 9XW3D\n",
            "7k2mq\u{2011}9xw3d",
            "7k2mq\u{00A0}9xw3d",
            "7k2mq\u{200B}9xw3d\u{FEFF}",
            "７ｋ２ｍｑ－９ｘｗ３ｄ",
            "7k2mq – 9xw3d",
        ] {
            assert_eq!(typed_code(typed), "7k2mq9xw3d", "{typed:?}");
        }
    }

    #[test]
    fn a_token_keeps_its_case_and_its_dashes() {
        assert_eq!(without_spaces(" aB-c_\r\n d\u{200B}"), "aB-c_d");
    }
}
