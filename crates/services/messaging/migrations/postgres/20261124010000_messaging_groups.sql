-- Groups and conversations of channels beside direct ones; message requests; changes of messages.
alter table messaging_conversations add column name text collate "C";
alter table messaging_conversations add column picture_media_id uuid;
-- The channel it belongs to; one conversation a channel.
alter table messaging_conversations add column channel_id uuid;
-- People who take part now. Changed with the memberships, so that a limit is one conditional update.
alter table messaging_conversations add column member_count bigint not null default 2;
alter table messaging_conversations add column pinned_count bigint not null default 0;
-- Messages older than this have ended; null keeps them.
alter table messaging_conversations add column retention_seconds bigint;
-- Everything up to here has ended: the seq, and the number of the newest such message.
alter table messaging_conversations add column expired_seq bigint not null default 0;
alter table messaging_conversations add column expired_number bigint not null default 0;
create unique index messaging_conversations_channel on messaging_conversations (channel_id);

-- owner, admin or member
alter table messaging_members add column role text collate "C" not null default 'member';
-- active, requested (a message request that waits for an answer) or declined
alter table messaging_members add column state text collate "C" not null default 'active';
-- Who opened the conversation with this person or added them; null for whoever came by themselves.
alter table messaging_members add column added_by uuid;
-- Everything up to here has reached a device of the person.
alter table messaging_members add column delivered_seq bigint not null default 0;
-- all, mentions or none
alter table messaging_members add column notify text collate "C" not null default 'all';
alter table messaging_members add column muted_until timestamptz;

-- text, or event: something that happened to the conversation itself. Events take a seq and no number of their own:
-- theirs is that of the message before.
alter table messaging_messages add column kind text collate "C" not null default 'text';
-- What happened, as JSON; null for messages of people.
alter table messaging_messages add column event text collate "C";
alter table messaging_messages add column reply_to_seq bigint;
alter table messaging_messages add column reply_to_id uuid;
alter table messaging_messages add column forwarded boolean not null default false;
-- How many rows elsewhere belong to it, so that most messages are read without asking.
alter table messaging_messages add column image_count bigint not null default 0;
alter table messaging_messages add column reaction_count bigint not null default 0;
alter table messaging_messages add column edit_count bigint not null default 0;
-- The members it mentions, as a JSON list of ids; null for none.
alter table messaging_messages add column mentions text collate "C";
alter table messaging_messages add column pinned_at timestamptz;
create unique index messaging_messages_id on messaging_messages (conversation_id, id);
create index messaging_messages_pinned on messaging_messages (conversation_id, pinned_at) where pinned_at is not null;

create table messaging_images (
    conversation_id uuid not null,
    created_seq bigint not null,
    position bigint not null,
    media_id uuid not null,
    alt text collate "C" not null,
    primary key (conversation_id, created_seq, position)
);
-- A forwarded image belongs to several messages; its files go with the last of them.
create index messaging_images_media on messaging_images (media_id);

create table messaging_reactions (
    conversation_id uuid not null,
    created_seq bigint not null,
    emoji text collate "C" not null,
    user_id uuid not null,
    created_at timestamptz not null,
    primary key (conversation_id, created_seq, emoji, user_id)
);

-- What an edited message said before, from the seq `changed_seq` on.
create table messaging_edits (
    conversation_id uuid not null,
    created_seq bigint not null,
    changed_seq bigint not null,
    body text collate "C" not null,
    written_at timestamptz not null,
    primary key (conversation_id, created_seq, changed_seq)
);

-- What a person has begun to write, on any device.
create table messaging_drafts (
    user_id uuid not null,
    conversation_id uuid not null,
    body text collate "C" not null,
    updated_at timestamptz not null,
    primary key (user_id, conversation_id)
);

-- The link by which people join a group. Only its hash is kept.
create table messaging_links (
    conversation_id uuid not null primary key,
    link_id uuid not null,
    code_hash bytea not null unique,
    created_by uuid not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);

-- What a person lets others see. Without a row: both.
create table messaging_settings (
    user_id uuid not null primary key,
    read_receipts boolean not null,
    presence boolean not null
);
