-- Deleted messages by their numbers: what of them was unread is taken off the count of what is unread.
create index messaging_messages_deleted on messaging_messages (conversation_id, number) where deleted_at is not null;
-- Pins in the order in which they are listed, and counted for each member.
create index messaging_messages_pins on messaging_messages (conversation_id, pinned_seq) where pinned_at is not null;
drop index messaging_messages_pinned;
