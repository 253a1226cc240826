//! The examples that client and server share, and what holds for every text.

use proptest::prelude::*;
use serde_json::Value;
use village_kernel::text::{
    TextError, find_terms, index_words, is_blank, is_whole_word, multi_line, name, single_line,
};

fn examples(of: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../../testdata/text.json")).unwrap();
    all[of].as_array().unwrap_or_else(|| panic!("no examples of {of}")).clone()
}

fn pairs(of: &str) -> Vec<(String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    examples(of).iter().map(|pair| (text(&pair[0]).unwrap(), text(&pair[1]))).collect()
}

/// Each term stands after a space; the last one may go on.
fn finds(body: &str, wanted: &str) -> bool {
    let words = format!(" {} ", index_words(body));
    let terms = find_terms(wanted);
    let (last, whole) = terms.split_last().expect("there is something to look for");
    whole.iter().all(|term| words.contains(&format!(" {term} "))) && words.contains(&format!(" {last}"))
}

#[test]
fn a_text_of_nothing_visible_is_empty() {
    for text in examples("blank") {
        let text = text.as_str().unwrap();
        assert!(is_blank(text), "{text:?}");
        assert_eq!(single_line(text, 100), Err(TextError::Empty), "{text:?}");
        assert_eq!(name(text, 100), Err(TextError::Empty), "{text:?}");
        assert_eq!(multi_line(text, 1, 100), Err(TextError::Empty), "{text:?}");
        assert_eq!(multi_line(text, 0, 100).as_deref(), Ok(""), "{text:?}");
    }
    for text in examples("visible") {
        let text = text.as_str().unwrap();
        assert!(!is_blank(text), "{text:?}");
        assert!(multi_line(text, 1, 100).is_ok(), "{text:?}");
    }
}

#[test]
fn pasted_characters_become_what_the_field_can_hold() {
    for (text, expected) in pairs("single_line") {
        assert_eq!(single_line(&text, 100).ok(), expected, "{text:?}");
    }
    for (text, expected) in pairs("multi_line") {
        assert_eq!(multi_line(&text, 0, 100).ok(), expected, "{text:?}");
    }
    for (text, expected) in pairs("names") {
        assert_eq!(name(&text, 100).ok(), expected, "{text:?}");
    }
}

#[test]
fn characters_are_counted_as_the_client_counts_them() {
    for example in examples("length") {
        let (text, length) = (example[0].as_str().unwrap(), example[1].as_u64().unwrap() as usize);
        assert_eq!(multi_line(text, 0, 100).unwrap().chars().count(), length, "{text:?}");
    }
}

#[test]
fn texts_are_folded_to_words() {
    for (text, expected) in pairs("folded") {
        assert_eq!(find_terms(&text).join(" "), expected.unwrap(), "{text:?}");
    }
    assert_eq!(index_words(""), "");
    assert_eq!(index_words("?!"), "");
    assert_eq!(index_words("_a_b!"), "_a_b a b");
}

#[test]
fn what_is_typed_finds_what_was_written_whatever_case_accents_and_script() {
    for (body, wanted) in pairs("found") {
        assert!(finds(&body, &wanted.unwrap()), "{body:?}");
    }
    for (body, wanted) in pairs("not_found") {
        assert!(!finds(&body, &wanted.unwrap()), "{body:?}");
    }
    for one in ["家", "😀", "❤", "あ", "ก"] {
        assert!(is_whole_word(one), "{one}");
    }
    for one in ["a", "1", "é", "한", "。"] {
        assert!(!is_whole_word(one), "{one}");
    }
}

proptest! {
    #[test]
    fn folding_twice_is_folding_once(text in "\\PC{0,60}") {
        let once = find_terms(&text).join(" ");
        prop_assert_eq!(find_terms(&once).join(" "), once);
    }

    #[test]
    fn what_is_written_is_found_by_itself(text in "[\\p{L}\\p{N}]{1,12}") {
        if !find_terms(&text).is_empty() {
            prop_assert!(finds(&text, &text), "{:?} {:?}", index_words(&text), find_terms(&text));
        }
    }

    #[test]
    fn what_can_be_seen_is_kept_and_what_cannot_is_refused(
        blanks in "[\\p{Z}\\p{Cf}\\p{Mn}\u{3164}\u{2800}]{0,20}",
        letters in "[\\p{L}&&[^\u{3164}\u{115f}\u{1160}\u{ffa0}\u{13441}\u{13442}]]{1,10}",
    ) {
        prop_assert_eq!(multi_line(&blanks, 1, 1_000), Err(TextError::Empty));
        let kept = multi_line(&format!("{blanks}{letters}{blanks}"), 1, 1_000).unwrap();
        prop_assert!(kept.contains(&letters));
        prop_assert_eq!(multi_line(&kept, 1, 1_000).unwrap(), kept);
    }

    #[test]
    fn tidying_twice_is_tidying_once(text in any::<String>()) {
        for tidy in [single_line, name, |text: &str, max: usize| multi_line(text, 0, max)] {
            if let Ok(once) = tidy(&text, 10_000) {
                prop_assert_eq!(tidy(&once, 10_000), Ok(once));
            }
        }
    }
}
