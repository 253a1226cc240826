-- What readiness writes and reads, to see whether the database takes writes. A process writes one row again and again.
create table db_probes (
    slot bigint not null primary key,
    written_at timestamptz not null
);
