//! Which images belong to which messages.

use std::collections::BTreeMap;

use village_db::{Result, Tx, execute, fetch_all, fetch_optional};
use village_kernel::MediaId;

use crate::message::MessageRow;

pub(crate) async fn insert(tx: &mut Tx, row: &MessageRow, images: &[(MediaId, String)]) -> Result<()> {
    let sql = "insert into messaging_images (conversation_id, created_seq, position, media_id, alt)
               values ($1, $2, $3, $4, $5)";
    for (position, (media, alt)) in images.iter().enumerate() {
        execute!(tx, sql, row.conversation_id, row.created_seq, position as i64, *media, alt.as_str())?;
    }
    Ok(())
}

/// The first message that shows each of them.
pub(crate) async fn begin_uses(tx: &mut Tx, media: &[MediaId]) -> Result<()> {
    let sql = "insert into messaging_media (media_id, uses) values ($1, 1)";
    for media in counted(media).keys() {
        execute!(tx, sql, *media)?;
    }
    Ok(())
}

/// One more message that shows each of them; false when the last one that did was deleted meanwhile.
pub(crate) async fn add_uses(tx: &mut Tx, media: &[MediaId]) -> Result<bool> {
    let sql = "update messaging_media set uses = uses + $2 where media_id = $1";
    for (media, uses) in counted(media) {
        if execute!(tx, sql, media, uses)? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes the images off a message.
pub(crate) async fn remove(tx: &mut Tx, row: &MessageRow) -> Result<Vec<MediaId>> {
    let sql = "delete from messaging_images where conversation_id = $1 and created_seq = $2 returning media_id";
    let removed: Vec<(MediaId,)> = fetch_all!(tx, sql, row.conversation_id, row.created_seq)?;
    Ok(removed.into_iter().map(|(media,)| media).collect())
}

/// Each was taken off as many messages as it is listed. Returns those that no message shows any more.
pub(crate) async fn end_uses(tx: &mut Tx, media: &[MediaId]) -> Result<Vec<MediaId>> {
    let mut unused = Vec::new();
    let sql = "update messaging_media set uses = uses - $2 where media_id = $1 returning uses";
    for (media, uses) in counted(media) {
        let left: Option<(i64,)> = fetch_optional!(tx, sql, media, uses)?;
        if left.is_some_and(|(left,)| left <= 0) {
            execute!(tx, "delete from messaging_media where media_id = $1", media)?;
            unused.push(media);
        }
    }
    Ok(unused)
}

/// In the order of ids, so that two transactions with the same images do not wait for each other.
fn counted(media: &[MediaId]) -> BTreeMap<MediaId, i64> {
    let mut counted = BTreeMap::new();
    for media in media {
        *counted.entry(*media).or_default() += 1;
    }
    counted
}
