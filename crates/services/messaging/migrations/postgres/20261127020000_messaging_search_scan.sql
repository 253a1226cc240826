-- Words are looked for in the conversations of whoever looks, and not in an index of all words of the community: that
-- cost more with every message than it ever gave, and finding a frequent word cost what all have written.
drop index messaging_search_words;
alter table messaging_search drop constraint messaging_search_pkey;
alter table messaging_search drop column id;
alter table messaging_search drop constraint messaging_search_conversation_id_created_seq_key;
alter table messaging_search add primary key (conversation_id, created_seq);
