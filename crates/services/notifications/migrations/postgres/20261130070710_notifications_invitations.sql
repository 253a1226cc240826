-- Whether a person wants to be told that they are invited to a channel.
alter table notifications_preferences add column channel_invited boolean not null default true;
