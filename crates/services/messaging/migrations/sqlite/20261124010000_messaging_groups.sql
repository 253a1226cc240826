-- Groups and conversations of channels beside direct ones; message requests; changes of messages.
alter table messaging_conversations add column name text;
alter table messaging_conversations add column picture_media_id blob;
-- The channel it belongs to; one conversation a channel.
alter table messaging_conversations add column channel_id blob;
-- People who take part now. Changed with the memberships, so that a limit is one conditional update.
alter table messaging_conversations add column member_count integer not null default 2;
alter table messaging_conversations add column pinned_count integer not null default 0;
-- Messages older than this have ended; null keeps them.
alter table messaging_conversations add column retention_seconds integer;
-- Everything up to here has ended: the seq, and the number of the newest such message.
alter table messaging_conversations add column expired_seq integer not null default 0;
alter table messaging_conversations add column expired_number integer not null default 0;
create unique index messaging_conversations_channel on messaging_conversations (channel_id);

-- owner, admin or member
alter table messaging_members add column role text not null default 'member';
-- active, requested (a message request that waits for an answer) or declined
alter table messaging_members add column state text not null default 'active';
-- Who opened the conversation with this person or added them; null for whoever came by themselves.
alter table messaging_members add column added_by blob;
-- Everything up to here has reached a device of the person.
alter table messaging_members add column delivered_seq integer not null default 0;
-- all, mentions or none
alter table messaging_members add column notify text not null default 'all';
alter table messaging_members add column muted_until integer;

-- text, or event: something that happened to the conversation itself. Events take a seq and no number of their own:
-- theirs is that of the message before.
alter table messaging_messages add column kind text not null default 'text';
-- What happened, as JSON; null for messages of people.
alter table messaging_messages add column event text;
alter table messaging_messages add column reply_to_seq integer;
alter table messaging_messages add column reply_to_id blob;
alter table messaging_messages add column forwarded integer not null default 0;
-- How many rows elsewhere belong to it, so that most messages are read without asking.
alter table messaging_messages add column image_count integer not null default 0;
alter table messaging_messages add column reaction_count integer not null default 0;
alter table messaging_messages add column edit_count integer not null default 0;
-- The members it mentions, as a JSON list of ids; null for none.
alter table messaging_messages add column mentions text;
alter table messaging_messages add column pinned_at integer;
create unique index messaging_messages_id on messaging_messages (conversation_id, id);
create index messaging_messages_pinned on messaging_messages (conversation_id, pinned_at) where pinned_at is not null;

create table messaging_images (
    conversation_id blob not null,
    created_seq integer not null,
    position integer not null,
    media_id blob not null,
    alt text not null,
    primary key (conversation_id, created_seq, position)
) strict, without rowid;
-- A forwarded image belongs to several messages; its files go with the last of them.
create index messaging_images_media on messaging_images (media_id);

create table messaging_reactions (
    conversation_id blob not null,
    created_seq integer not null,
    emoji text not null,
    user_id blob not null,
    created_at integer not null,
    primary key (conversation_id, created_seq, emoji, user_id)
) strict, without rowid;

-- What an edited message said before, from the seq `changed_seq` on.
create table messaging_edits (
    conversation_id blob not null,
    created_seq integer not null,
    changed_seq integer not null,
    body text not null,
    written_at integer not null,
    primary key (conversation_id, created_seq, changed_seq)
) strict, without rowid;

-- What a person has begun to write, on any device.
create table messaging_drafts (
    user_id blob not null,
    conversation_id blob not null,
    body text not null,
    updated_at integer not null,
    primary key (user_id, conversation_id)
) strict, without rowid;

-- The link by which people join a group. Only its hash is kept.
create table messaging_links (
    conversation_id blob not null primary key,
    link_id blob not null,
    code_hash blob not null unique,
    created_by blob not null,
    created_at integer not null,
    expires_at integer not null
) strict, without rowid;

-- What a person lets others see. Without a row: both.
create table messaging_settings (
    user_id blob not null primary key,
    read_receipts integer not null,
    presence integer not null
) strict, without rowid;
