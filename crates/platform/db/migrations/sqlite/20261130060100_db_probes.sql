-- What readiness writes and reads, to see whether the database takes writes. A process writes one row again and again.
create table db_probes (
    slot integer not null primary key,
    written_at integer not null
) strict;
