-- Where each person's notifications stand. Every change of a person's items runs under this row's lock: `seq` grows
-- by one with each, what has a seq up to `read_seq` is read, and the counts are those of the items.
create table notifications_marks (
    user_id uuid not null primary key,
    seq bigint not null,
    read_seq bigint not null,
    unread_count bigint not null,
    item_count bigint not null
);

-- What a person is told. `subject_id` is the post, the conversation, or for followers the person; `actor_1` to
-- `actor_3` are the newest of those in notifications_actors.
create table notifications_items (
    user_id uuid not null,
    notification_id uuid not null,
    kind text collate "C" not null,
    subject_id uuid not null,
    seq bigint not null,
    actor_1 uuid not null,
    actor_2 uuid,
    actor_3 uuid,
    actor_count bigint not null,
    comment_id uuid,
    newest_event_id uuid not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (user_id, notification_id)
);
create unique index notifications_items_seq on notifications_items (user_id, seq);
create index notifications_items_subject on notifications_items (user_id, kind, subject_id);

-- Who took part in what an item tells, each once, with their newest event.
create table notifications_actors (
    user_id uuid not null,
    notification_id uuid not null,
    actor_id uuid not null,
    event_id uuid not null,
    primary key (user_id, notification_id, actor_id),
    foreign key (user_id, notification_id)
        references notifications_items (user_id, notification_id) on delete cascade
);
create index notifications_actors_newest on notifications_actors (user_id, notification_id, event_id);
