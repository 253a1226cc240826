-- Images, from the request to upload one until nobody uses it any more.
create table posts_media (
    media_id blob not null primary key,
    owner_id blob not null,
    purpose text not null,
    -- pending (waits for the upload), processing, ready, rejected
    state text not null,
    content_type text not null,
    declared_bytes integer not null,
    -- what it counts for in posts_media_usage: declared, then stored, nothing once rejected
    counted_bytes integer not null,
    upload_key text not null,
    -- once ready: the sizes are <folder>/small.jpg and so on; a size without pixels does not exist
    folder text,
    small_width integer,
    small_height integer,
    medium_width integer,
    medium_height integer,
    large_width integer,
    large_height integer,
    blurhash text,
    -- once rejected: why
    reason text,
    -- used by a post or a profile; what is not is swept
    attached integer not null,
    created_at integer not null,
    changed_at integer not null
) strict, without rowid;
create index posts_media_orphans on posts_media (attached, changed_at);

-- What each person's images take up; written with them, so that a quota is one conditional update.
create table posts_media_usage (
    owner_id blob not null primary key,
    items integer not null,
    pending integer not null,
    bytes integer not null
) strict, without rowid;

-- Objects to delete from the blob store. Named here before they are written or let go, so that none is forgotten
-- when the process dies in between.
create table posts_media_garbage (
    garbage_id blob not null primary key,
    object_key text not null,
    delete_after integer not null,
    attempts integer not null
) strict, without rowid;
create index posts_media_garbage_due on posts_media_garbage (delete_after);
