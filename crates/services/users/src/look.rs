//! What handles and names look like, so that nobody passes for somebody else (UTS #39).
//!
//! People may bear the same name: the handle beside it tells them apart. What is refused is a name that only looks like
//! another member's, written in other letters, and one that says it is the staff. Handles, which tell people apart, are
//! refused when they are easily misread for another one.

use icu_normalizer::DecomposingNormalizerBorrowed;
use unicode_security::skeleton;
use village_kernel::text::{is_accent, is_mark};

/// One way in which a handle or a name is read, and how it is spelled. Two people with the same look and different
/// spellings are mistaken for each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Look {
    pub look: String,
    pub spelling: String,
}

/// Names of those who run the place.
const STAFF: &[&str] = &[
    "admin",
    "admins",
    "administrator",
    "administrators",
    "admin team",
    "the admins",
    "the admin team",
    "moderator",
    "moderators",
    "mods",
    "the moderators",
    "the mods",
    "moderation",
    "moderation team",
    "owner",
    "owners",
    "the owner",
    "staff",
    "the staff",
    "staff team",
    "support",
    "support team",
    "help desk",
    "security",
    "security team",
    "system",
    "official",
    "everyone",
    "village",
    "village team",
    "the village team",
    "village support",
    "village staff",
    "village admin",
    "village admins",
    "village administrator",
    "village moderator",
    "village moderators",
    "village owner",
    "village security",
    "village official",
    "official village",
];

/// All looks of one person.
pub fn looks(handle: &str, display_name: &str) -> Vec<Look> {
    let mut looks = name_looks(display_name);
    looks.push(handle_look(handle));
    looks
}

/// `0` is read as `o`, `1` as `l`, `rn` as `m`, `vv` as `w`; underscores at the ends and repeated ones are overlooked.
pub fn handle_look(handle: &str) -> Look {
    let read = handle.replace('0', "o").replace('1', "l").replace("rn", "m").replace("vv", "w");
    let parts: Vec<&str> = read.split('_').filter(|part| !part.is_empty()).collect();
    Look { look: format!("@{}", parts.join("_")), spelling: handle.to_owned() }
}

/// As it is written, where I is read as l, and in lower case, where Cyrillic letters are read as Latin ones. None for a
/// name without letters.
pub fn name_looks(name: &str) -> Vec<Look> {
    let spelling = spelling(name);
    let as_written = format!("={}", read(name));
    let in_lower_case = format!("~{}", read(&name.to_lowercase()));
    let looks = [as_written, in_lower_case].into_iter().filter(|look| look.len() > 1);
    looks.map(|look| Look { look, spelling: spelling.clone() }).collect()
}

/// Whether the name reads as one of those who run the place.
pub fn passes_for_staff(name: &str) -> bool {
    let read_as = read(&name.to_lowercase());
    STAFF.iter().any(|staff| read(staff) == read_as)
}

/// Whether a handle reads as `word`, also with digits for letters.
pub fn reads_as(handle: &str, word: &str) -> bool {
    let read =
        |ones: &str| handle.trim_matches('_').replace('0', "o").replace('3', "e").replace('5', "s").replace('1', ones);
    let letters = |text: &str| handle_look(text).look;
    [read("i"), read("l")].iter().any(|handle| letters(handle) == letters(word))
}

/// Letters and digits as they look. Accents stay: with them it is another name.
fn read(text: &str) -> String {
    let drawn: String = text.chars().filter(|c| !is_mark(*c) || is_accent(*c)).collect();
    skeleton(&drawn).filter(|c| c.is_alphanumeric() || is_accent(*c)).collect()
}

/// Letters and digits as they are typed, in lower case; `rn` and `m` are not held to be different names.
fn spelling(text: &str) -> String {
    let small = text.chars().flat_map(char::to_lowercase);
    let letters: String = DecomposingNormalizerBorrowed::new_nfd()
        .normalize_iter(small)
        .filter(|c| c.is_alphanumeric() || is_accent(*c))
        .collect();
    letters.replace("rn", "m")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn are_alike(one: &str, other: &str) -> &'static str {
        let (one, other) = (name_looks(one), name_looks(other));
        if one.iter().any(|one| other.iter().any(|other| one.look == other.look && one.spelling != other.spelling)) {
            "alike"
        } else if one[0].spelling == other[0].spelling {
            "same"
        } else {
            "other"
        }
    }

    #[test]
    fn names_look_alike_when_other_letters_are_read_the_same() {
        let all: Value = serde_json::from_str(include_str!("../../../../testdata/text.json")).unwrap();
        for example in all["names_alike"].as_array().unwrap() {
            let (one, other) = (example[0].as_str().unwrap(), example[1].as_str().unwrap());
            assert_eq!(are_alike(one, other), example[2], "{one} {other}");
            assert_eq!(are_alike(other, one), example[2], "{other} {one}");
        }
        assert!(name_looks("❤️").is_empty());
    }

    #[test]
    fn handles_are_read_as_they_are_misread() {
        for (one, other) in [("ana0", "anao"), ("al1", "all"), ("_ana_", "ana"), ("ana__r", "ana_r"), ("arne", "ame")] {
            assert_eq!(handle_look(one).look, handle_look(other).look, "{one} {other}");
        }
        for (one, other) in [("ana_r", "anar"), ("ali", "all"), ("ana1", "ana2")] {
            assert_ne!(handle_look(one).look, handle_look(other).look, "{one} {other}");
        }
        for (handle, word) in [("adm1n", "admin"), ("0wner", "owner"), ("vi11age", "village"), ("_5taff", "staff")] {
            assert!(reads_as(handle, word), "{handle}");
        }
        assert!(!reads_as("ali", "all"));
    }

    #[test]
    fn staff_is_recognised_in_any_letters() {
        for name in ["Admin", "ADMIN.", "Аdmin", "Village  Team", "The Moderators", "Ｓｔａｆｆ", "Owner ✓"] {
            assert!(passes_for_staff(name), "{name}");
        }
        for name in ["Ana", "Owen", "Joy Village", "Ana from support", "Эдмин"] {
            assert!(!passes_for_staff(name), "{name}");
        }
    }
}
