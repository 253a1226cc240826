//! `@handle` in a message: which members it names. The client links the same places (`web/src/text/mentions.ts`).

use std::collections::BTreeSet;

use village_db::Tx;
use village_kernel::ConversationId;
use village_kernel::text::{is_mark, joins_words};

use crate::address::addresses;
use crate::{MessagingError, store};

/// Handles looked up for one message; further ones name nobody.
const MAX_HANDLES: usize = 50;

/// The handles in `body`, folded. None begins inside a word or an address, so that `mail@ana.example` names nobody;
/// where a script puts no spaces between words, one may begin and end beside any letter.
fn handles(body: &str) -> BTreeSet<String> {
    let addresses = addresses(body);
    let mut found = BTreeSet::new();
    // The character before, but for marks, which belong to the letter that they stand on.
    let mut before = None;
    for (position, c) in body.char_indices() {
        let begins = is_at(c) && !before.is_some_and(|c| joins_words(c) || is_at(c) || matches!(c, '_' | '/'));
        if begins && found.len() < MAX_HANDLES && !addresses.iter().any(|address| address.contains(&position)) {
            found.extend(handle(&body[position + c.len_utf8()..]));
        }
        if !is_mark(c) {
            before = Some(c);
        }
    }
    found
}

/// The handle that `text` begins with, folded.
fn handle(text: &str) -> Option<String> {
    let mut rest = text.chars();
    let mut handle = String::new();
    let after = loop {
        match rest.next() {
            Some(c) if is_part(narrow(c)) => handle.push(narrow(c).to_ascii_lowercase()),
            other => break other,
        }
    };
    let goes_on = after.is_some_and(|c| joins_words(c) || is_at(c) || is_mark(c));
    ((3..=30).contains(&handle.len()) && !goes_on).then_some(handle)
}

fn is_at(c: char) -> bool {
    matches!(c, '@' | '＠')
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Full-width forms of ASCII, as Chinese and Japanese keyboards type them.
fn narrow(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    }
}

/// Whether `body` has handles, of members or not.
pub(crate) fn names_anybody(body: &str) -> bool {
    !handles(body).is_empty()
}

/// The members that `body` names, as it is stored: a JSON list of ids, `None` for nobody.
pub(crate) async fn mentions(
    tx: &mut Tx,
    conversation: ConversationId,
    body: &str,
) -> Result<Option<String>, MessagingError> {
    let handles = handles(body);
    if handles.is_empty() {
        return Ok(None);
    }
    let people = store::members::with_handles(tx, conversation, &handles).await?;
    // Ids serialise without fail.
    Ok((!people.is_empty()).then(|| serde_json::to_string(&people).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::examples;

    #[test]
    fn handles_are_found_where_words_begin_and_not_in_addresses() {
        for example in examples("mentions") {
            let text = example[0].as_str().unwrap();
            assert_eq!(serde_json::json!(handles(text)), example[1], "{text:?}");
        }
        let many: String = (100..200).map(|number| format!("@ana{number} ")).collect();
        assert_eq!(handles(&many).len(), MAX_HANDLES);
    }
}
