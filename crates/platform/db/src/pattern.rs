//! Patterns for `like … escape '\'` that find what a person typed.

/// `text` without wildcards: every sign in it stands for itself.
pub fn literally(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// `N` patterns for a text of words with a space before each: every one of `terms` is the start of a word there.
/// Further terms are not looked for, and patterns that are not needed find everything.
pub fn starts_of_words<const N: usize>(terms: &[String]) -> [String; N] {
    std::array::from_fn(|nth| terms.get(nth).map_or_else(|| "%".to_owned(), |term| format!("% {}%", literally(term))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_taken_literally() {
        assert_eq!(literally(r"100%_\"), r"100\%\_\\");
        assert_eq!(starts_of_words::<2>(&["a_b".to_owned()]), [r"% a\_b%", "%"]);
    }
}
