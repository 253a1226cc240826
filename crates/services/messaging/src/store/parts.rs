//! What other tables hold of messages, for a page of them at once and only where a row says that there is any.

use std::collections::HashMap;

use village_db::{Connection, IdList, Result, fetch_all};
use village_kernel::{ConversationId, Instant, MediaId, MessageId, UserId};

use crate::message::{MessageRow, StoredMessage};

/// Where a person has left conversations: of what came later they see nothing but deletions.
pub(crate) type Left = HashMap<ConversationId, i64>;

/// Completes rows, in the order given. Whether they reacted is found out for `people`; with `left`, these are one
/// person.
pub(crate) async fn load(
    db: &mut impl Connection,
    mut rows: Vec<MessageRow>,
    people: &[UserId],
    left: &Left,
) -> Result<Vec<StoredMessage>> {
    if !left.is_empty() {
        as_they_were(db, &mut rows, left).await?;
    }
    let mut images = images(db, &rows).await?;
    let mut reactions = reactions(db, &rows, people, left).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let Reactions { counts, reacted, hidden } = reactions.remove(&row.id).unwrap_or_default();
            let images = images.remove(&row.id).unwrap_or_default();
            StoredMessage { images, reactions: counts, reacted, hidden, row }
        })
        .collect())
}

/// The two lists by which rows of the messages for which `has_any` says yes are found; `None` without any.
fn keys(rows: &[MessageRow], has_any: impl Fn(&MessageRow) -> bool) -> Option<(IdList, IdList)> {
    let mut conversations: Vec<ConversationId> = Vec::new();
    let mut messages: Vec<MessageId> = Vec::new();
    for row in rows.iter().filter(|row| has_any(row)) {
        if !conversations.contains(&row.conversation_id) {
            conversations.push(row.conversation_id);
        }
        messages.push(row.id);
    }
    (!messages.is_empty()).then(|| (conversations.into_iter().collect(), messages.into_iter().collect()))
}

async fn images(db: &mut impl Connection, rows: &[MessageRow]) -> Result<HashMap<MessageId, Vec<(MediaId, String)>>> {
    let Some((conversations, messages)) = keys(rows, |row| row.image_count > 0) else { return Ok(HashMap::new()) };
    let sql = db.any_of(
        "select m.id, i.media_id, i.alt
         from messaging_messages m
         join messaging_images i on i.conversation_id = m.conversation_id and i.created_seq = m.created_seq
         where m.conversation_id = any_of($1) and m.id = any_of($2)
         order by i.conversation_id, i.created_seq, i.position",
    );
    let found: Vec<(MessageId, MediaId, String)> = fetch_all!(db, sql, conversations, messages)?;
    let mut images: HashMap<MessageId, Vec<(MediaId, String)>> = HashMap::new();
    for (message, media, alt) in found {
        images.entry(message).or_default().push((media, alt));
    }
    Ok(images)
}

/// The reactions to one message. All lists name emoji.
#[derive(Default)]
struct Reactions {
    counts: Vec<(String, i64)>,
    /// What each of the readers has given.
    reacted: HashMap<UserId, Vec<String>>,
    /// What people have given whom a reader has blocked, once for each of them.
    hidden: HashMap<UserId, Vec<String>>,
}

async fn reactions(
    db: &mut impl Connection,
    rows: &[MessageRow],
    people: &[UserId],
    left: &Left,
) -> Result<HashMap<MessageId, Reactions>> {
    let Some((conversations, messages)) = keys(rows, |row| row.reaction_count > 0) else { return Ok(HashMap::new()) };
    let counts: Vec<(MessageId, String, i64, i64)> = match people {
        [person] if !left.is_empty() => {
            let sql = db.any_of(
                "select m.id, r.emoji, count(*), min(r.reacted_seq) as first_seq
                 from messaging_messages m
                 join messaging_reactions r on r.conversation_id = m.conversation_id and r.created_seq = m.created_seq
                 join messaging_members me on me.conversation_id = m.conversation_id and me.user_id = $3
                 where m.conversation_id = any_of($1) and m.id = any_of($2)
                   and (me.left_seq is null or r.reacted_seq <= me.left_seq)
                 group by m.id, r.emoji
                 order by first_seq, r.emoji",
            );
            fetch_all!(db, sql, conversations.clone(), messages.clone(), *person)?
        }
        _ => {
            let sql = db.any_of(
                "select m.id, r.emoji, count(*), min(r.reacted_seq) as first_seq
                 from messaging_messages m
                 join messaging_reactions r on r.conversation_id = m.conversation_id and r.created_seq = m.created_seq
                 where m.conversation_id = any_of($1) and m.id = any_of($2)
                 group by m.id, r.emoji
                 order by first_seq, r.emoji",
            );
            fetch_all!(db, sql, conversations.clone(), messages.clone())?
        }
    };
    let sql = db.any_of(
        "select m.id, r.emoji, r.user_id
         from messaging_messages m
         join messaging_reactions r on r.conversation_id = m.conversation_id and r.created_seq = m.created_seq
         where m.conversation_id = any_of($1) and m.id = any_of($2) and r.user_id = any_of($3)",
    );
    let list: IdList = people.iter().copied().collect();
    let theirs: Vec<(MessageId, String, UserId)> =
        fetch_all!(db, sql, conversations.clone(), messages.clone(), list.clone())?;
    let sql = db.any_of(
        "select m.id, r.emoji, b.blocker_id
         from messaging_messages m
         join messaging_reactions r on r.conversation_id = m.conversation_id and r.created_seq = m.created_seq
         join users_blocks_v b on b.blocked_id = r.user_id
         join messaging_members me on me.conversation_id = m.conversation_id and me.user_id = b.blocker_id
         where m.conversation_id = any_of($1) and m.id = any_of($2) and b.blocker_id = any_of($3)
           and (me.left_seq is null or r.reacted_seq <= me.left_seq)",
    );
    let hidden: Vec<(MessageId, String, UserId)> = fetch_all!(db, sql, conversations, messages, list)?;
    let mut reactions: HashMap<MessageId, Reactions> = HashMap::new();
    for (message, emoji, count, _) in counts {
        reactions.entry(message).or_default().counts.push((emoji, count));
    }
    for (message, emoji, user) in theirs {
        reactions.entry(message).or_default().reacted.entry(user).or_default().push(emoji);
    }
    for (message, emoji, blocker) in hidden {
        reactions.entry(message).or_default().hidden.entry(blocker).or_default().push(emoji);
    }
    Ok(reactions)
}

/// Takes back what happened to messages after their reader had left: edits and pins here, reactions where they are
/// read. What was deleted stays deleted.
async fn as_they_were(db: &mut impl Connection, rows: &mut [MessageRow], left: &Left) -> Result<()> {
    let end = |row: &MessageRow| left.get(&row.conversation_id).copied().unwrap_or(i64::MAX);
    let is_newer = |row: &MessageRow| row.body_seq() > end(row);
    let mut versions: HashMap<MessageId, Vec<(i64, String, Instant)>> = HashMap::new();
    if let Some((conversations, messages)) = keys(rows, |row| is_newer(row) && row.deleted_at.is_none()) {
        let sql = db.any_of(
            "select m.id, e.changed_seq, e.body, e.written_at
             from messaging_messages m
             join messaging_edits e on e.conversation_id = m.conversation_id and e.created_seq = m.created_seq
             where m.conversation_id = any_of($1) and m.id = any_of($2)
             order by e.changed_seq",
        );
        let found: Vec<(MessageId, i64, String, Instant)> = fetch_all!(db, sql, conversations, messages)?;
        for (message, from, body, written_at) in found {
            versions.entry(message).or_default().push((from, body, written_at));
        }
    }
    for row in rows {
        let end = end(row);
        if row.changed_seq <= end {
            continue;
        }
        row.changed_seq = end.max(row.created_seq);
        if row.pinned_seq.is_some_and(|seq| seq > end) {
            (row.pinned_seq, row.pinned_at) = (None, None);
        }
        if row.body_seq() > end && row.deleted_at.is_none() {
            // Whom a later version names is not told either; the version itself names whom it names.
            row.mentions = None;
            let seen = versions.remove(&row.id).unwrap_or_default();
            let seen = seen.into_iter().rfind(|(from, ..)| *from <= end);
            let (from, body, written_at) = seen.unwrap_or((row.created_seq, String::new(), row.created_at));
            row.body = body;
            row.edited_seq = (from > row.created_seq).then_some(from);
            row.edited_at = row.edited_seq.map(|_| written_at);
        }
    }
    Ok(())
}
