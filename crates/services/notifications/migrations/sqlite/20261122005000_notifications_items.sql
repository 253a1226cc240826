-- Where each person's notifications stand. Every change of a person's items runs under this row's lock: `seq` grows
-- by one with each, what has a seq up to `read_seq` is read, and the counts are those of the items.
create table notifications_marks (
    user_id blob not null primary key,
    seq integer not null,
    read_seq integer not null,
    unread_count integer not null,
    item_count integer not null
) strict, without rowid;

-- What a person is told. `subject_id` is the post, the conversation, or for followers the person; `actor_1` to
-- `actor_3` are the newest of those in notifications_actors.
create table notifications_items (
    user_id blob not null,
    notification_id blob not null,
    kind text not null,
    subject_id blob not null,
    seq integer not null,
    actor_1 blob not null,
    actor_2 blob,
    actor_3 blob,
    actor_count integer not null,
    comment_id blob,
    newest_event_id blob not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (user_id, notification_id)
) strict, without rowid;
create unique index notifications_items_seq on notifications_items (user_id, seq);
create index notifications_items_subject on notifications_items (user_id, kind, subject_id);

-- Who took part in what an item tells, each once, with their newest event.
create table notifications_actors (
    user_id blob not null,
    notification_id blob not null,
    actor_id blob not null,
    event_id blob not null,
    primary key (user_id, notification_id, actor_id),
    foreign key (user_id, notification_id)
        references notifications_items (user_id, notification_id) on delete cascade
) strict, without rowid;
create index notifications_actors_newest on notifications_actors (user_id, notification_id, event_id);
