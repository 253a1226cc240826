-- A conversation. Whoever changes anything in it first takes its next seq here, which locks the row until the
-- change is committed: so seqs are committed in order and without a hole.
create table messaging_conversations (
    id uuid not null primary key,
    kind text collate "C" not null,
    -- The ids of the two people, the smaller first: one direct conversation a pair. Null for other kinds.
    direct_key bytea unique,
    last_seq bigint not null,
    -- Messages ever sent; the number of the newest one.
    message_count bigint not null,
    created_at timestamptz not null,
    -- When the newest message was sent, or it was opened: the order of lists. Never moves back.
    active_at timestamptz not null,
    -- When `last_seq` last moved: what heartbeats look for. Never moves back.
    changed_at timestamptz not null,
    check ((kind = 'direct') = (direct_key is not null))
);
create index messaging_conversations_changed on messaging_conversations (changed_at);

-- Who takes part, and what they have read. A message is visible to a member if and only if its `created_seq` lies
-- inside `joined_seq` to `left_seq`.
create table messaging_members (
    conversation_id uuid not null references messaging_conversations (id),
    user_id uuid not null,
    -- The person's membership sequence at the last change of this row's window.
    membership_seq bigint not null,
    joined_seq bigint not null,
    -- The last seq the person may see; null while a member.
    left_seq bigint,
    -- Everything up to here is read, ...
    read_seq bigint not null,
    -- ... which is this many of the messages; unread is `message_count` less this. Starts at the count when joining.
    read_number bigint not null,
    primary key (conversation_id, user_id)
);
create index messaging_members_person on messaging_members (user_id, membership_seq);

-- How often a person's memberships have changed.
create table messaging_membership_marks (
    user_id uuid not null primary key,
    seq bigint not null
);

create table messaging_messages (
    conversation_id uuid not null references messaging_conversations (id),
    -- The conversation's seq when it was sent, and when it was last changed.
    created_seq bigint not null,
    changed_seq bigint not null,
    id uuid not null,
    -- Counts messages only: 1, 2, 3, ...
    number bigint not null,
    sender_id uuid not null,
    -- Chosen by the sender: sending twice with one is one message.
    client_id text collate "C" not null,
    body text collate "C" not null,
    created_at timestamptz not null,
    edited_at timestamptz,
    deleted_at timestamptz,
    primary key (conversation_id, created_seq),
    unique (conversation_id, sender_id, client_id)
);
create index messaging_messages_changed on messaging_messages (conversation_id, changed_seq);

-- For other services: who may see which part of a conversation.
create view messaging_members_v as
select conversation_id, user_id, joined_seq, left_seq
from messaging_members;
