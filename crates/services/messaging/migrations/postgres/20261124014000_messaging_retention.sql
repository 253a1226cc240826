-- The few conversations that do not keep their messages for good, in the order in which they are looked at.
create index messaging_conversations_retention on messaging_conversations (id) where retention_seconds is not null;
create index messaging_links_expires on messaging_links (expires_at);
