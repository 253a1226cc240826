-- The newest change of an item that leaves its place and its being read as they are: somebody in it took back what
-- they did.
alter table notifications_items add column changed_seq bigint;
-- For a conversation: the seqs of the first and the last message that the item was made of.
alter table notifications_items add column first_seq bigint;
alter table notifications_items add column last_seq bigint;
-- When the newest event of the person happened.
alter table notifications_actors add column acted_at timestamptz;

-- The comments that an item was made of. Somebody may write several, and take each back.
create table notifications_comments (
    user_id uuid not null,
    comment_id uuid not null,
    notification_id uuid not null,
    actor_id uuid not null,
    event_id uuid not null,
    acted_at timestamptz not null,
    primary key (user_id, comment_id),
    foreign key (user_id, notification_id)
        references notifications_items (user_id, notification_id) on delete cascade
);
create index notifications_comments_newest on notifications_comments (user_id, notification_id, event_id);

-- Items that are gone because what they told of was taken back, by the change that this was: the newest 200 of each
-- person, so that devices hear of it.
create table notifications_removed (
    user_id uuid not null,
    seq bigint not null,
    notification_id uuid not null,
    primary key (user_id, seq)
);
