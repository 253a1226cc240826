-- How many messages show an image. A forwarded image belongs to several; its files go with the last of them. The row
-- is locked by whoever changes the number, so forwarding an image and deleting the last message with it never pass by
-- each other.
create table messaging_media (
    media_id uuid not null primary key,
    uses bigint not null
);
