//! Windows of visibility: from which seq to which a person may see a conversation.

use village_db::{Connection, IdList, Result, fetch_all, fetch_optional};
use village_kernel::{ConversationId, UserId};

use crate::read::ReadState;

/// What one person may see of a conversation, and has read.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Window {
    pub last_seq: i64,
    /// What was said up to here has ended.
    pub expired_seq: i64,
    pub joined_seq: i64,
    pub left_seq: Option<i64>,
    pub read_seq: i64,
    pub unread_count: i64,
    /// Whether images are theirs to see: not before they accept what somebody put them into. Nobody can send one into
    /// a direct conversation before that.
    pub shows_images: bool,
}

impl Window {
    pub fn first_visible_seq(&self) -> i64 {
        self.joined_seq.max(self.expired_seq + 1)
    }

    pub fn last_visible_seq(&self) -> i64 {
        self.left_seq.unwrap_or(self.last_seq)
    }

    /// Whether the message sent at `created_seq` may be shown.
    pub fn shows(&self, created_seq: i64) -> bool {
        created_seq >= self.first_visible_seq() && created_seq <= self.last_visible_seq()
    }

    /// Whether it begins and ends where `other` does; what was said meanwhile does not count.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.joined_seq, self.left_seq) == (other.joined_seq, other.left_seq)
    }

    pub fn read_state(&self) -> ReadState {
        ReadState { read_seq: self.read_seq, unread_count: self.unread_count }
    }
}

/// What member `me` has not read of conversation `c`. Numbers count what people have sent; what was deleted after the read
/// mark is taken off again, found by an index that holds deleted messages only. What has ended has no rows any more.
macro_rules! unread_count {
    () => {
        unread_count!("me.conversation_id", "me.read_number")
    };
    ($conversation:literal, $read_number:literal) => {
        concat!(
            "(c.message_count
                 - case when ",
            $read_number,
            " > c.expired_number then ",
            $read_number,
            " else c.expired_number end
                 - (select count(*)
                    from messaging_messages gone
                    where gone.conversation_id = ",
            $conversation,
            " and gone.deleted_at is not null
                      and gone.number > case when ",
            $read_number,
            " > c.expired_number then ",
            $read_number,
            " else c.expired_number end))"
        )
    };
}

pub(crate) use unread_count;

macro_rules! windows {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " c.last_seq, c.expired_seq, me.joined_seq, me.left_seq, me.read_seq,
                c.kind = 'direct' or me.state = 'active' as shows_images,
                case when me.left_seq is not null then 0 else ",
            unread_count!(),
            " end as unread_count
             from messaging_members me
             join messaging_conversations c on c.id = me.conversation_id ",
            $rest
        )
    };
}

/// `None` for who never took part.
pub(crate) async fn find(
    db: &mut impl Connection,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<Window>> {
    let sql = windows!("", "where me.conversation_id = $1 and me.user_id = $2");
    fetch_optional!(db, sql, conversation, user)
}

#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct ConversationWindow {
    pub conversation_id: ConversationId,
    #[sqlx(flatten)]
    pub window: Window,
}

/// One person's windows on those among `conversations` in which they take or took part.
pub(crate) async fn of_person(
    db: &mut impl Connection,
    user: UserId,
    conversations: &IdList,
) -> Result<Vec<ConversationWindow>> {
    let sql = windows!("me.conversation_id,", "where me.user_id = $1 and me.conversation_id = any_of($2)");
    let sql = db.any_of(sql);
    fetch_all!(db, sql, user, conversations)
}

#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct MemberWindow {
    pub user_id: UserId,
    pub joined_seq: i64,
    pub left_seq: Option<i64>,
    /// As in [`Window`].
    pub shows_images: bool,
}

/// What a member may see of a message that has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    Whole,
    /// All but its images.
    WithoutImages,
    /// Nothing: it was sent before they came.
    Before,
    /// What it was like when they left, at this seq.
    AsItWas(i64),
    /// Nothing: it was sent after they had left.
    After,
}

impl MemberWindow {
    pub fn sight(&self, created_seq: i64, changed_seq: i64) -> Sight {
        match self.left_seq {
            _ if created_seq < self.joined_seq => Sight::Before,
            Some(left_seq) if created_seq > left_seq => Sight::After,
            Some(left_seq) if changed_seq > left_seq => Sight::AsItWas(left_seq),
            _ if !self.shows_images => Sight::WithoutImages,
            _ => Sight::Whole,
        }
    }
}

/// The windows of those among `people` who take or took part in `conversation`.
pub(crate) async fn among(
    db: &mut impl Connection,
    conversation: ConversationId,
    people: &IdList,
) -> Result<Vec<MemberWindow>> {
    let sql = db.any_of(
        "select user_id, joined_seq, left_seq,
                state = 'active' or exists (
                    select 1 from messaging_conversations c where c.id = $1 and c.kind = 'direct'
                ) as shows_images
         from messaging_members
         where conversation_id = $1 and user_id = any_of($2)",
    );
    fetch_all!(db, sql, conversation, people)
}
