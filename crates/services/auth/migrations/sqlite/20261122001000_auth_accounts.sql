-- Who may sign in. The person's name and picture belong to users; the two share the id.
create table auth_accounts (
    user_id blob not null primary key,
    -- As typed; `email_folded` is what is compared.
    email text not null,
    email_folded text not null unique,
    password_hash text not null,
    role text not null check (role in ('owner', 'admin', 'member')),
    status text not null default 'active' check (status in ('active', 'suspended')),
    created_at integer not null,
    last_login_at integer not null,
    version integer not null default 1
) strict, without rowid;
-- A community has one owner, however many try at once.
create unique index auth_accounts_one_owner on auth_accounts (role) where role = 'owner';
create index auth_accounts_suspended on auth_accounts (user_id) where status = 'suspended';

-- For other services: what suspended people wrote is not shown.
create view auth_suspended_v as
select user_id from auth_accounts where status = 'suspended';

-- A login on one device. The refresh token is made from id and generation, so none is stored.
create table auth_sessions (
    session_id blob not null primary key,
    user_id blob not null references auth_accounts (user_id),
    generation integer not null default 1,
    rotated_at integer not null,
    created_at integer not null,
    last_used_at integer not null,
    expires_at integer not null,
    revoked_at integer,
    user_agent text not null
) strict, without rowid;
create index auth_sessions_of_user on auth_sessions (user_id, session_id);
create index auth_sessions_expiry on auth_sessions (expires_at);

-- What every node must refuse although its token has not expired yet. Rows live as long as such a token can.
create table auth_revocations (
    subject_id blob not null,
    kind text not null check (kind in ('session', 'user')),
    revoked_at integer not null,
    expires_at integer not null,
    primary key (subject_id, kind)
) strict, without rowid;
create index auth_revocations_recent on auth_revocations (revoked_at);
create index auth_revocations_expiry on auth_revocations (expires_at);

-- The code is made from the id; `code_mac` finds the row of a code that somebody brings.
create table auth_invitations (
    invitation_id blob not null primary key,
    code_mac blob not null unique,
    role text not null check (role in ('owner', 'member')),
    -- Null when the server or its administrator made it.
    created_by blob,
    -- 'first' for the one that is printed at start; otherwise null.
    slot text unique,
    uses_left integer not null check (uses_left >= 0),
    created_at integer not null,
    expires_at integer not null
) strict, without rowid;
create index auth_invitations_expiry on auth_invitations (expires_at);

-- The private half is encrypted under a key derived from the master key.
create table auth_signing_keys (
    key_id blob not null primary key,
    -- 1, 2, 3 …: of several processes that make the next key at once, one wins.
    number integer not null unique,
    public_key blob not null,
    private_key blob not null,
    created_at integer not null,
    -- From when on no token signed with it can be valid.
    retired_at integer
) strict, without rowid;

create table auth_password_resets (
    token_hash blob not null primary key,
    user_id blob not null references auth_accounts (user_id),
    created_at integer not null,
    expires_at integer not null,
    used_at integer
) strict, without rowid;
create index auth_password_resets_of_user on auth_password_resets (user_id);
create index auth_password_resets_expiry on auth_password_resets (expires_at);
