//! Memberships: who takes part and as what, and each person's membership sequence.

use village_db::{Connection, Engine, IdList, Result, Tx, execute, fetch_all, fetch_one, fetch_optional};
use village_kernel::{ConversationId, Limit, UserId};

use crate::store::events::Taken;
use crate::store::windows::unread_count;
use crate::{MemberRole, MemberState};

/// Takes the next membership seq of each of `people`, in the order of ids so that two such writes cannot deadlock.
pub(crate) async fn next_membership_seqs(tx: &mut Tx, people: &[UserId]) -> Result<Vec<(UserId, i64)>> {
    let list: IdList = people.iter().copied().collect();
    let sql = match tx.engine() {
        Engine::Postgres => {
            "insert into messaging_membership_marks (user_id, seq)
             select user_id, 1 from unnest($1) as person (user_id) order by user_id
             on conflict (user_id) do update set seq = messaging_membership_marks.seq + 1
             returning user_id, seq"
        }
        // Without `where`, SQLite reads `on` as part of a join.
        Engine::Sqlite => {
            "insert into messaging_membership_marks (user_id, seq)
             select unhex(value), 1 from json_each($1) where value is not null
             on conflict (user_id) do update set seq = messaging_membership_marks.seq + 1
             returning user_id, seq"
        }
    };
    fetch_all!(tx, sql, &list)
}

/// One of the two of a direct conversation, from the first message on.
pub(crate) async fn insert_direct(
    tx: &mut Tx,
    conversation: ConversationId,
    user: UserId,
    membership_seq: i64,
    state: MemberState,
    added_by: Option<UserId>,
) -> Result<u64> {
    let sql = "insert into messaging_members
                   (conversation_id, user_id, membership_seq, joined_seq, left_seq, read_seq, read_number, state,
                    added_by)
               values ($1, $2, $3, 1, null, 0, 0, $4, $5)";
    execute!(tx, sql, conversation, user, membership_seq, state, added_by)
}

/// Somebody who begins to take part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewMember {
    pub user: UserId,
    pub role: MemberRole,
    pub state: MemberState,
    pub added_by: Option<UserId>,
}

/// Everybody of `$2`, with the membership seq they were just given. Whoever has left gets a new window in place of the
/// old one; whoever takes part already stays as they are.
macro_rules! join {
    ($role:literal, $state:literal, $added_by:literal) => {
        concat!(
            "insert into messaging_members
                 (conversation_id, user_id, membership_seq, joined_seq, left_seq, read_seq, read_number,
                  delivered_seq, role, state, added_by)
             select $1, k.user_id, k.seq, $3, null, $3, $4, $3, ",
            $role,
            ", ",
            $state,
            ", ",
            $added_by,
            " from messaging_membership_marks k
              where k.user_id = any_of($2)
              order by k.user_id
              on conflict (conversation_id, user_id) do update
              set membership_seq = excluded.membership_seq,
                  joined_seq = excluded.joined_seq,
                  left_seq = null,
                  read_seq = excluded.read_seq,
                  read_number = excluded.read_number,
                  delivered_seq = excluded.delivered_seq,
                  role = excluded.role,
                  state = excluded.state,
                  added_by = excluded.added_by,
                  removed_by = null,
                  notify = 'all',
                  muted_until = null
              where messaging_members.left_seq is not null"
        )
    };
}

/// Opens the window of one member at the seq taken.
pub(crate) async fn join(tx: &mut Tx, taken: &Taken, member: &NewMember) -> Result<u64> {
    let NewMember { user, role, state, added_by } = *member;
    let list: IdList = [user].into_iter().collect();
    let sql = tx.any_of(join!("$5", "$6", "$7"));
    execute!(tx, sql, taken.id, &list, taken.last_seq, taken.message_count, role, state, added_by)
}

/// Opens the windows of `people`, added by `added_by`, at the seq taken. Those who do not follow whoever adds them are
/// asked first.
pub(crate) async fn join_all(tx: &mut Tx, taken: &Taken, people: &IdList, added_by: UserId) -> Result<u64> {
    let sql = tx.any_of(join!(
        "'member'",
        "case
             when exists (select 1 from users_follows_v f where f.follower_id = k.user_id and f.followee_id = $5)
                 then 'active'
             else 'requested'
         end",
        "$5"
    ));
    execute!(tx, sql, taken.id, people, taken.last_seq, taken.message_count, added_by)
}

/// Closes the window of `user` at `left_seq`, by `removed_by` if not by themselves; what they had begun to write goes.
/// False when they had left already.
pub(crate) async fn leave(
    tx: &mut Tx,
    conversation: ConversationId,
    user: UserId,
    left_seq: i64,
    membership_seq: i64,
    removed_by: Option<UserId>,
) -> Result<bool> {
    let sql = "update messaging_members
               set left_seq = $3,
                   membership_seq = $4,
                   removed_by = $5,
                   role = 'member',
                   left_name = (select c.name from messaging_conversations c where c.id = $1)
               where conversation_id = $1 and user_id = $2 and left_seq is null";
    let left = execute!(tx, sql, conversation, user, left_seq, membership_seq, removed_by)? == 1;
    execute!(tx, "delete from messaging_drafts where user_id = $1 and conversation_id = $2", user, conversation)?;
    Ok(left)
}

/// Whether an admin took `user` out, and nobody has added them since.
pub(crate) async fn was_removed(db: &mut impl Connection, conversation: ConversationId, user: UserId) -> Result<bool> {
    let sql = "select 1
               from messaging_members
               where conversation_id = $1 and user_id = $2 and left_seq is not null and removed_by is not null";
    let row: Option<(i32,)> = fetch_optional!(db, sql, conversation, user)?;
    Ok(row.is_some())
}

/// What somebody who takes part is there.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Standing {
    pub role: MemberRole,
    pub state: MemberState,
}

/// `None` for who does not take part now.
pub(crate) async fn standing(
    db: &mut impl Connection,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<Standing>> {
    let sql = "select role, state
               from messaging_members
               where conversation_id = $1 and user_id = $2 and left_seq is null";
    fetch_optional!(db, sql, conversation, user)
}

/// Those among `people` who take part now.
pub(crate) async fn present_among(
    db: &mut impl Connection,
    conversation: ConversationId,
    people: &IdList,
) -> Result<Vec<UserId>> {
    let sql = db.any_of(
        "select user_id
         from messaging_members
         where conversation_id = $1 and left_seq is null and user_id = any_of($2)",
    );
    let rows: Vec<(UserId,)> = fetch_all!(db, sql, conversation, people)?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// Whether nobody takes part any more.
pub(crate) async fn is_empty(db: &mut impl Connection, conversation: ConversationId) -> Result<bool> {
    let sql = "select member_count from messaging_conversations where id = $1";
    let (count,): (i64,) = fetch_one!(db, sql, conversation)?;
    Ok(count <= 0)
}

/// Who takes over when the owner leaves: the admin, else the member, who joined first; of those who have not answered
/// yet only when there is nobody else.
pub(crate) async fn successor(
    db: &mut impl Connection,
    conversation: ConversationId,
    owner: UserId,
) -> Result<Option<UserId>> {
    let sql = "select user_id
               from messaging_members
               where conversation_id = $1 and user_id <> $2 and left_seq is null
               order by case state when 'active' then 1 else 2 end,
                        case role when 'admin' then 1 else 2 end,
                        joined_seq, user_id
               limit 1";
    let row: Option<(UserId,)> = fetch_optional!(db, sql, conversation, owner)?;
    Ok(row.map(|(user,)| user))
}

pub(crate) async fn set_role(
    tx: &mut Tx,
    conversation: ConversationId,
    user: UserId,
    role: MemberRole,
    membership_seq: i64,
) -> Result<u64> {
    let sql = "update messaging_members
               set role = $3, membership_seq = $4
               where conversation_id = $1 and user_id = $2 and left_seq is null";
    execute!(tx, sql, conversation, user, role, membership_seq)
}

/// A member with what they have read.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct MemberRow {
    pub user_id: UserId,
    pub role: MemberRole,
    pub state: MemberState,
    pub joined_seq: i64,
    pub read_seq: i64,
    pub delivered_seq: i64,
    /// Whether the member and the viewer show each other what they have read: nobody does across a block, and nobody who is
    /// suspended.
    pub shows_marks: bool,
    /// 1 for the owner, 2 for admins, 3 for others.
    pub rank: i64,
}

macro_rules! member_rows {
    ($condition:literal, $rest:literal) => {
        concat!(
            "select user_id, role, state, joined_seq, read_seq, delivered_seq, shows_marks, rank
             from (
                 select m.user_id, m.role, m.state, m.joined_seq, m.read_seq, m.delivered_seq,
                        m.user_id = $2
                            or (m.state = 'active' and coalesce(mine.read_receipts, true)
                                and coalesce(theirs.read_receipts, true)
                                and not exists (select 1 from auth_suspended_v a where a.user_id = m.user_id)
                                and not exists (
                                    select 1 from users_blocks_v b
                                    where b.blocker_id = m.user_id and b.blocked_id = $2
                                )
                                and not exists (
                                    select 1 from users_blocks_v b
                                    where b.blocker_id = $2 and b.blocked_id = m.user_id
                                )) as shows_marks,
                        cast(case m.role when 'owner' then 1 when 'admin' then 2 else 3 end as bigint) as rank
                 from messaging_members m
                 left join messaging_settings mine on mine.user_id = $2
                 left join messaging_settings theirs on theirs.user_id = m.user_id
                 where m.conversation_id = $1 and m.left_seq is null",
            $condition,
            ") ranked ",
            $rest
        )
    };
}

/// A member as `viewer` sees them.
pub(crate) async fn find(
    db: &mut impl Connection,
    viewer: UserId,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<MemberRow>> {
    fetch_optional!(db, member_rows!(" and m.user_id = $3", ""), conversation, viewer, user)
}

/// Owner, admins, then the others, each by joining, after the member with this rank, `joined_seq` and id.
pub(crate) async fn page(
    db: &mut impl Connection,
    viewer: UserId,
    conversation: ConversationId,
    after: Option<(i64, i64, UserId)>,
    limit: Limit,
) -> Result<Vec<MemberRow>> {
    let (rank, joined_seq, user) = after.unwrap_or((0, 0, UserId(uuid::Uuid::nil())));
    let sql = member_rows!(
        "",
        "where (rank, joined_seq, user_id) > ($3, $4, $5)
         order by rank, joined_seq, user_id
         limit $6"
    );
    fetch_all!(db, sql, conversation, viewer, rank, joined_seq, user, limit.fetch())
}

/// Unread messages in all conversations of `user`, but those that are only requests.
pub(crate) async fn unread(db: &mut impl Connection, user: UserId) -> Result<i64> {
    let sql = concat!(
        "select cast(coalesce(sum(",
        unread_count!(),
        "), 0) as bigint)
         from messaging_members me
         join messaging_conversations c on c.id = me.conversation_id
         where me.user_id = $1 and me.left_seq is null and me.state = 'active'"
    );
    let (unread,): (i64,) = fetch_one!(db, sql, user)?;
    Ok(unread)
}

/// Present members among the people with these handles.
pub(crate) async fn with_handles(
    db: &mut impl Connection,
    conversation: ConversationId,
    handles: &std::collections::BTreeSet<String>,
) -> Result<Vec<UserId>> {
    let places: Vec<String> = (0..handles.len()).map(|position| format!("${}", position + 2)).collect();
    let sql = format!(
        "select me.user_id
         from users_people_v p
         join messaging_members me on me.user_id = p.user_id
         where me.conversation_id = $1 and me.left_seq is null and p.handle in ({})
         order by me.user_id",
        places.join(", ")
    );
    let rows: Vec<(UserId,)> = village_db::on!(db, conn => {
        let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(conversation);
        for handle in handles {
            query = query.bind(handle);
        }
        query.fetch_all(conn).await
    })?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}
