//! All SQL of this service.

pub mod graph;
pub mod people;
pub mod profiles;

/// The condition under which the person `p` may be shown to the viewer bound to `$viewer`: not suspended, and no
/// block between the two.
macro_rules! shown_to {
    ($viewer:literal) => {
        concat!(
            "not exists (select 1 from auth_suspended_v s where s.user_id = p.user_id)
               and not exists (select 1 from users_blocks b where b.blocker_id = p.user_id and b.blocked_id = ",
            $viewer,
            ")
               and not exists (select 1 from users_blocks b where b.blocker_id = ",
            $viewer,
            " and b.blocked_id = p.user_id)"
        )
    };
}

/// As `shown_to!`, for a person named by id or handle: those the viewer has blocked are there, to be unblocked.
macro_rules! known_to {
    ($viewer:literal) => {
        concat!(
            "not exists (select 1 from auth_suspended_v s where s.user_id = p.user_id)
               and not exists (select 1 from users_blocks b where b.blocker_id = p.user_id and b.blocked_id = ",
            $viewer,
            ")"
        )
    };
}

pub(crate) use {known_to, shown_to};
