//! Conversations, and lists of them.

use uuid::Uuid;
use village_db::{Connection, IdList, Result, Tx, execute, fetch_all, fetch_one};
use village_kernel::{ConversationId, Instant, Limit, UserId};

use crate::conversation::ConversationRow;

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

/// Whether `peer` exists, is not suspended, and no block stands between the two.
pub(crate) async fn may_write_to(db: &mut impl Connection, user: UserId, peer: UserId) -> Result<bool> {
    let sql = "select count(*)
               from users_people_v p
               where p.user_id = $2
                 and not exists (select 1 from auth_suspended_v s where s.user_id = p.user_id)
                 and not exists (select 1 from users_blocks_v b where b.blocker_id = $1 and b.blocked_id = p.user_id)
                 and not exists (select 1 from users_blocks_v b where b.blocker_id = p.user_id and b.blocked_id = $1)";
    let (found,): (i64,) = fetch_one!(db, sql, user, peer)?;
    Ok(found == 1)
}

/// False when the two have one already; a concurrent one is waited for.
pub(crate) async fn insert_direct(tx: &mut Tx, id: ConversationId, pair: &Pair, now: Instant) -> Result<bool> {
    let sql = "insert into messaging_conversations
                   (id, kind, direct_key, last_seq, message_count, created_at, active_at, changed_at)
               values ($1, 'direct', $2, 0, 0, $3, $3, $3)
               on conflict (direct_key) do nothing";
    Ok(execute!(tx, sql, id, pair.key(), now)? == 1)
}

pub(crate) async fn direct_id(db: &mut impl Connection, pair: &Pair) -> Result<ConversationId> {
    let (id,) = fetch_one!(db, "select id from messaging_conversations where direct_key = $1", pair.key())?;
    Ok(id)
}

macro_rules! conversation_rows {
    ($rest:literal) => {
        concat!(
            "select c.id, c.kind, c.last_seq, c.active_at, me.left_seq, me.read_seq,
                    case when me.left_seq is null then c.message_count - me.read_number else 0 end as unread_count,
                    peer.user_id as peer_id, peer.read_seq as peer_read_seq
             from messaging_members me
             join messaging_conversations c on c.id = me.conversation_id
             left join messaging_members peer
                 on c.kind = 'direct' and peer.conversation_id = c.id and peer.user_id <> me.user_id ",
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
const END_OF_TIME: Instant = Instant::from_micros(253_402_214_400_000_000);

/// The conversation with the newest message first.
pub(crate) async fn page(
    db: &mut impl Connection,
    user: UserId,
    after: Option<(Instant, ConversationId)>,
    limit: Limit,
) -> Result<Vec<ConversationRow>> {
    let (active_at, id) = after.unwrap_or((END_OF_TIME, ConversationId(Uuid::max())));
    let sql = conversation_rows!(
        "where me.user_id = $1
           and me.left_seq is null
           and (c.active_at, c.id) < ($2, $3)
         order by c.active_at desc, c.id desc
         limit $4"
    );
    fetch_all!(db, sql, user, active_at, id, limit.fetch())
}
