-- How handles and names are read, and how they are spelled: whoever would be mistaken for another is refused. Filled in
-- for people who exist beside the running server.
create table users_looks (
    look text not null,
    spelling text not null,
    user_id blob not null,
    primary key (look, spelling, user_id)
) strict, without rowid;
create index users_looks_user on users_looks (user_id);
