-- How handles and names are read, and how they are spelled: whoever would be mistaken for another is refused. Filled in
-- for people who exist beside the running server.
create table users_looks (
    look text collate "C" not null,
    spelling text collate "C" not null,
    user_id uuid not null,
    primary key (look, spelling, user_id)
);
create index users_looks_user on users_looks (user_id);
