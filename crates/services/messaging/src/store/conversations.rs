//! Conversations, and lists of them.

use uuid::Uuid;
use village_db::{Connection, IdList, Result, Tx, execute, fetch_all, fetch_one, fetch_optional};
use village_kernel::{ChannelId, ConversationId, Instant, Limit, MediaId, UserId};

use crate::MemberState;
use crate::conversation::{ConversationKind, ConversationRow};
use crate::store::windows::unread_count;

/// Two people, the smaller id first.
pub(crate) struct Pair(pub UserId, pub UserId);

impl Pair {
    pub fn new(one: UserId, other: UserId) -> Self {
        if one < other { Self(one, other) } else { Self(other, one) }
    }

    fn key(&self) -> Vec<u8> {
        [self.0.0.as_bytes().as_slice(), self.1.0.as_bytes()].concat()
    }
}

/// Those among `people` that exist, are not suspended, and between whom and `user` no block stands; and whether each
/// follows `user`. In the order of ids.
pub(crate) async fn reachable_among(
    db: &mut impl Connection,
    user: UserId,
    people: &IdList,
) -> Result<Vec<(UserId, bool)>> {
    let sql = db.any_of(
        "select p.user_id,
                exists (
                    select 1 from users_follows_v f where f.follower_id = p.user_id and f.followee_id = $1
                ) as follows
         from users_people_v p
         where p.user_id = any_of($2)
           and not exists (select 1 from auth_suspended_v s where s.user_id = p.user_id)
           and not exists (select 1 from users_blocks_v b where b.blocker_id = $1 and b.blocked_id = p.user_id)
           and not exists (select 1 from users_blocks_v b where b.blocker_id = p.user_id and b.blocked_id = $1)
         order by p.user_id",
    );
    fetch_all!(db, sql, user, people)
}

/// False when the two have one already; a concurrent one is waited for.
pub(crate) async fn insert_direct(tx: &mut Tx, id: ConversationId, pair: &Pair, now: Instant) -> Result<bool> {
    let sql = "insert into messaging_conversations
                   (id, kind, direct_key, last_seq, message_count, created_at, active_at, changed_at)
               values ($1, 'direct', $2, 0, 0, $3, $3, $3)
               on conflict (direct_key) do nothing";
    Ok(execute!(tx, sql, id, pair.key(), now)? == 1)
}

pub(crate) struct NewGroup<'a> {
    pub id: ConversationId,
    pub name: &'a str,
    pub picture: Option<MediaId>,
    pub member_count: i64,
    pub created_at: Instant,
}

/// With the seq 1 taken, for the event that says so.
pub(crate) async fn insert_group(tx: &mut Tx, group: &NewGroup<'_>) -> Result<u64> {
    let NewGroup { id, name, picture, member_count, created_at } = group;
    let sql = "insert into messaging_conversations
                   (id, kind, name, picture_media_id, member_count, last_seq, message_count, created_at, active_at,
                    changed_at)
               values ($1, 'group', $2, $3, $4, 1, 0, $5, $5, $5)";
    execute!(tx, sql, *id, *name, *picture, *member_count, *created_at)
}

/// False when the channel has one already; a concurrent one is waited for. Nobody takes part yet.
pub(crate) async fn insert_channel(tx: &mut Tx, id: ConversationId, channel: ChannelId, now: Instant) -> Result<bool> {
    let sql = "insert into messaging_conversations
                   (id, kind, channel_id, member_count, last_seq, message_count, created_at, active_at, changed_at)
               values ($1, 'channel', $2, 0, 0, 0, $3, $3, $3)
               on conflict (channel_id) do nothing";
    Ok(execute!(tx, sql, id, channel, now)? == 1)
}

pub(crate) async fn of_channel(db: &mut impl Connection, channel: ChannelId) -> Result<Option<ConversationId>> {
    let row: Option<(ConversationId,)> =
        fetch_optional!(db, "select id from messaging_conversations where channel_id = $1", channel)?;
    Ok(row.map(|(id,)| id))
}

/// The kind of a conversation that exists.
pub(crate) async fn kind(db: &mut impl Connection, conversation: ConversationId) -> Result<ConversationKind> {
    let (kind,) = fetch_one!(db, "select kind from messaging_conversations where id = $1", conversation)?;
    Ok(kind)
}

pub(crate) async fn direct_id(db: &mut impl Connection, pair: &Pair) -> Result<ConversationId> {
    let (id,) = fetch_one!(db, "select id from messaging_conversations where direct_key = $1", pair.key())?;
    Ok(id)
}

/// The pins that member `me` is listed: those inside their window, of which there are few in any conversation. The plus
/// keeps SQLite from reading the whole window instead of the index of pins.
macro_rules! pinned_count {
    () => {
        "(select count(*)
          from messaging_messages p
          where p.conversation_id = me.conversation_id and p.pinned_at is not null
            and +p.created_seq >= me.joined_seq and +p.created_seq > c.expired_seq
            and p.pinned_seq <= case when me.left_seq is null then c.last_seq else me.left_seq end)"
    };
}

macro_rules! conversation_rows {
    ($rest:literal) => {
        concat!(
            "select c.id, c.kind, case when me.left_seq is null then c.name else me.left_name end as name,
                    c.channel_id, c.picture_media_id, c.last_seq, c.member_count,
                    case when c.pinned_count = 0 then 0 else ",
            pinned_count!(),
            " end as pinned_count,
                    c.retention_seconds, c.active_at, me.joined_seq, me.left_seq, me.role, me.state, me.added_by,
                    me.read_seq, me.notify, me.muted_until, me.membership_seq,
                    case when me.left_seq is not null then 0 else ",
            unread_count!(),
            " end as unread_count,
                    peer.user_id as peer_id, peer.read_seq as peer_read_seq, peer.delivered_seq as peer_delivered_seq,
                    coalesce(peer.state, 'active') = 'active' and coalesce(mine.read_receipts, true)
                        and coalesce(theirs.read_receipts, true)
                        and not exists (select 1 from auth_suspended_v a where a.user_id = peer.user_id)
                        as peer_shows_marks,
                    (coalesce(peer.state, 'active') <> 'active' and c.message_count >= 5)
                        or exists (select 1 from auth_suspended_v s where s.user_id = peer.user_id) as is_deaf,
                    nullif(draft.body, '') as draft_body, draft.updated_at as draft_updated_at,
                    draft.draft_key, draft.revision as draft_revision
             from messaging_members me
             join messaging_conversations c on c.id = me.conversation_id
             left join messaging_members peer
                 on c.kind = 'direct' and peer.conversation_id = c.id and peer.user_id <> me.user_id
             left join messaging_settings mine on mine.user_id = me.user_id
             left join messaging_settings theirs on theirs.user_id = peer.user_id
             left join messaging_drafts draft
                 on draft.user_id = me.user_id and draft.conversation_id = me.conversation_id ",
            $rest
        )
    };
}

/// Those among `ids` in which `user` takes or took part.
pub(crate) async fn of_person(db: &mut impl Connection, user: UserId, ids: &IdList) -> Result<Vec<ConversationRow>> {
    let sql = db.any_of(conversation_rows!("where me.user_id = $1 and me.conversation_id = any_of($2)"));
    fetch_all!(db, sql, user, ids)
}

/// After every instant that occurs, and within the range of both engines: 9999-12-31.
pub(crate) const END_OF_TIME: Instant = Instant::from_micros(253_402_214_400_000_000);

/// The conversation with the newest message first, of those in which `user` takes part in this state.
pub(crate) async fn page(
    db: &mut impl Connection,
    user: UserId,
    state: MemberState,
    after: Option<(Instant, ConversationId)>,
    limit: Limit,
) -> Result<Vec<ConversationRow>> {
    let (active_at, id) = after.unwrap_or((END_OF_TIME, ConversationId(Uuid::max())));
    let sql = conversation_rows!(
        "where me.user_id = $1
           and me.left_seq is null
           and me.state = $5
           and (c.active_at, c.id) < ($2, $3)
         order by c.active_at desc, c.id desc
         limit $4"
    );
    fetch_all!(db, sql, user, active_at, id, limit.fetch(), state)
}
