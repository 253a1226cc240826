//! The one form in which texts are searched: lower case, without accents, in words.
//!
//! A text is made of runs, which blanks and punctuation set apart, and a run of words. In scripts that put no spaces
//! between words each letter is a word: what is looked for is then found wherever its letters follow each other. So is
//! each emoji, without its colour of skin. `snake_case` is one word, as in a handle, and found by its parts too.

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

use super::visible::{is_emoji, is_mark, writes_without_spaces};

/// Which folding this is. Whoever stores folded words goes over them once more when it changes, so raise it with every
/// change of the rules or of the data they come from.
pub const FOLDING: i64 = 2;

/// Letters that no normalisation takes apart, as CLDR's transform "Latin-ASCII" writes them; and the two of Arabic that
/// keyboards for Persian type differently.
const LETTERS: &[(char, &str)] = &[
    ('æ', "ae"),
    ('œ', "oe"),
    ('ø', "o"),
    ('ł', "l"),
    ('đ', "d"),
    ('ð', "d"),
    ('þ', "th"),
    ('ħ', "h"),
    ('ŧ', "t"),
    ('ŋ', "n"),
    ('ĸ', "q"),
    ('ı', "i"),
    ('ƀ', "b"),
    ('ɓ', "b"),
    ('ƈ', "c"),
    ('ɖ', "d"),
    ('ɗ', "d"),
    ('ə', "e"),
    ('ɛ', "e"),
    ('ƒ', "f"),
    ('ɠ', "g"),
    ('ǥ', "g"),
    ('ɨ', "i"),
    ('ƙ', "k"),
    ('ƚ', "l"),
    ('ɲ', "n"),
    ('ɔ', "o"),
    ('ɵ', "o"),
    ('ƥ', "p"),
    ('ʈ', "t"),
    ('ƭ', "t"),
    ('ʉ', "u"),
    ('ʋ', "v"),
    ('ƴ', "y"),
    ('ƶ', "z"),
    ('\u{6cc}', "\u{64a}"),
    ('\u{6a9}', "\u{643}"),
];

/// The words of a text as they are stored to be searched, with one space between them.
pub fn index_words(text: &str) -> String {
    let mut words = Vec::new();
    for run in runs(text) {
        let parts = run.split(' ').filter(|word| word.contains('_')).flat_map(|word| word.split('_'));
        let parts: Vec<String> = parts.filter(|part| !part.is_empty()).map(str::to_owned).collect();
        words.push(run);
        words.extend(parts);
    }
    words.join(" ")
}

/// What somebody looks for: each is to stand in the index after a space. Words of one run are to follow each other.
pub fn find_terms(text: &str) -> Vec<String> {
    runs(text)
}

/// Whether one character is enough to look for: one that is a word by itself.
pub fn is_whole_word(text: &str) -> bool {
    text.chars().any(|c| is_emoji(c) || (c.is_alphabetic() && writes_without_spaces(c)))
}

/// Each with one space between its words.
fn runs(text: &str) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    let mut run = String::new();
    // Whether the last word goes on with a letter that is no word by itself.
    let mut is_open = false;
    for c in folded(text).chars() {
        let is_word = is_emoji(c) || (c.is_alphanumeric() && writes_without_spaces(c) && !is_mark(c));
        if is_mark(c) {
            if !run.is_empty() {
                run.push(c);
            }
        } else if is_word || c == '_' || (c.is_alphanumeric() && !is_apostrophe(c)) {
            if !run.is_empty() && (is_word || !is_open) {
                run.push(' ');
            }
            run.push(c);
            is_open = !is_word;
        } else if !run.is_empty() {
            runs.push(std::mem::take(&mut run));
        }
    }
    if !run.is_empty() {
        runs.push(run);
    }
    runs
}

/// Letters by their category, apostrophes to whoever types them.
fn is_apostrophe(c: char) -> bool {
    matches!(c, '\u{2b9}'..='\u{2bf}' | '\u{2c8}' | '\u{a78c}')
}

fn folded(text: &str) -> String {
    // Small forms that are several, such as ς and σ, ß and ss, meet as capitals. ẞ becomes ß first.
    let small: String = bare(text).chars().flat_map(char::to_lowercase).collect();
    bare(&small.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect::<String>())
}

/// Taken apart, and without what is not searched.
fn bare(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    for c in DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(text.chars()) {
        if is_dropped(c) {
            continue;
        }
        match LETTERS.iter().find(|(letter, _)| *letter == c) {
            Some((_, plain)) if !c.is_ascii() => bare.push_str(plain),
            _ => bare.push(c),
        }
    }
    bare
}

/// Accents, points of Hebrew and Arabic, what is not drawn, colours of skin, and the sign that stretches Arabic words.
/// Vowel signs of Indic and Thai stay, and the voicing marks of Japanese: words differ by them.
fn is_dropped(c: char) -> bool {
    if c.is_ascii() {
        return false;
    }
    if matches!(c, '\u{640}' | '\u{1f3fb}'..='\u{1f3ff}') {
        return true;
    }
    if !is_mark(c) {
        return false;
    }
    let class = CanonicalCombiningClassMapBorrowed::new().get_u8(c);
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let stands_for_a_vowel = matches!(category, GeneralCategory::SpacingMark)
        || (category == GeneralCategory::NonspacingMark && matches!(class, 0 | 7..=9 | 84..=199) && !is_selector(c));
    !stands_for_a_vowel
}

/// Grapheme joiner, variation selectors of all kinds, fillers: marks by their category that are not drawn.
fn is_selector(c: char) -> bool {
    matches!(
        c,
        '\u{34f}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}
