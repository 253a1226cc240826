//! Who may know that somebody is here, or writes.

use village_db::{Connection, IdList, Result, fetch_all, fetch_optional};
use village_kernel::{ConversationId, UserId};

/// Those among `people` who see whether `user` is here, and whom `user` sees: they share a direct conversation or a
/// group of at most `few`, which both have accepted; neither hides, no block stands between them, and neither is suspended.
pub(crate) async fn seen_among(
    db: &mut impl Connection,
    user: UserId,
    people: &IdList,
    few: i64,
) -> Result<Vec<UserId>> {
    let sql = db.any_of(
        "select distinct peer.user_id
         from messaging_members me
         join messaging_conversations c on c.id = me.conversation_id
         join messaging_members peer on peer.conversation_id = me.conversation_id and peer.user_id <> me.user_id
         where me.user_id = $1 and me.left_seq is null and me.state = 'active'
           and peer.user_id = any_of($2) and peer.left_seq is null and peer.state = 'active'
           and (c.kind = 'direct' or (c.kind = 'group' and c.member_count <= $3))
           and not exists (
               select 1 from auth_suspended_v a where a.user_id in (me.user_id, peer.user_id)
           )
           and not exists (
               select 1 from messaging_settings s
               where s.user_id in (me.user_id, peer.user_id) and not s.presence
           )
           and not exists (
               select 1 from users_blocks_v b where b.blocker_id = peer.user_id and b.blocked_id = me.user_id
           )
           and not exists (
               select 1 from users_blocks_v b where b.blocker_id = me.user_id and b.blocked_id = peer.user_id
           )",
    );
    let rows: Vec<(UserId,)> = fetch_all!(db, sql, user, people, few)?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// Whether others see that `user` writes; `None` for who does not take part.
pub(crate) async fn shows_typing(
    db: &mut impl Connection,
    conversation: ConversationId,
    user: UserId,
    few: i64,
) -> Result<Option<bool>> {
    let sql = "select me.state = 'active' and c.member_count <= $3
               from messaging_members me
               join messaging_conversations c on c.id = me.conversation_id
               where me.conversation_id = $1 and me.user_id = $2 and me.left_seq is null";
    let row: Option<(bool,)> = fetch_optional!(db, sql, conversation, user, few)?;
    Ok(row.map(|(shows,)| shows))
}

/// Those among `people` to whom it is shown that `user` writes: nobody who has not accepted, nobody across a block. Of
/// somebody suspended nobody is shown anything.
pub(crate) async fn see_typing(
    db: &mut impl Connection,
    conversation: ConversationId,
    user: UserId,
    people: &IdList,
) -> Result<Vec<UserId>> {
    let sql = db.any_of(
        "select peer.user_id
         from messaging_members peer
         where peer.conversation_id = $1 and peer.user_id = any_of($3) and peer.user_id <> $2
           and peer.left_seq is null and peer.state = 'active'
           and not exists (select 1 from auth_suspended_v a where a.user_id = $2)
           and not exists (select 1 from users_blocks_v b where b.blocker_id = peer.user_id and b.blocked_id = $2)
           and not exists (select 1 from users_blocks_v b where b.blocker_id = $2 and b.blocked_id = peer.user_id)",
    );
    let rows: Vec<(UserId,)> = fetch_all!(db, sql, conversation, user, people)?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}
