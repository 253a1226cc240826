-- The invitations of one person, newest first.
create index posts_channel_invitations_newest on posts_channel_invitations (user_id, created_at, channel_id);
