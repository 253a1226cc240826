-- By which a process sees that its master key is the one of this database. The key cannot be found from it.
create table auth_master_key (
    slot integer not null primary key check (slot = 1),
    salt blob not null,
    tag blob not null,
    set_at integer not null
) strict;
