//! Where web addresses stand in a text: what they hold is no mention. The client makes links of the same places
//! (`web/src/text/addresses.ts`).

use std::ops::Range;

use village_kernel::text::joins_words;

/// What an address never holds as it is written: quotes, and the punctuation and brackets of other scripts.
const ENDS: &str =
    "<>\"“”„«»‹›。．、，！？；：｡､「」『』｢｣【】〔〕〖〗《》〈〉（）［］｛｝،؛؟۔।॥\u{200b}\u{2060}\u{feff}";
/// What ends the sentence and not the address.
const TRAILING: &str = ".,;:!?'*…‘’`([{";

/// The addresses in `text`, in their order.
pub(crate) fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (colon, _) in text.match_indices("://") {
        let Some(start) = scheme(&text[..colon]) else { continue };
        let inside = found.last().is_some_and(|last| start < last.end);
        if inside || text[..start].chars().next_back().is_some_and(joins_words) {
            continue;
        }
        let from = colon + "://".len();
        let length = length(&text[from..]);
        if length > 0 {
            found.push(start..from + length);
        }
    }
    found
}

/// Where `http` or `https` begins at the end of `text`.
fn scheme(text: &str) -> Option<usize> {
    let ends_with = |scheme: &str| {
        let start = text.len().checked_sub(scheme.len())?;
        text.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(scheme)).then_some(start)
    };
    ends_with("https").or_else(|| ends_with("http"))
}

/// Up to a blank, a sign that ends addresses, or a bracket that closes what was not opened inside.
fn length(text: &str) -> usize {
    let mut open = Vec::new();
    let mut end = text.len();
    for (position, c) in text.char_indices() {
        let goes_on = match c {
            '(' | '[' | '{' => {
                open.push(c);
                true
            }
            ')' => open.pop_if(|c| *c == '(').is_some(),
            ']' => open.pop_if(|c| *c == '[').is_some(),
            '}' => open.pop_if(|c| *c == '{').is_some(),
            other => !(other.is_whitespace() || other.is_control() || ENDS.contains(other)),
        };
        if !goes_on {
            end = position;
            break;
        }
    }
    text[..end].trim_end_matches(|c| TRAILING.contains(c)).len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::examples;

    #[test]
    fn addresses_end_where_the_sentence_goes_on() {
        for example in examples("links") {
            let text = example[0].as_str().unwrap();
            let found: Vec<&str> = addresses(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(serde_json::json!(found), example[1], "{text:?}");
        }
    }
}
