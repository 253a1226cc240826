-- Events written in the transaction of the state they announce; the relay moves them to the bus.
create table bus_outbox (
    event_id uuid not null primary key,
    event text collate "C" not null
);

-- The default bus: one row for each event and subscriber, gone once handled.
create table bus_queue (
    subscriber text collate "C" not null,
    event_id uuid not null,
    event text collate "C" not null,
    attempts bigint not null default 0,
    available_at timestamptz not null,
    last_error text collate "C",
    primary key (subscriber, event_id)
);
create index bus_queue_available on bus_queue (subscriber, available_at);

-- What a subscriber gave up on; `village events replay` puts it back.
create table bus_dead (
    subscriber text collate "C" not null,
    event_id uuid not null,
    event text collate "C" not null,
    attempts bigint not null,
    last_error text collate "C" not null,
    died_at timestamptz not null,
    primary key (subscriber, event_id)
);
