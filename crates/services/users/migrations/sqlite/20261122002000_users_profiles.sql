-- Who people are. `search_text` holds the handle and the words of the name, folded, each after a space.
create table users_profiles (
    user_id blob not null primary key,
    handle text not null,
    display_name text not null,
    search_text text not null,
    bio text not null,
    avatar_media_id blob,
    version integer not null,
    created_at integer not null
) strict, without rowid;
create unique index users_profiles_handle on users_profiles (handle);

-- How many follow a person, and how many the person follows: always the number of rows below. The row is also
-- the lock under which a person's follows and blocks change.
create table users_counts (
    user_id blob not null primary key,
    followers integer not null,
    following integer not null
) strict, without rowid;

create view users_people_v as
select user_id, handle, display_name, created_at
from users_profiles;
