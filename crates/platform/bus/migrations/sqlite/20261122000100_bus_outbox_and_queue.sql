-- Events written in the transaction of the state they announce; the relay moves them to the bus.
create table bus_outbox (
    event_id blob not null primary key,
    event text not null
) strict, without rowid;

-- The default bus: one row for each event and subscriber, gone once handled.
create table bus_queue (
    subscriber text not null,
    event_id blob not null,
    event text not null,
    attempts integer not null default 0,
    available_at integer not null,
    last_error text,
    primary key (subscriber, event_id)
) strict, without rowid;
create index bus_queue_available on bus_queue (subscriber, available_at);

-- What a subscriber gave up on; `village events replay` puts it back.
create table bus_dead (
    subscriber text not null,
    event_id blob not null,
    event text not null,
    attempts integer not null,
    last_error text not null,
    died_at integer not null,
    primary key (subscriber, event_id)
) strict, without rowid;
