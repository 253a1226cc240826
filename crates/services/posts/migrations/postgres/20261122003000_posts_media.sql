-- Images, from the request to upload one until nobody uses it any more.
create table posts_media (
    media_id uuid not null primary key,
    owner_id uuid not null,
    purpose text collate "C" not null,
    -- pending (waits for the upload), processing, ready, rejected
    state text collate "C" not null,
    content_type text collate "C" not null,
    declared_bytes bigint not null,
    -- what it counts for in posts_media_usage: declared, then stored, nothing once rejected
    counted_bytes bigint not null,
    upload_key text collate "C" not null,
    -- once ready: the sizes are <folder>/small.jpg and so on; a size without pixels does not exist
    folder text collate "C",
    small_width bigint,
    small_height bigint,
    medium_width bigint,
    medium_height bigint,
    large_width bigint,
    large_height bigint,
    blurhash text collate "C",
    -- once rejected: why
    reason text collate "C",
    -- used by a post or a profile; what is not is swept
    attached boolean not null,
    created_at timestamptz not null,
    changed_at timestamptz not null
);
create index posts_media_orphans on posts_media (attached, changed_at);

-- What each person's images take up; written with them, so that a quota is one conditional update.
create table posts_media_usage (
    owner_id uuid not null primary key,
    items bigint not null,
    pending bigint not null,
    bytes bigint not null
);

-- Objects to delete from the blob store. Named here before they are written or let go, so that none is forgotten
-- when the process dies in between.
create table posts_media_garbage (
    garbage_id uuid not null primary key,
    object_key text collate "C" not null,
    delete_after timestamptz not null,
    attempts bigint not null
);
create index posts_media_garbage_due on posts_media_garbage (delete_after);
