//! Words that an attacker tries first because of who a person is and where: their names and address, the community's.

use icu_normalizer::DecomposingNormalizerBorrowed;
use village_kernel::text::is_mark;

/// Words that people build passwords of in every community.
const EVERYBODYS: &[&str] = &[
    "village",
    "password",
    "passwort",
    "passwd",
    "motdepasse",
    "contrasena",
    "senha",
    "parola",
    "welcome",
    "willkommen",
    "letmein",
    "qwerty",
    "qwertz",
    "azerty",
    "login",
    "admin",
    "secret",
    "changeme",
    "iloveyou",
];

/// What must be left of a password when the words are taken out: five letters, or fifteen digits, or a mixture.
const NEEDED: usize = 15;
const LETTER: usize = 3;
const DIGIT: usize = 1;

/// Words taken of one name or address, at most.
const MAX_PARTS: usize = 16;
const MAX_WORD: usize = 64;

/// Words that are worth nothing in a password of this person here.
pub(crate) struct ContextWords {
    words: Vec<Vec<char>>,
}

impl ContextWords {
    /// `texts` are names, handles and addresses, in any case and with any signs between their words.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut words = Vec::new();
        for text in texts {
            let parts: Vec<Vec<char>> = text
                .split(|c: char| !c.is_alphanumeric() && !is_mark(c))
                .map(|part| folded(part).collect())
                .filter(|part: &Vec<char>| !part.is_empty())
                .take(MAX_PARTS)
                .collect();
            words.push(parts.concat());
            words.extend(parts);
        }
        words.extend(EVERYBODYS.iter().map(|word| word.chars().collect()));
        words.retain(|word| is_word(word));
        let reversed: Vec<Vec<char>> = words.iter().map(|word| word.iter().rev().copied().collect()).collect();
        words.extend(reversed);
        words.sort_unstable();
        words.dedup();
        Self { words }
    }

    /// Whether hardly anything is left of the password without these words: however often they stand in it, backwards,
    /// in capitals, with digits for letters, with signs between them or figures behind.
    pub fn make_up(&self, password: &str) -> bool {
        let without_signs: Vec<char> = folded(password).filter(|c| c.is_alphanumeric()).collect();
        let signs_as_letters: Vec<char> = folded(password).map(sign_as_digit).filter(|c| c.is_alphanumeric()).collect();
        self.left_of(&without_signs) < NEEDED || self.left_of(&signs_as_letters) < NEEDED
    }

    /// The least that is left when words are taken out; all of it when there is none.
    fn left_of(&self, text: &[char]) -> usize {
        // For each position the least that is left before it, with at least one word taken out, and with none.
        let mut least: Vec<[usize; 2]> = vec![[usize::MAX; 2]; text.len() + 1];
        least[0] = [usize::MAX, 0];
        for start in 0..text.len() {
            let [with, without] = least[start];
            let cost = if text[start].is_numeric() { DIGIT } else { LETTER };
            let next = &mut least[start + 1];
            next[0] = next[0].min(with.saturating_add(cost));
            next[1] = next[1].min(without.saturating_add(cost));
            let here = with.min(without);
            for word in self.words.iter().filter(|word| text[start..].len() >= word.len()) {
                let end = start + word.len();
                if text[start..end].iter().zip(word).all(|(typed, letter)| stands_for(*typed, *letter)) {
                    least[end][0] = least[end][0].min(here);
                }
            }
        }
        least[text.len()][0]
    }
}

/// Short words occur in other words by accident; in scripts of syllables and ideographs two signs are a word.
fn is_word(word: &[char]) -> bool {
    let least = if word.iter().all(char::is_ascii) { 3 } else { 2 };
    (least..=MAX_WORD).contains(&word.len()) && !word.iter().all(|c| c.is_numeric())
}

/// Lower case, without accents, full-width letters as usual ones.
fn folded(text: &str) -> impl Iterator<Item = char> {
    let apart = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    let letters: Vec<char> = apart.chars().filter(|c| !is_mark(*c)).flat_map(char::to_lowercase).collect();
    letters.into_iter()
}

fn sign_as_digit(c: char) -> char {
    match c {
        '@' => '4',
        '$' => '5',
        '!' | '|' => '1',
        '€' => '3',
        '+' => '7',
        other => other,
    }
}

/// Whether `typed` is the letter, or the digit that people write for it.
fn stands_for(typed: char, letter: char) -> bool {
    typed == letter
        || match typed {
            '0' => letter == 'o',
            '1' => matches!(letter, 'i' | 'l'),
            '2' => letter == 'z',
            '3' => letter == 'e',
            '4' => letter == 'a',
            '5' => letter == 's',
            '6' | '9' => letter == 'g',
            '7' => letter == 't',
            '8' => letter == 'b',
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> ContextWords {
        ContextWords::new(["Little Lions", "ana.ribeiro@example.org", "ana_rib", "Ana Zoë Ribeiro", "Деревня", "小狮"])
    }

    #[test]
    fn passwords_made_of_names_and_addresses_are_recognised_in_every_disguise() {
        for password in [
            "villagevillage",
            "VillageVillage1",
            "village-2026-village",
            "v1ll4g3v1ll4g3",
            "egallivegalliv",
            "littlelions",
            "Little Lions 2026!",
            "LittleLionsLittleLions",
            "l1ttl3l10ns",
            "snoil_elttil",
            "ana.ribeiro@example.org",
            "ana.ribeiro",
            "anaribeiro99",
            "Ribeiro-Ana-12345",
            "@na.r1be1r0",
            "@n@ribeiro",
            "ana_rib_ana_rib",
            "zoezoezoezoe",
            "ZoëZoëZoëZoë",
            "example.org",
            "деревнядеревня",
            "ДЕРЕВНЯ2026!!",
            "小狮小狮小狮小狮小狮",
            "ｖｉｌｌａｇｅｖｉｌｌａｇｅ",
            "passwordvillage",
            "password-ana-1!",
            "villagexyz",
            "0ribeiro0ana0",
        ] {
            assert!(words().make_up(password), "{password}");
        }
    }

    #[test]
    fn passwords_with_something_of_their_own_pass() {
        for password in [
            "three small yellow boots",
            "ana_ribeiro is my handle",
            "our village has seven wells",
            "correct horse",
            "bananabread-and-tea",
            "the lions sleep tonight",
            "ナイトライトを消さないで",
            "well-lit-kitchen",
            "4815162342 4815162342",
            "анна едет в деревню утром",
        ] {
            assert!(!words().make_up(password), "{password}");
        }
    }

    #[test]
    fn a_person_with_the_shortest_names_can_still_choose_a_password() {
        let words = ContextWords::new(["", "V", "a@b.cd", "abc", "…", "日"]);
        assert!(words.make_up("abcabcabcabc"));
        for password in ["three small yellow boots", "日曜日は早起きして散歩", "1111222233334444"] {
            assert!(!words.make_up(password), "{password}");
        }
    }
}
