//! SQL of the media pipeline: `posts_media`, `posts_media_usage`, `posts_media_garbage`.
//!
//! Order of locks on PostgreSQL: an image's row before its owner's usage, several of either in the order of ids.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::FromRow;
use uuid::Uuid;
use village_blob::BlobKey;
use village_db::{Connection, Engine, Error, IdList, Result, Tx, execute, fetch_all, fetch_one, fetch_optional};
use village_kernel::id::uuid_at;
use village_kernel::{Instant, MediaId, UserId};
use village_ports::{MediaPurpose, SizeName};

use crate::media::{ContentType, MediaState, Reason, size_key};

/// An image whose bytes are still to come.
pub struct NewUpload {
    pub media: MediaId,
    pub owner: UserId,
    pub purpose: MediaPurpose,
    pub content_type: ContentType,
    pub length_bytes: u64,
    pub key: BlobKey,
    pub created_at: Instant,
}

/// What one person's images may take up.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    pub items: i64,
    pub pending: i64,
    pub bytes: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    Yes,
    /// Too many wait for their bytes or their turn; a matter of time.
    TooManyPending,
    /// Something has to be deleted first.
    Full,
}

#[derive(Clone, Debug, FromRow)]
pub struct MediaRow {
    pub media_id: MediaId,
    pub owner_id: UserId,
    pub purpose: MediaPurpose,
    pub state: MediaState,
    pub content_type: ContentType,
    pub declared_bytes: i64,
    upload_key: String,
    pub reason: Option<Reason>,
    pub created_at: Instant,
}

impl MediaRow {
    pub fn upload_key(&self) -> Result<BlobKey> {
        parse_key(&self.upload_key)
    }
}

/// The sizes of a ready image.
#[derive(Clone, Debug, FromRow)]
pub struct ReadyRow {
    pub media_id: MediaId,
    pub folder: String,
    pub blurhash: String,
    small_width: Option<i64>,
    small_height: Option<i64>,
    medium_width: Option<i64>,
    medium_height: Option<i64>,
    large_width: Option<i64>,
    large_height: Option<i64>,
}

impl ReadyRow {
    /// Name, width and height of each size there is, from small to large.
    pub fn sizes(&self) -> impl Iterator<Item = (SizeName, u32, u32)> {
        [
            (SizeName::Small, self.small_width, self.small_height),
            (SizeName::Medium, self.medium_width, self.medium_height),
            (SizeName::Large, self.large_width, self.large_height),
        ]
        .into_iter()
        .filter_map(|(name, width, height)| Some((name, width? as u32, height? as u32)))
    }
}

/// What the pipeline made of an upload.
pub struct Finished {
    pub folder: String,
    pub blurhash: String,
    /// Name, width and height.
    pub sizes: Vec<(SizeName, u32, u32)>,
    pub stored_bytes: u64,
}

/// An object to delete.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Garbage {
    pub garbage_id: Uuid,
    object_key: String,
}

impl Garbage {
    pub fn new(id: Uuid, key: &BlobKey) -> Self {
        Self { garbage_id: id, object_key: key.to_string() }
    }

    pub fn key(&self) -> Result<BlobKey> {
        parse_key(&self.object_key)
    }
}

fn parse_key(text: &str) -> Result<BlobKey> {
    text.parse().map_err(|error: village_blob::InvalidKey| Error::Decode(error.into()))
}

/// Counts one more upload against its owner's quota, if it fits.
pub async fn reserve(tx: &mut Tx, owner: UserId, length_bytes: u64, quota: Quota) -> Result<Reserved> {
    let begin = "insert into posts_media_usage (owner_id, items, pending, bytes)
                 values ($1, 0, 0, 0)
                 on conflict (owner_id) do nothing";
    execute!(tx, begin, owner)?;
    let count = "update posts_media_usage
                 set items = items + 1, pending = pending + 1, bytes = bytes + $2
                 where owner_id = $1 and items < $3 and pending < $4 and bytes + $2 <= $5";
    let length_bytes = length_bytes as i64;
    if execute!(tx, count, owner, length_bytes, quota.items, quota.pending, quota.bytes)? == 1 {
        return Ok(Reserved::Yes);
    }
    let sql = "select items, bytes from posts_media_usage where owner_id = $1";
    let (items, bytes): (i64, i64) = fetch_one!(tx, sql, owner)?;
    let full = items >= quota.items || bytes + length_bytes > quota.bytes;
    Ok(if full { Reserved::Full } else { Reserved::TooManyPending })
}

async fn adjust_usage(tx: &mut Tx, owner: UserId, items: i64, pending: i64, bytes: i64) -> Result<()> {
    let sql = "update posts_media_usage
               set items = items + $2, pending = pending + $3, bytes = bytes + $4
               where owner_id = $1";
    execute!(tx, sql, owner, items, pending, bytes).map(|_| ())
}

pub async fn insert_upload(tx: &mut Tx, upload: &NewUpload) -> Result<()> {
    let sql = "insert into posts_media
                   (media_id, owner_id, purpose, state, content_type, declared_bytes, counted_bytes, upload_key,
                    attached, created_at, changed_at)
               values ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $9)";
    execute!(
        tx,
        sql,
        upload.media,
        upload.owner,
        upload.purpose,
        MediaState::Pending,
        upload.content_type,
        upload.length_bytes as i64,
        upload.key.as_str(),
        false,
        upload.created_at,
    )
    .map(|_| ())
}

const COLUMNS: &str =
    "media_id, owner_id, purpose, state, content_type, declared_bytes, upload_key, reason, created_at";

/// The image, if it is the owner's.
pub async fn find_owned(conn: &mut impl Connection, owner: UserId, media: MediaId) -> Result<Option<MediaRow>> {
    let sql = format!("select {COLUMNS} from posts_media where media_id = $1 and owner_id = $2");
    fetch_optional!(conn, sqlx::AssertSqlSafe(sql.as_str()), media, owner)
}

/// The image, if it waits to be processed.
pub async fn find_processing(conn: &mut impl Connection, media: MediaId) -> Result<Option<MediaRow>> {
    let sql = format!("select {COLUMNS} from posts_media where media_id = $1 and state = $2");
    fetch_optional!(conn, sqlx::AssertSqlSafe(sql.as_str()), media, MediaState::Processing)
}

/// `false` when it was not pending any more.
pub async fn begin_processing(tx: &mut Tx, media: MediaId, now: Instant) -> Result<bool> {
    let sql = "update posts_media
               set state = $2, changed_at = $3
               where media_id = $1 and state = $4";
    Ok(execute!(tx, sql, media, MediaState::Processing, now, MediaState::Pending)? == 1)
}

/// Makes the image ready; `false` when it was no longer being processed.
pub async fn finish(tx: &mut Tx, media: MediaId, made: &Finished, now: Instant) -> Result<bool> {
    let sql = "update posts_media
               set state = $2, folder = $3, blurhash = $4, counted_bytes = $5, changed_at = $6,
                   small_width = $7, small_height = $8,
                   medium_width = $9, medium_height = $10,
                   large_width = $11, large_height = $12
               where media_id = $1 and state = $13
               returning owner_id, declared_bytes";
    let side = |name: SizeName, pick: fn(&(SizeName, u32, u32)) -> u32| -> Option<i64> {
        made.sizes.iter().find(|size| size.0 == name).map(|size| i64::from(pick(size)))
    };
    let row: Option<(UserId, i64)> = fetch_optional!(
        tx,
        sql,
        media,
        MediaState::Ready,
        made.folder.as_str(),
        made.blurhash.as_str(),
        made.stored_bytes as i64,
        now,
        side(SizeName::Small, |size| size.1),
        side(SizeName::Small, |size| size.2),
        side(SizeName::Medium, |size| size.1),
        side(SizeName::Medium, |size| size.2),
        side(SizeName::Large, |size| size.1),
        side(SizeName::Large, |size| size.2),
        MediaState::Processing,
    )?;
    let Some((owner, declared_bytes)) = row else {
        return Ok(false);
    };
    adjust_usage(tx, owner, 0, -1, made.stored_bytes as i64 - declared_bytes).await?;
    Ok(true)
}

/// Rejects the image; `false` when it was no longer being processed.
pub async fn reject(tx: &mut Tx, media: MediaId, reason: Reason, now: Instant) -> Result<bool> {
    let sql = "update posts_media
               set state = $2, reason = $3, counted_bytes = 0, changed_at = $4
               where media_id = $1 and state = $5
               returning owner_id, declared_bytes";
    let row: Option<(UserId, i64)> =
        fetch_optional!(tx, sql, media, MediaState::Rejected, reason, now, MediaState::Processing)?;
    let Some((owner, declared_bytes)) = row else {
        return Ok(false);
    };
    adjust_usage(tx, owner, 0, -1, -declared_bytes).await?;
    Ok(true)
}

/// Those among `ids` that are ready.
pub async fn ready(conn: &mut impl Connection, ids: &[MediaId]) -> Result<Vec<ReadyRow>> {
    let sql = conn.any_of(
        "select media_id, folder, blurhash,
                small_width, small_height, medium_width, medium_height, large_width, large_height
         from posts_media
         where media_id = any_of($1) and state = $2",
    );
    fetch_all!(conn, sql, ids.iter().copied().collect::<IdList>(), MediaState::Ready)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attached {
    Yes,
    NotFound,
    NotReady,
}

/// Marks the images as used, all or (once the caller rolls back) none. An image is of one post only, so that it can
/// go with it; an avatar may be set again.
pub async fn attach(tx: &mut Tx, owner: UserId, purpose: MediaPurpose, ids: &BTreeSet<MediaId>) -> Result<Attached> {
    let list: IdList = ids.iter().copied().collect();
    let reusable = purpose == MediaPurpose::Avatar;
    // Rows are locked in the order of ids, so that two posts with the same images do not wait for each other.
    let lock = if tx.engine() == Engine::Postgres { "order by media_id for update" } else { "" };
    let sql = tx.any_of(&format!(
        "update posts_media
         set attached = $4
         where media_id in (
             select media_id from posts_media
             where media_id = any_of($1) and owner_id = $2 and purpose = $3 and attached in ($5, $6) and state = $7
             {lock}
         )"
    ));
    let attached = execute!(tx, sql, list.clone(), owner, purpose, true, false, reusable, MediaState::Ready)?;
    if attached == ids.len() as u64 {
        return Ok(Attached::Yes);
    }
    let sql = tx.any_of(
        "select count(*) from posts_media
         where media_id = any_of($1) and owner_id = $2 and purpose = $3 and state <> $4",
    );
    let (unready,): (i64,) = fetch_one!(tx, sql, list, owner, purpose, MediaState::Ready)?;
    let known = attached + unready as u64;
    Ok(if known == ids.len() as u64 { Attached::NotReady } else { Attached::NotFound })
}

/// Remembers objects that are to be deleted after `delete_after`.
pub async fn add_garbage(tx: &mut Tx, objects: &[Garbage], delete_after: Instant) -> Result<()> {
    let sql = "insert into posts_media_garbage (garbage_id, object_key, delete_after, attempts)
               values ($1, $2, $3, 0)";
    for object in objects {
        execute!(tx, sql, object.garbage_id, object.object_key.as_str(), delete_after)?;
    }
    Ok(())
}

/// Forgets objects that are wanted after all; `false` when the deletion of one may have begun.
pub async fn keep(tx: &mut Tx, objects: &[Garbage]) -> Result<bool> {
    let sql = tx.any_of("delete from posts_media_garbage where garbage_id = any_of($1) and attempts = 0");
    let ids: IdList = objects.iter().map(|object| object.garbage_id).collect();
    Ok(execute!(tx, sql, ids)? == objects.len() as u64)
}

/// Objects that are due, each handed out again at `again_at` unless it is forgotten by then.
pub async fn claim_garbage(tx: &mut Tx, now: Instant, again_at: Instant, limit: i64) -> Result<Vec<Garbage>> {
    let lock = if tx.engine() == Engine::Postgres { "for update skip locked" } else { "" };
    let sql = format!(
        "update posts_media_garbage
         set attempts = attempts + 1, delete_after = $2
         where garbage_id in (
             select garbage_id from posts_media_garbage
             where delete_after <= $1
             order by delete_after
             limit $3 {lock}
         )
         returning garbage_id, object_key"
    );
    fetch_all!(tx, sqlx::AssertSqlSafe(sql.as_str()), now, again_at, limit)
}

pub async fn forget_garbage(tx: &mut Tx, ids: &[Uuid]) -> Result<()> {
    let sql = tx.any_of("delete from posts_media_garbage where garbage_id = any_of($1)");
    execute!(tx, sql, ids.iter().copied().collect::<IdList>()).map(|_| ())
}

/// An image that was just deleted.
#[derive(FromRow)]
struct Deleted {
    media_id: MediaId,
    owner_id: UserId,
    state: MediaState,
    counted_bytes: i64,
    upload_key: String,
    folder: Option<String>,
}

/// Deletes images that nobody uses and that have not changed since `before`, whatever their state, and hands their
/// objects to the garbage. Returns the ids.
pub async fn discard_orphans(tx: &mut Tx, before: Instant, now: Instant, limit: i64) -> Result<Vec<MediaId>> {
    let lock = if tx.engine() == Engine::Postgres { "for update skip locked" } else { "" };
    let sql = format!(
        "delete from posts_media
         where media_id in (
             select media_id from posts_media
             where attached = $1 and changed_at < $2
             order by changed_at
             limit $3 {lock}
         )
         returning media_id, owner_id, state, counted_bytes, upload_key, folder"
    );
    let deleted = fetch_all!(tx, sqlx::AssertSqlSafe(sql.as_str()), false, before, limit)?;
    settle(tx, deleted, now).await
}

/// As [`discard_orphans`], for those among `ids` that are in use.
pub async fn release(tx: &mut Tx, ids: &[MediaId], now: Instant) -> Result<Vec<MediaId>> {
    let lock = if tx.engine() == Engine::Postgres { "order by media_id for update" } else { "" };
    let sql = tx.any_of(&format!(
        "delete from posts_media
         where media_id in (
             select media_id from posts_media
             where media_id = any_of($1) and attached = $2 {lock}
         )
         returning media_id, owner_id, state, counted_bytes, upload_key, folder"
    ));
    let deleted = fetch_all!(tx, sql, ids.iter().copied().collect::<IdList>(), true)?;
    settle(tx, deleted, now).await
}

async fn settle(tx: &mut Tx, deleted: Vec<Deleted>, now: Instant) -> Result<Vec<MediaId>> {
    let mut usage: BTreeMap<UserId, (i64, i64, i64)> = BTreeMap::new();
    let mut objects = Vec::new();
    for image in &deleted {
        let (items, pending, bytes) = usage.entry(image.owner_id).or_default();
        *items -= 1;
        *pending -= i64::from(matches!(image.state, MediaState::Pending | MediaState::Processing));
        *bytes -= image.counted_bytes;
        // The upload of a processed image is in the garbage already, for when its URL is no longer good.
        if matches!(image.state, MediaState::Pending | MediaState::Processing) {
            objects.push(Garbage::new(uuid_at(now), &parse_key(&image.upload_key)?));
        }
        if let Some(folder) = &image.folder {
            for size in [SizeName::Small, SizeName::Medium, SizeName::Large] {
                objects.push(Garbage::new(uuid_at(now), &size_key(folder, size)));
            }
        }
    }
    for (owner, (items, pending, bytes)) in usage {
        adjust_usage(tx, owner, items, pending, bytes).await?;
    }
    add_garbage(tx, &objects, now).await?;
    Ok(deleted.into_iter().map(|image| image.media_id).collect())
}
