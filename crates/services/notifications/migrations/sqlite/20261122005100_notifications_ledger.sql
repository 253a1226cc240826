-- Why a person was told of an event, or was not. One decision for each person and event: an event that comes
-- again finds it and changes nothing.
create table notifications_decisions (
    user_id blob not null,
    event_id blob not null,
    kind text not null,
    outcome text not null,
    reason text not null,
    decided_at integer not null,
    primary key (user_id, event_id)
) strict, without rowid;
create index notifications_decisions_decided on notifications_decisions (decided_at);

-- What a person wants to be told of. Without a row: everything.
create table notifications_preferences (
    user_id blob not null primary key,
    post_published integer not null,
    comment_added integer not null,
    post_liked integer not null,
    followed integer not null,
    message_sent integer not null
) strict, without rowid;
