-- Deleted messages by their numbers: what of them was unread is taken off the count of what is unread.
create index messaging_messages_deleted on messaging_messages (conversation_id, number) where deleted_at is not null;
