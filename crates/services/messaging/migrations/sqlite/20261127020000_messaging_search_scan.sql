-- Words are looked for in the conversations of whoever looks, which lie together, and not in an index of all words of
-- the community: that cost more with every message than it ever gave, and finding a frequent word cost what all have
-- written.
drop trigger messaging_search_inserted;
drop trigger messaging_search_deleted;
drop trigger messaging_search_updated;
drop table messaging_search_fts;

create table messaging_search_scanned (
    conversation_id blob not null,
    created_seq integer not null,
    words text not null,
    primary key (conversation_id, created_seq),
    foreign key (conversation_id, created_seq)
        references messaging_messages (conversation_id, created_seq) on delete cascade
) strict, without rowid;
insert into messaging_search_scanned (conversation_id, created_seq, words)
select conversation_id, created_seq, words from messaging_search;
drop table messaging_search;
alter table messaging_search_scanned rename to messaging_search;
