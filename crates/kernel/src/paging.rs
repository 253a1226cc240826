//! Keyset paging: a page is read by the key of the last row seen, one row more than asked for
//! tells whether there is a next page, and the cursor a client holds is opaque.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// How many items a page holds: 1 to 100, 20 unless asked otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    pub const DEFAULT: u32 = 20;
    pub const MAX: u32 = 100;

    /// `None` when outside 1..=100.
    pub fn new(items: u32) -> Option<Self> {
        (1..=Self::MAX).contains(&items).then_some(Self(items))
    }

    pub fn get(self) -> usize {
        self.0 as usize
    }

    /// What to ask the database for: one row more than the page holds.
    pub fn fetch(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(Self::DEFAULT)
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the cursor is not one this server made")]
pub struct CursorError;

/// The key of the last row of a page, as opaque text for clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor<K>(pub K);

impl<K: Serialize + DeserializeOwned> Cursor<K> {
    pub fn encode(&self) -> String {
        // Keys are ids and numbers: serialising them cannot fail.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&self.0).unwrap_or_default())
    }

    pub fn decode(text: &str) -> Result<Self, CursorError> {
        if text.len() > 512 {
            return Err(CursorError);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError)?;
        serde_json::from_slice(&bytes).map(Self).map_err(|_| CursorError)
    }
}

/// One page of a list. `next` is absent on the last page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Pass it as `cursor` to read on; null at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts the extra row off `rows` (read with [`Limit::fetch`]) and makes the cursor from the last row kept.
    pub fn from_rows<K>(mut rows: Vec<T>, limit: Limit, key: impl Fn(&T) -> K) -> Self
    where
        K: Serialize + DeserializeOwned,
    {
        let more = rows.len() > limit.get();
        rows.truncate(limit.get());
        let next = rows.last().filter(|_| more).map(|row| Cursor(key(row)).encode());
        Self { items: rows, next }
    }

    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(each).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went_out() {
        let cursor = Cursor((3_i64, "x".to_owned()));
        assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
    }

    #[test]
    fn foreign_text_is_refused() {
        for text in ["", "%%%", "bm9wZQ", &"A".repeat(600)] {
            assert_eq!(Cursor::<i64>::decode(text), Err(CursorError), "{text}");
        }
    }

    #[test]
    fn the_extra_row_becomes_the_cursor_of_the_last_kept_one() {
        let page = Page::from_rows(vec![1, 2, 3], Limit::new(2).unwrap(), |row| *row);
        assert_eq!(page.items, [1, 2]);
        assert_eq!(Cursor::<i32>::decode(&page.next.unwrap()).unwrap().0, 2);
        assert_eq!(Page::from_rows(vec![1, 2], Limit::new(2).unwrap(), |row| *row).next, None);
    }
}
