-- How far the passes over whole tables have come that an upgrade needs and no migration can do.
create table db_passes (
    name text not null,
    version integer not null,
    round integer not null,
    position text not null,
    due_at integer not null,
    primary key (name, version)
) strict, without rowid;
