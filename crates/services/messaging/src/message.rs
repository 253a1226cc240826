//! A message as it is stored and as people see it, and the rules for what may be sent.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use village_kernel::text::multi_line;
use village_kernel::{ConversationId, Instant, MediaId, MessageId, UserId};
use village_ports::Image;

use crate::images::parse_images;
use crate::{ConversationEvent, DraftMark, ForwardOf, MessagingError, SendMessage};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum MessageKind {
    /// Somebody said something.
    Text,
    /// Something happened to the conversation.
    Event,
}

/// A message as one person sees it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// Where it stands in the conversation; never changes.
    #[schema(example = 41)]
    pub seq: i64,
    /// The conversation's seq when it was last changed; equals `seq` while it never was.
    #[schema(example = 41)]
    pub changed_seq: i64,
    /// Counts the messages of the conversation: 1, 2, 3, ... An event has the number of the message before it.
    #[schema(example = 37)]
    pub number: i64,
    pub kind: MessageKind,
    /// In groups and channels this can be somebody you have blocked: fold their messages, see `GET /users/blocks`.
    pub sender_id: UserId,
    /// What the sender called it; null for everyone else.
    pub client_id: Option<String>,
    /// Empty for an event, and once it is deleted.
    #[schema(example = "She slept through the night!")]
    pub body: String,
    pub images: Vec<Image>,
    /// Of a group that you have not accepted, images are not shown: so many there are. Read the messages again once
    /// you have accepted.
    #[schema(required = false, example = 0)]
    pub withheld_images: i64,
    pub reply_to: Option<ReplyTo>,
    /// Somebody said it elsewhere before.
    pub forwarded: bool,
    /// The members it names as `@handle`.
    pub mentions: Vec<UserId>,
    /// In the order of first use. Those of people you have blocked are left out.
    pub reactions: Vec<Reaction>,
    pub edited_at: Option<Instant>,
    /// Set once it is deleted: nothing of what it said is left.
    pub deleted_at: Option<Instant>,
    pub pinned_at: Option<Instant>,
    pub created_at: Instant,
    /// What happened, when it is an event.
    pub event: Option<ConversationEvent>,
}

/// The message that a message answers. It may be older than what the reader can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ReplyTo {
    #[schema(example = 40)]
    pub seq: i64,
    pub message_id: MessageId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Reaction {
    #[schema(example = "❤️")]
    pub emoji: String,
    #[schema(example = 3)]
    pub count: i64,
    /// Whether the caller is one of them.
    pub me: bool,
}

/// A message as it is stored, without what other tables hold of it.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub(crate) struct MessageRow {
    pub conversation_id: ConversationId,
    pub created_seq: i64,
    pub changed_seq: i64,
    pub id: MessageId,
    pub number: i64,
    pub kind: MessageKind,
    pub sender_id: UserId,
    pub client_id: String,
    pub body: String,
    /// JSON of a [`ConversationEvent`].
    pub event: Option<String>,
    pub reply_to_seq: Option<i64>,
    pub reply_to_id: Option<MessageId>,
    pub forwarded: bool,
    pub image_count: i64,
    pub reaction_count: i64,
    pub edit_count: i64,
    /// JSON list of ids.
    pub mentions: Option<String>,
    pub edited_seq: Option<i64>,
    pub edited_at: Option<Instant>,
    pub deleted_at: Option<Instant>,
    pub pinned_seq: Option<i64>,
    pub pinned_at: Option<Instant>,
    pub created_at: Instant,
}

impl MessageRow {
    /// Text of `sender`, as it is before it was written: without a seq and a number.
    pub fn text(
        conversation_id: ConversationId,
        sender_id: UserId,
        client_id: String,
        body: String,
        now: Instant,
    ) -> Self {
        Self {
            conversation_id,
            created_seq: 0,
            changed_seq: 0,
            id: MessageId::new(now),
            number: 0,
            kind: MessageKind::Text,
            sender_id,
            client_id,
            body,
            event: None,
            reply_to_seq: None,
            reply_to_id: None,
            forwarded: false,
            image_count: 0,
            reaction_count: 0,
            edit_count: 0,
            mentions: None,
            edited_seq: None,
            edited_at: None,
            deleted_at: None,
            pinned_seq: None,
            pinned_at: None,
            created_at: now,
        }
    }

    /// The seq from which on it says what it says now.
    pub fn body_seq(&self) -> i64 {
        self.edited_seq.unwrap_or(self.created_seq)
    }

    pub fn mentions(&self) -> Vec<UserId> {
        parse_mentions(self.mentions.as_deref())
    }
}

/// As they are stored: a JSON list of ids, or nothing for nobody.
pub(crate) fn parse_mentions(json: Option<&str>) -> Vec<UserId> {
    json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// A row with what the other tables hold of it, as far as the people it is read for are concerned.
#[derive(Clone, Debug)]
pub(crate) struct StoredMessage {
    pub row: MessageRow,
    /// In their order, with what stands for each.
    pub images: Vec<(MediaId, String)>,
    /// Emoji and count, in the order of first use.
    pub reactions: Vec<(String, i64)>,
    /// Who of those people reacted with what.
    pub reacted: HashMap<UserId, Vec<String>>,
    /// What is not shown to whom of them: the emoji of each reaction by somebody they have blocked.
    pub hidden: HashMap<UserId, Vec<String>>,
}

impl StoredMessage {
    /// As it was sent, before anybody could react to it.
    pub fn fresh(row: MessageRow, images: Vec<(MediaId, String)>) -> Self {
        Self { row, images, reactions: Vec::new(), reacted: HashMap::new(), hidden: HashMap::new() }
    }
}

/// A message whose images can be fetched now: what is shown to each person is made of it.
#[derive(Clone, Debug)]
pub(crate) struct WholeMessage {
    pub stored: StoredMessage,
    pub images: Vec<Image>,
    pub withheld_images: i64,
}

impl WholeMessage {
    pub fn row(&self) -> &MessageRow {
        &self.stored.row
    }

    /// Without its images, but for their number, when `withhold` says so.
    pub fn withholding(mut self, withhold: bool) -> Self {
        if withhold {
            self.withheld_images = self.stored.row.image_count;
            self.images = Vec::new();
        }
        self
    }

    /// Whether `user` sees reactions of their own, or does not see all.
    pub fn is_particular_to(&self, user: UserId) -> bool {
        self.stored.reacted.contains_key(&user) || self.stored.hidden.contains_key(&user)
    }

    pub fn for_viewer(&self, user: UserId) -> Message {
        let row = &self.stored.row;
        let mine = self.stored.reacted.get(&user);
        let hidden = self.stored.hidden.get(&user);
        let reaction = |(emoji, count): &(String, i64)| {
            let unseen = hidden.map_or(0, |hidden| hidden.iter().filter(|other| *other == emoji).count());
            let count = *count - unseen as i64;
            let me = mine.is_some_and(|mine| mine.contains(emoji));
            (count > 0).then(|| Reaction { emoji: emoji.clone(), count, me })
        };
        let is_own = row.sender_id == user && row.kind == MessageKind::Text;
        Message {
            id: row.id,
            conversation_id: row.conversation_id,
            seq: row.created_seq,
            changed_seq: row.changed_seq,
            number: row.number,
            kind: row.kind,
            sender_id: row.sender_id,
            client_id: is_own.then(|| row.client_id.clone()),
            body: row.body.clone(),
            images: self.images.clone(),
            withheld_images: self.withheld_images,
            reply_to: row.reply_to_seq.zip(row.reply_to_id).map(|(seq, message_id)| ReplyTo { seq, message_id }),
            forwarded: row.forwarded,
            mentions: row.mentions(),
            reactions: self.stored.reactions.iter().filter_map(reaction).collect(),
            edited_at: row.edited_at,
            deleted_at: row.deleted_at,
            pinned_at: row.pinned_at,
            created_at: row.created_at,
            event: row.event.as_deref().and_then(ConversationEvent::from_json),
        }
    }

    /// About the length of its JSON.
    pub fn size_bytes(&self) -> usize {
        let urls = |image: &Image| image.sizes.iter().map(|size| size.url.len() + 64).sum::<usize>();
        let images: usize = self.images.iter().map(|image| 256 + image.alt.len() + urls(image)).sum();
        let row = self.row();
        let rest = row.event.as_ref().map_or(0, String::len) + row.mentions.as_ref().map_or(0, String::len);
        640 + row.body.len() + rest + images + 80 * self.stored.reactions.len()
    }
}

/// A message that may be sent: 1 to 4,000 characters, images, or a copy of another one; and a `client_id` of 1 to 64
/// printable ASCII characters.
#[derive(Clone, Debug)]
pub(crate) struct NewMessage {
    pub client_id: String,
    pub body: String,
    pub images: Vec<(MediaId, String)>,
    pub reply_to: Option<MessageId>,
    pub forward_of: Option<ForwardOf>,
    /// What it was before.
    pub draft: Option<DraftMark>,
}

impl NewMessage {
    pub const MAX_CHARACTERS: usize = 4_000;

    pub fn parse(request: SendMessage) -> Result<Self, MessagingError> {
        let SendMessage { client_id, body, images, reply_to, forward_of, draft } = request;
        if !(1..=64).contains(&client_id.len()) || !client_id.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = "must be 1 to 64 printable ASCII characters without spaces".to_owned();
            return Err(MessagingError::Invalid { field: "client_id", code: "invalid", message });
        }
        if forward_of.is_some() && !(body.is_empty() && images.is_empty()) {
            let message = "is copied whole: leave body and images away".to_owned();
            return Err(MessagingError::Invalid { field: "forward_of", code: "invalid", message });
        }
        let images = parse_images(images)?;
        let may_be_empty = forward_of.is_some() || !images.is_empty();
        let body = parse_body(&body, if may_be_empty { 0 } else { 1 })?;
        if let Some(mark) = &draft {
            mark.check("draft")?;
        }
        Ok(Self { client_id, body, images, reply_to, forward_of, draft })
    }
}

/// Several lines of at least `min` characters.
pub(crate) fn parse_body(body: &str, min: usize) -> Result<String, MessagingError> {
    multi_line(body, min, NewMessage::MAX_CHARACTERS).map_err(|error| MessagingError::text("body", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_words_and_a_client_id() {
        let parse = |client_id: &str, body: &str| {
            NewMessage::parse(SendMessage { client_id: client_id.into(), body: body.into(), ..SendMessage::default() })
        };
        assert!(parse("a-1", " hi \n").is_ok_and(|message| message.body == "hi"));
        for (client_id, body) in [("", "x"), ("a b", "x"), ("é", "x"), ("a", ""), ("a", " \n"), ("a", "\0")] {
            assert!(parse(client_id, body).is_err(), "{client_id:?} {body:?}");
        }
        assert!(parse(&"a".repeat(65), "x").is_err());
        assert!(parse("a", &"é".repeat(4_000)).is_ok());
        assert!(parse("a", &"é".repeat(4_001)).is_err());
    }

    #[test]
    fn a_forward_is_a_copy_and_nothing_more() {
        let now = Instant::from_micros(0);
        let of = ForwardOf { conversation_id: ConversationId::new(now), message_id: MessageId::new(now) };
        let request = SendMessage { client_id: "a".into(), forward_of: Some(of), ..SendMessage::default() };
        assert!(NewMessage::parse(request.clone()).is_ok());
        assert!(NewMessage::parse(SendMessage { body: "and so".into(), ..request }).is_err());
    }
}
