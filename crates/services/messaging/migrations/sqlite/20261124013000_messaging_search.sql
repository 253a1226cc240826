-- The words of messages, folded (lower case, without accents) and with one space between them, so that both engines
-- find the same. Kept by whoever writes a message, in the same transaction; goes with the message.
create table messaging_search (
    id integer primary key,
    conversation_id blob not null,
    created_seq integer not null,
    words text not null,
    unique (conversation_id, created_seq),
    foreign key (conversation_id, created_seq)
        references messaging_messages (conversation_id, created_seq) on delete cascade
) strict;

create virtual table messaging_search_fts using fts5 (
    words, content = 'messaging_search', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3'
);
create trigger messaging_search_inserted after insert on messaging_search begin
    insert into messaging_search_fts (rowid, words) values (new.id, new.words);
end;
create trigger messaging_search_deleted after delete on messaging_search begin
    insert into messaging_search_fts (messaging_search_fts, rowid, words) values ('delete', old.id, old.words);
end;
create trigger messaging_search_updated after update of words on messaging_search begin
    insert into messaging_search_fts (messaging_search_fts, rowid, words) values ('delete', old.id, old.words);
    insert into messaging_search_fts (rowid, words) values (new.id, new.words);
end;

-- What was said before is found by its words as they are written.
insert into messaging_search (conversation_id, created_seq, words)
select conversation_id, created_seq, lower(body)
from messaging_messages
where body <> '' and deleted_at is null;
