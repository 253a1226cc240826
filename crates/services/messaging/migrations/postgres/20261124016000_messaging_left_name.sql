-- What the group was called when the person left it: later names are not theirs to see.
alter table messaging_members add column left_name text collate "C";
