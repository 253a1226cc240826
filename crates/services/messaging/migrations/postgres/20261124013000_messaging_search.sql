-- The words of messages, folded (lower case, without accents) and with one space between them, so that both engines
-- find the same. Kept by whoever writes a message, in the same transaction; goes with the message.
create table messaging_search (
    id bigint generated always as identity primary key,
    conversation_id uuid not null,
    created_seq bigint not null,
    words text collate "C" not null,
    unique (conversation_id, created_seq),
    foreign key (conversation_id, created_seq)
        references messaging_messages (conversation_id, created_seq) on delete cascade
);
create index messaging_search_words on messaging_search using gin (to_tsvector('simple', words));

-- What was said before is found by its words as they are written.
insert into messaging_search (conversation_id, created_seq, words)
select conversation_id, created_seq, lower(body)
from messaging_messages
where body <> '' and deleted_at is null;
