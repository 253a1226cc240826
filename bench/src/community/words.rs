//! What people of a generated community say. It means nothing; lengths and letters are as in real ones.

use super::random::Random;

const WORDS: &[&str] = &[
    "she",
    "slept",
    "through",
    "the",
    "night",
    "and",
    "so",
    "did",
    "we",
    "for",
    "first",
    "time",
    "since",
    "coming",
    "home",
    "from",
    "hospital",
    "thank",
    "you",
    "all",
    "kind",
    "words",
    "soup",
    "tiny",
    "hats",
    "cake",
    "on",
    "Sunday",
    "does",
    "anybody",
    "know",
    "a",
    "good",
    "midwife",
    "near",
    "station",
    "he",
    "weighs",
    "two",
    "kilos",
    "now",
    "breathing",
    "alone",
    "day",
    "by",
    "café",
    "müde",
    "grüße",
    "preschool",
    "begins",
    "in",
    "autumn",
    "little",
    "hands",
];

/// About `bytes` bytes of words.
pub fn text(random: &mut Random, bytes: u32) -> String {
    let mut text = String::with_capacity(bytes as usize + 16);
    while text.len() < bytes as usize {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(WORDS[random.below(WORDS.len() as u32) as usize]);
    }
    text
}

/// Lower case and without accents, as the search of messages keeps it.
pub fn folded(text: &str) -> String {
    text.to_lowercase().replace('ü', "u").replace('é', "e").replace('ß', "ss")
}
