-- Who people are. `search_text` holds the handle and the words of the name, folded, each after a space.
create table users_profiles (
    user_id uuid not null primary key,
    handle text collate "C" not null,
    display_name text collate "C" not null,
    search_text text collate "C" not null,
    bio text collate "C" not null,
    avatar_media_id uuid,
    version bigint not null,
    created_at timestamptz not null
);
create unique index users_profiles_handle on users_profiles (handle);

-- How many follow a person, and how many the person follows: always the number of rows below. The row is also
-- the lock under which a person's follows and blocks change.
create table users_counts (
    user_id uuid not null primary key,
    followers bigint not null,
    following bigint not null
);

create view users_people_v as
select user_id, handle, display_name, created_at
from users_profiles;
