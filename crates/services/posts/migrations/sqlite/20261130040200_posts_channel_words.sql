-- The words of slug and name, folded, each after a space. Those of channels that exist are filled in beside the running
-- server, and so are those that an earlier version still makes.
alter table posts_channels add column search_text text not null default '';
