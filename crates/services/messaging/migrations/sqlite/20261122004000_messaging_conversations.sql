-- A conversation. Whoever changes anything in it first takes its next seq here, which locks the row until the
-- change is committed: so seqs are committed in order and without a hole.
create table messaging_conversations (
    id blob not null primary key,
    kind text not null,
    -- The ids of the two people, the smaller first: one direct conversation a pair. Null for other kinds.
    direct_key blob unique,
    last_seq integer not null,
    -- Messages ever sent; the number of the newest one.
    message_count integer not null,
    created_at integer not null,
    -- When the newest message was sent, or it was opened: the order of lists. Never moves back.
    active_at integer not null,
    -- When `last_seq` last moved: what heartbeats look for. Never moves back.
    changed_at integer not null,
    check ((kind = 'direct') = (direct_key is not null))
) strict, without rowid;
create index messaging_conversations_changed on messaging_conversations (changed_at);

-- Who takes part, and what they have read. A message is visible to a member if and only if its `created_seq` lies
-- inside `joined_seq` to `left_seq`.
create table messaging_members (
    conversation_id blob not null references messaging_conversations (id),
    user_id blob not null,
    -- The person's membership sequence at the last change of this row's window.
    membership_seq integer not null,
    joined_seq integer not null,
    -- The last seq the person may see; null while a member.
    left_seq integer,
    -- Everything up to here is read, ...
    read_seq integer not null,
    -- ... which is this many of the messages; unread is `message_count` less this. Starts at the count when joining.
    read_number integer not null,
    primary key (conversation_id, user_id)
) strict, without rowid;
create index messaging_members_person on messaging_members (user_id, membership_seq);

-- How often a person's memberships have changed.
create table messaging_membership_marks (
    user_id blob not null primary key,
    seq integer not null
) strict, without rowid;

create table messaging_messages (
    conversation_id blob not null references messaging_conversations (id),
    -- The conversation's seq when it was sent, and when it was last changed.
    created_seq integer not null,
    changed_seq integer not null,
    id blob not null,
    -- Counts messages only: 1, 2, 3, ...
    number integer not null,
    sender_id blob not null,
    -- Chosen by the sender: sending twice with one is one message.
    client_id text not null,
    body text not null,
    created_at integer not null,
    edited_at integer,
    deleted_at integer,
    primary key (conversation_id, created_seq),
    unique (conversation_id, sender_id, client_id)
) strict, without rowid;
create index messaging_messages_changed on messaging_messages (conversation_id, changed_seq);

-- For other services: who may see which part of a conversation.
create view messaging_members_v as
select conversation_id, user_id, joined_seq, left_seq
from messaging_members;
