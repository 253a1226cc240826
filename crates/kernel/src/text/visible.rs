//! Which characters can be seen, and how scripts set words apart. All by properties of Unicode.

use icu_properties::props::{
    DefaultIgnorableCodePoint, ExtendedPictographic, GeneralCategory, GeneralCategoryGroup, RegionalIndicator, Script,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Letters and signs that draw nothing, though their category says otherwise: the blank of Braille, the sign for an
/// object that is not there, a note without a head, two blanks among hieroglyphs.
const DRAW_NOTHING: [char; 5] = ['\u{2800}', '\u{fffc}', '\u{1d159}', '\u{13441}', '\u{13442}'];

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

fn is_ignorable(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether it draws something by itself. A mark needs a letter under it.
fn is_visible(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_graphic();
    }
    // Places that are kept for emoji to come count as what a newer device draws there.
    if CodePointSetData::new::<ExtendedPictographic>().contains(c) {
        return true;
    }
    let unseen = GeneralCategoryGroup::Other.union(GeneralCategoryGroup::Separator).union(GeneralCategoryGroup::Mark);
    !unseen.contains(category(c)) && !is_ignorable(c) && !DRAW_NOTHING.contains(&c)
}

/// Whether nothing of it can be seen.
pub fn is_blank(text: &str) -> bool {
    !text.chars().any(is_visible)
}

/// Without white space and blank characters at both ends. What may belong to the visible text beside it stays: joiners,
/// variation selectors, tags, and marks of direction.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_blank_character(c))
}

/// Soft hyphen, fillers, zero width space, word joiner and its kin, byte order mark, blank of Braille.
fn is_blank_character(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{2060}'
            ..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
    )
}

/// Characters that take no room and say nothing: a person cannot know that they are there. What letters and emoji are
/// made with is not among them: joiners, variation selectors, tags.
pub fn is_invisible(c: char) -> bool {
    let shapes_others = matches!(
        c,
        '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    is_blank_character(c) || (is_ignorable(c) && !shapes_others) || matches!(c, '\u{fff9}'..='\u{fffb}')
}

/// Blank characters, and those that embed or override a direction, or once did: a name has no use for them.
pub(super) fn hides_in_a_name(c: char) -> bool {
    is_blank_character(c) || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
}

/// Whether it stands on another character: accents, vowel signs, and what is not drawn at all.
pub fn is_mark(c: char) -> bool {
    !c.is_ascii() && (GeneralCategoryGroup::Mark.contains(category(c)) || is_ignorable(c))
}

/// A mark that is drawn.
pub fn is_accent(c: char) -> bool {
    is_mark(c) && !is_ignorable(c)
}

/// Pictographs and the letters that flags are made of. Digits, which keycaps are made of, are not.
pub fn is_emoji(c: char) -> bool {
    !c.is_ascii()
        && (CodePointSetData::new::<ExtendedPictographic>().contains(c)
            || CodePointSetData::new::<RegionalIndicator>().contains(c))
}

/// Letters of scripts that put no spaces between words.
pub fn writes_without_spaces(c: char) -> bool {
    // The mark for a long vowel and the sign that closes a letter belong to no script of their own.
    const SHARED: [char; 3] = ['\u{30fc}', '\u{ff70}', '\u{3006}'];
    if c.is_ascii() {
        return false;
    }
    let script = CodePointMapData::<Script>::new().get(c);
    SHARED.contains(&c)
        || [
            Script::Han,
            Script::Hiragana,
            Script::Katakana,
            Script::Bopomofo,
            Script::Yi,
            Script::Thai,
            Script::Lao,
            Script::Khmer,
            Script::Myanmar,
            Script::Tibetan,
            Script::NewTaiLue,
            Script::TaiLe,
            Script::TaiTham,
            Script::TaiViet,
            Script::Balinese,
            Script::Javanese,
        ]
        .contains(&script)
}

/// Whether a letter or digit beside a word may belong to that word. Beside a Latin one, letters of scripts without
/// spaces do not, nor Korean ones, whose endings follow a foreign word at once.
pub fn joins_words(c: char) -> bool {
    let hangul = || CodePointMapData::<Script>::new().get(c) == Script::Hangul;
    c.is_alphanumeric() && !(writes_without_spaces(c) || hangul())
}
