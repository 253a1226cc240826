-- The newest change of an item that leaves its place and its being read as they are: somebody in it took back what
-- they did.
alter table notifications_items add column changed_seq integer;
-- For a conversation: the seqs of the first and the last message that the item was made of.
alter table notifications_items add column first_seq integer;
alter table notifications_items add column last_seq integer;
-- When the newest event of the person happened.
alter table notifications_actors add column acted_at integer;

-- The comments that an item was made of. Somebody may write several, and take each back.
create table notifications_comments (
    user_id blob not null,
    comment_id blob not null,
    notification_id blob not null,
    actor_id blob not null,
    event_id blob not null,
    acted_at integer not null,
    primary key (user_id, comment_id),
    foreign key (user_id, notification_id)
        references notifications_items (user_id, notification_id) on delete cascade
) strict, without rowid;
create index notifications_comments_newest on notifications_comments (user_id, notification_id, event_id);

-- Items that are gone because what they told of was taken back, by the change that this was: the newest 200 of each
-- person, so that devices hear of it.
create table notifications_removed (
    user_id blob not null,
    seq integer not null,
    notification_id blob not null,
    primary key (user_id, seq)
) strict, without rowid;
