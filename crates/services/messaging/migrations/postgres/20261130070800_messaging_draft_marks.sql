-- Which text a draft is, and how new. A draft that is over keeps its row, with an empty body, so that a late write of an
-- older text is known to be late.
alter table messaging_drafts add column draft_key text collate "C" not null default '';
alter table messaging_drafts add column revision bigint not null default 0;
