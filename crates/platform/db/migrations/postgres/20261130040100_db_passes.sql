-- How far the passes over whole tables have come that an upgrade needs and no migration can do.
create table db_passes (
    name text collate "C" not null,
    version bigint not null,
    round bigint not null,
    position text collate "C" not null,
    due_at timestamptz not null,
    primary key (name, version)
);
