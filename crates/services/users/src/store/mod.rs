//! All SQL of this service.

pub mod graph;
pub mod looks;
pub mod people;
pub mod profiles;
pub mod refold;

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

/// Begins a statement with counts of `shown_count!`: whom viewer `$1` does not see because of a block and not because of
/// a suspension, read once.
macro_rules! with_blocks {
    () => {
        "with blocks (user_id) as materialized (
             select b.blocked_id
             from users_blocks b
             where b.blocker_id = $1 and not exists (select 1 from auth_suspended_v s where s.user_id = b.blocked_id)
             union
             select b.blocker_id
             from users_blocks b
             where b.blocked_id = $1 and not exists (select 1 from auth_suspended_v s where s.user_id = b.blocker_id)) "
    };
}

/// How many of the rows of `$table` that belong to person `c` the viewer is shown: the stored total `$total` without
/// the rows of hidden people, as many as the list has that `shown_to!` cuts. `$other` names the other person of a row.
/// Short lists are gone through, in long ones each hidden person is looked up by key, so that being popular costs
/// nothing. The looking up is a scalar question, which no planner turns into a join over all followers.
macro_rules! shown_count {
    ($total:literal, $table:literal, $other:literal) => {
        concat!(
            $total,
            " - case when ",
            $total,
            " = 0 then 0 else
                 (select cast(coalesce(sum((select count(*) from ",
            $table,
            " x where x.user_id = c.user_id and x.",
            $other,
            " = h.user_id)), 0) as bigint) from blocks h)
                 + case when ",
            $total,
            " <= 100 then
                     (select count(*) from ",
            $table,
            " x where x.user_id = c.user_id
                          and exists (select 1 from auth_suspended_v s where s.user_id = x.",
            $other,
            "))
                   else
                     (select cast(coalesce(sum((select count(*) from ",
            $table,
            " x where x.user_id = c.user_id and x.",
            $other,
            " = s.user_id)), 0) as bigint) from auth_suspended_v s)
                   end
             end"
        )
    };
}

pub(crate) use {known_to, shown_count, shown_to, with_blocks};
