//! One normal form for secrets that people type, so that a password is the same on every keyboard.

use icu_normalizer::ComposingNormalizerBorrowed;
use village_kernel::text::is_invisible;

const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();

/// Characters (Unicode scalar values) of a password, at most, counted in its normal form.
pub(crate) const MAX_CHARS: usize = 128;

/// Bytes of what is looked at at all: 128 characters fit, however a device takes them apart.
const MAX_BYTES: usize = 2_048;

/// The normal form of a secret: OpaqueString of RFC 8265 §4.2, that is NFC, with every kind of space as U+0020. Case
/// and width are kept. Unlike there, characters that our tables do not know yet and the joiners of emoji are let
/// through: a new keyboard would otherwise lock its owner out. `None` for what is empty, too large, or holds what a
/// person cannot see.
pub(crate) fn normal_form(text: &str) -> Option<String> {
    if text.is_empty() || text.len() > MAX_BYTES || text.chars().any(is_refused) {
        return None;
    }
    if text.is_ascii() {
        return Some(text.to_owned());
    }
    let spaced: String = text.chars().map(|c| if is_other_space(c) { ' ' } else { c }).collect();
    Some(NFC.normalize(&spaced).into_owned())
}

/// Control characters, separators of lines, and characters without a shape.
pub(crate) fn is_refused(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_invisible(c)
}

/// Whether it is too large to be anybody's secret.
pub(crate) fn is_too_large(text: &str) -> bool {
    text.len() > MAX_BYTES
}

/// General category Zs without U+0020.
fn is_other_space(c: char) -> bool {
    matches!(c, '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

/// A password that somebody typed to prove who they are, in the forms that a stored hash may have been made of: the
/// normal form, and the bytes as they came, which is what was hashed before there was a normal form.
#[derive(Clone)]
pub(crate) struct TypedPassword {
    forms: Vec<String>,
}

impl TypedPassword {
    /// `None` when it cannot be anybody's password: nothing needs to be hashed to know it. How many forms there are
    /// follows from the text alone, never from what is stored.
    pub fn new(text: &str) -> Option<Self> {
        if text.is_empty() || is_too_large(text) {
            return None;
        }
        let fits = |form: &String| form.chars().count() <= MAX_CHARS;
        let mut forms: Vec<String> = normal_form(text).filter(fits).into_iter().collect();
        let is_normal = text.is_ascii() || (NFC.is_normalized(text) && !text.chars().any(is_other_space));
        let raw = text.to_owned();
        if (forms.is_empty() || !is_normal) && fits(&raw) && !forms.contains(&raw) {
            forms.push(raw);
        }
        (!forms.is_empty()).then_some(Self { forms })
    }

    /// One or two; the first is the one to keep.
    pub fn forms(&self) -> &[String] {
        &self.forms
    }

    pub fn kept(&self) -> &str {
        &self.forms[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> Vec<String> {
        TypedPassword::new(text).map(|typed| typed.forms).unwrap_or_default()
    }

    #[test]
    fn the_same_letters_have_one_form_whatever_the_device_makes_of_them() {
        let composed = "zo\u{EB}s gro\u{DF}er hut";
        for typed in [composed, "zoe\u{308}s gro\u{DF}er hut", "zo\u{EB}s\u{A0}gro\u{DF}er\u{3000}hut"] {
            assert_eq!(normal_form(typed).as_deref(), Some(composed), "{typed:?}");
        }
        assert_eq!(normal_form("\u{1112}\u{1161}\u{11AB}\u{AE00}"), normal_form("\u{D55C}\u{AE00}"));
    }

    #[test]
    fn the_examples_of_the_rfc_keep_what_tells_them_apart() {
        for text in
            ["correct horse battery staple", "Correct Horse Battery Staple", "πßå", "Jack of ♦s", "ｗｉｄｅ", "👩‍👧 ❤️"]
        {
            assert_eq!(normal_form(text).as_deref(), Some(text));
        }
        assert_eq!(normal_form("foo\u{1680}bar").as_deref(), Some("foo bar"));
        for text in
            ["", "my cat is a \t by", "line\nline", "nul\0", "bom\u{FEFF}", "zero\u{200B}width", "right\u{202E}left"]
        {
            assert_eq!(normal_form(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_second_form_is_tried_only_where_the_text_has_one() {
        assert_eq!(forms("three small yellow boots").len(), 1);
        assert_eq!(forms("zo\u{EB}s gro\u{DF}er hut").len(), 1);
        assert_eq!(forms("zoe\u{308}s hut"), ["zo\u{EB}s hut", "zoe\u{308}s hut"]);
        assert_eq!(forms("zoes\u{A0}hut"), ["zoes hut", "zoes\u{A0}hut"]);
        // Refused for a new password, but it may have been hashed before it was.
        assert_eq!(forms("tab\tbed words"), ["tab\tbed words"]);
    }

    #[test]
    fn length_is_counted_in_the_normal_form_and_what_is_longer_is_not_hashed() {
        let apart = "e\u{301}".repeat(MAX_CHARS);
        assert_eq!(forms(&apart), ["\u{E9}".repeat(MAX_CHARS)]);
        assert!(forms(&"e\u{301}".repeat(MAX_CHARS + 1)).is_empty());
        // U+0958 is taken apart by the normal form: what was within the limit when it was hashed still is.
        assert_eq!(forms(&"\u{958}".repeat(MAX_CHARS)), ["\u{958}".repeat(MAX_CHARS)]);
        for text in [String::new(), "x".repeat(MAX_CHARS + 1), "x".repeat(1 << 20)] {
            assert!(forms(&text).is_empty());
        }
    }
}
