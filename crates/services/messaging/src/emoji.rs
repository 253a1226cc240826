//! What may stand under a message.

use icu_properties::CodePointSetData;
use icu_properties::props::EmojiPresentation;

use crate::MessagingError;

const MAX_EMOJI_BYTES: usize = 40;

/// One emoji in the form that every device draws in colour (fully-qualified: with U+FE0F where the character alone is
/// drawn as text), so that devices which type it differently mean the same. As far as can be told without a table of them: a pictograph with what may follow it, several joined
/// into one, a flag or a keycap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Emoji(String);

impl Emoji {
    pub fn parse(text: &str) -> Result<Self, MessagingError> {
        let emoji = normal(text);
        if emoji.len() <= MAX_EMOJI_BYTES && is_one_emoji(&emoji) {
            return Ok(Self(emoji));
        }
        let message = format!("must be one emoji of at most {MAX_EMOJI_BYTES} bytes");
        Err(MessagingError::Invalid { field: "emoji", code: "invalid", message })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Fully-qualified, whichever selectors the device wrote or left out.
fn normal(text: &str) -> String {
    let bare: Vec<char> = text.chars().filter(|c| !matches!(*c, AS_TEXT | AS_EMOJI)).collect();
    let mut normal = String::with_capacity(text.len());
    for (position, c) in bare.iter().enumerate() {
        let next = bare.get(position + 1);
        let is_text_alone = is_pictograph(*c) && !CodePointSetData::new::<EmojiPresentation>().contains(*c);
        normal.push(*c);
        if (is_text_alone && !next.is_some_and(|c| is_skin_tone(*c))) || next == Some(&KEYCAP) {
            normal.push(AS_EMOJI);
        }
    }
    normal
}

const JOINER: char = '\u{200d}';
const AS_TEXT: char = '\u{fe0e}';
const AS_EMOJI: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';

fn is_one_emoji(text: &str) -> bool {
    let mut rest = text;
    loop {
        let Some(after) = element(rest) else { return false };
        match after.strip_prefix(JOINER) {
            Some(joined) => rest = joined,
            None => return after.is_empty(),
        }
    }
}

/// What is left after one element of an emoji (Unicode Technical Standard 51, `emoji_zwj_element`).
fn element(text: &str) -> Option<&str> {
    let mut chars = text.chars();
    let first = chars.next()?;
    let rest = chars.as_str();
    if is_regional(first) {
        return rest.strip_prefix(is_regional);
    }
    if matches!(first, '0'..='9' | '#' | '*') {
        return rest.strip_prefix(AS_EMOJI).unwrap_or(rest).strip_prefix(KEYCAP);
    }
    if !is_pictograph(first) {
        return None;
    }
    let rest = rest.strip_prefix(AS_EMOJI).or_else(|| rest.strip_prefix(is_skin_tone)).unwrap_or(rest);
    let tagged = rest.trim_start_matches(|c| matches!(c, '\u{e0020}'..='\u{e007e}'));
    match tagged.len() < rest.len() {
        true => tagged.strip_prefix('\u{e007f}'),
        false => Some(rest),
    }
}

fn is_regional(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

fn is_pictograph(c: char) -> bool {
    matches!(
        c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2194}'..='\u{21aa}'
            | '\u{231a}'..='\u{23ff}' | '\u{24c2}' | '\u{25aa}'..='\u{27bf}' | '\u{2934}'..='\u{2935}'
            | '\u{2b05}'..='\u{2b55}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
            | '\u{1f000}'..='\u{1f1e5}' | '\u{1f200}'..='\u{1faff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::examples;

    #[test]
    fn devices_that_type_an_emoji_differently_mean_the_same() {
        for example in examples("emoji") {
            let text = example[0].as_str().unwrap();
            let emoji = Emoji::parse(text).ok();
            assert_eq!(emoji.as_ref().map(Emoji::as_str), example[1].as_str(), "{text:?}");
            if let Some(emoji) = emoji {
                assert_eq!(Emoji::parse(emoji.as_str()).unwrap(), emoji);
            }
        }
    }

    #[test]
    fn one_emoji_and_nothing_else_is_a_reaction() {
        for emoji in ["👍", "❤", "❤️", "👍🏽", "👩‍👩‍👧‍👦", "🇵🇹", "1️⃣", "#⃣", "☺️", "©️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏳️‍🌈", "🧑🏿‍🚀", "⭐", "🥰"]
        {
            assert!(Emoji::parse(emoji).is_ok(), "{emoji}");
        }
        let long = "👩‍".repeat(8) + "👩";
        for text in [
            "",
            "a",
            "1",
            " ",
            "👍👍",
            "👍 ",
            "ok👍",
            "🇵",
            "é",
            "\u{200d}",
            "👍\u{200d}",
            "\u{fe0f}",
            "好",
            "\0",
            &long,
        ] {
            assert!(Emoji::parse(text).is_err(), "{text:?}");
        }
    }
}
