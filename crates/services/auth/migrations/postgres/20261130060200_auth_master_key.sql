-- By which a process sees that its master key is the one of this database. The key cannot be found from it.
create table auth_master_key (
    slot bigint not null primary key check (slot = 1),
    salt bytea not null,
    tag bytea not null,
    set_at timestamptz not null
);
