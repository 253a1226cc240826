-- Why a person was told of an event, or was not. One decision for each person and event: an event that comes
-- again finds it and changes nothing.
create table notifications_decisions (
    user_id uuid not null,
    event_id uuid not null,
    kind text collate "C" not null,
    outcome text collate "C" not null,
    reason text collate "C" not null,
    decided_at timestamptz not null,
    primary key (user_id, event_id)
);
create index notifications_decisions_decided on notifications_decisions (decided_at);

-- What a person wants to be told of. Without a row: everything.
create table notifications_preferences (
    user_id uuid not null primary key,
    post_published boolean not null,
    comment_added boolean not null,
    post_liked boolean not null,
    followed boolean not null,
    message_sent boolean not null
);
