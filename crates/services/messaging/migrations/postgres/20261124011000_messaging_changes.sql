-- At which seq a change was made, where the message's own `changed_seq` does not tell: whoever has left sees of a
-- message only what was there when they left.
alter table messaging_messages add column edited_seq bigint;
alter table messaging_messages add column pinned_seq bigint;
alter table messaging_reactions add column reacted_seq bigint not null default 0;
