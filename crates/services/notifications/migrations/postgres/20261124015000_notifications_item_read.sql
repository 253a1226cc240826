-- An item may be read by itself, where what it tells of was read elsewhere: the change of the person's notifications
-- by which it was. Null while only `read_seq` of notifications_marks decides.
alter table notifications_items add column read_seq bigint;
