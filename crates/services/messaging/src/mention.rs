//! `@handle` in a message: which members it names.

use std::collections::BTreeSet;

use village_db::Tx;
use village_kernel::ConversationId;

use crate::{MessagingError, store};

/// Handles looked up for one message; further ones name nobody.
const MAX_HANDLES: usize = 50;

/// The handles in `body`, folded. An `@` inside a word, as of an e-mail address, begins none.
fn handles(body: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = BTreeSet::new();
    let mut before = None;
    for (position, c) in body.char_indices() {
        if c == '@' && !before.is_some_and(|c: char| c.is_alphanumeric() || c == '_' || c == '@') {
            let rest = &body[position + 1..];
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let goes_on = rest[end..].starts_with(|c: char| c.is_alphanumeric() || c == '@');
            if (3..=30).contains(&end) && !goes_on && found.len() < MAX_HANDLES {
                found.insert(rest[..end].to_ascii_lowercase());
            }
        }
        before = Some(c);
    }
    found
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

    #[test]
    fn handles_are_found_where_words_begin() {
        let found = |body: &str| handles(body).into_iter().collect::<Vec<_>>();
        assert_eq!(found("@ana and (@Ben_2), @ana!"), ["ana", "ben_2"]);
        assert_eq!(found("line\n@zoe"), ["zoe"]);
        for body in ["", "@", "@ab", "mail ana@example.org", "@@ana", "@anaé", "ana @ ben", "@ana@example.org"] {
            assert!(found(body).is_empty(), "{body}");
        }
        assert!(found(&format!("@{}", "x".repeat(31))).is_empty());
    }
}
