-- For messaging, which tells a person's devices that their list of blocks has changed.
create view users_block_times_v as
select blocker_id, blocked_at
from users_blocks;
