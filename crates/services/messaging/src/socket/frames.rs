//! The frames of subprotocol `village.v1`: JSON text, told apart by `type`. Sizes and close codes are here too.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use village_http::strict;
use village_kernel::{ConversationId, MessageId, NotificationId, SessionId, UserId};
use village_ports::{NotificationChange, NotificationUpdate};

use crate::{Conversation, DraftMark, ForwardOf, Message, SendImage};

pub const SUBPROTOCOL: &str = "village.v1";

/// Largest frame a client may send, in bytes; larger closes with 1009.
pub const MAX_FRAME_BYTES: usize = 16 * 1024;

/// Longest `ref`, in bytes.
pub const MAX_REF_BYTES: usize = 64;

/// What a client sends. `ref` names the frame in its answer. `type` says which frame it is; [`parse`] reads it, not
/// serde's `tag`, which forgets what must be an object.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// The first frame, within five seconds.
    Hello {
        r#ref: String,
        token: String,
        #[serde(default)]
        resume: Option<Resume>,
    },
    /// A newer token of the same person, before the old one expires.
    Token { r#ref: String, token: String },
    /// A new message.
    Send {
        r#ref: String,
        conversation_id: ConversationId,
        client_id: String,
        #[serde(default)]
        body: String,
        #[serde(default)]
        images: Vec<SendImage>,
        #[serde(default)]
        reply_to: Option<MessageId>,
        #[serde(default)]
        forward_of: Option<ForwardOf>,
        #[serde(default)]
        draft: Option<DraftMark>,
    },
    /// Replaces what a message of one's own says.
    Edit { r#ref: String, conversation_id: ConversationId, message_id: MessageId, body: String },
    /// Takes back a message.
    Delete { r#ref: String, conversation_id: ConversationId, message_id: MessageId },
    /// Adds a reaction, or takes it back.
    React { r#ref: String, conversation_id: ConversationId, message_id: MessageId, emoji: String, on: bool },
    /// "I have read everything up to here."
    Read { r#ref: String, conversation_id: ConversationId, seq: i64 },
    /// "Everything up to here has arrived", for each of at most 200 conversations.
    Delivered { r#ref: String, conversations: BTreeMap<ConversationId, i64> },
    /// "I am writing": once every three seconds while it is so.
    Typing { r#ref: String, conversation_id: ConversationId },
    /// Whom to tell of when they come and go, at most 100; replaces the former list.
    Watch { r#ref: String, user_ids: Vec<UserId> },
    /// "I have seen each of these conversations up to this seq; what came after?" As many as fit into a frame.
    Resume { r#ref: String, conversations: HashMap<ConversationId, i64> },
    /// Are you there?
    Ping { r#ref: String },
}

impl ClientFrame {
    pub fn reference(&self) -> &str {
        match self {
            Self::Hello { r#ref, .. }
            | Self::Token { r#ref, .. }
            | Self::Send { r#ref, .. }
            | Self::Edit { r#ref, .. }
            | Self::Delete { r#ref, .. }
            | Self::React { r#ref, .. }
            | Self::Read { r#ref, .. }
            | Self::Delivered { r#ref, .. }
            | Self::Typing { r#ref, .. }
            | Self::Watch { r#ref, .. }
            | Self::Resume { r#ref, .. }
            | Self::Ping { r#ref } => r#ref,
        }
    }
}

/// Where a client stood when its last connection ended.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    #[serde(default)]
    pub conversations: HashMap<ConversationId, i64>,
    #[serde(default)]
    pub membership_seq: Option<i64>,
    #[serde(default)]
    pub notification_seq: Option<i64>,
}

/// What the server sends.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame<'a> {
    /// The frame called `ref` was done.
    Ack { r#ref: &'a str, result: AckResult<'a> },
    /// The frame called `ref` was not done and changed nothing; `ref` is null when it could not be read. After
    /// `unavailable` it may have been done all the same: send it again, and it is done once.
    Error {
        r#ref: Option<&'a str>,
        code: &'a str,
        message: &'a str,
        /// Seconds.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
    },
    /// A message is new or has changed. `prev_seq` is the change before it.
    Message { conversation_id: ConversationId, seq: i64, prev_seq: i64, message: &'a Message },
    /// Answers `resume`: what changed in (`from`, `upto`].
    Rows { conversation_id: ConversationId, from: i64, upto: i64, messages: &'a [Message] },
    /// Too much has changed to be sent here; read the history over REST.
    Gap { conversation_id: ConversationId, upto: i64 },
    /// Something changed that only concerns you: you were added, left, read on, wrote a draft, changed settings.
    Conversation { membership_seq: i64, conversation: &'a Conversation },
    /// Somebody has read up to `seq`.
    Read {
        conversation_id: ConversationId,
        user_id: UserId,
        seq: i64,
        /// Only when `user_id` is you.
        #[serde(skip_serializing_if = "Option::is_none")]
        unread_count: Option<i64>,
        /// Only when `user_id` is you: the conversation's seq when `unread_count` was counted. Messages with a larger
        /// one come on top of it, and what is deleted by a larger one is taken off.
        #[serde(skip_serializing_if = "Option::is_none")]
        last_seq: Option<i64>,
        /// Only when `user_id` is you: the number of the newest message then.
        #[serde(skip_serializing_if = "Option::is_none")]
        last_number: Option<i64>,
        /// Only when `user_id` is you: the change of your memberships that this is.
        #[serde(skip_serializing_if = "Option::is_none")]
        membership_seq: Option<i64>,
    },
    /// Everything up to `seq` has reached a device of somebody.
    Delivered { conversation_id: ConversationId, user_id: UserId, seq: i64 },
    /// Somebody is writing; show it for six seconds.
    Typing { conversation_id: ConversationId, user_id: UserId },
    /// Somebody you watch came or went.
    Presence { user_id: UserId, present: bool },
    /// A notification is new or has changed.
    Notification { notification_seq: i64, notification: &'a serde_json::Value, unread_count: i64 },
    /// A notification is not shown any more: what it told of was taken back.
    NotificationRemoved { notification_seq: i64, notification_id: NotificationId, unread_count: i64 },
    /// The newest marks, so that whatever was lost is noticed. Names the conversations that changed lately.
    Heartbeat {
        conversations: HashMap<ConversationId, i64>,
        membership_seq: i64,
        notification_seq: i64,
        /// How many notifications are unread at `notification_seq`. Not in every heartbeat.
        #[serde(skip_serializing_if = "Option::is_none")]
        unread_notifications: Option<i64>,
        /// As in `blocks`; left out when it could not be read.
        #[serde(skip_serializing_if = "Option::is_none")]
        blocks: Option<&'a str>,
    },
    /// You have blocked or unblocked somebody, on whichever device. When the mark is not the one you know, read
    /// `GET /users/blocks` again, and the messages you hold: their reactions may be others now. Compare it for being equal
    /// only.
    Blocks { blocks: &'a str },
    /// This node is going away: connect again at a random time inside `within_ms`.
    Reconnect { within_ms: u64 },
}

impl<'a> ServerFrame<'a> {
    pub fn of_notification(update: &'a NotificationUpdate, unread_count: i64) -> Self {
        let notification_seq = update.seq;
        match &update.change {
            NotificationChange::Shown(notification) => {
                Self::Notification { notification_seq, notification, unread_count }
            }
            NotificationChange::Removed(notification_id) => {
                Self::NotificationRemoved { notification_seq, notification_id: *notification_id, unread_count }
            }
        }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum AckResult<'a> {
    Hello {
        session_id: SessionId,
        user_id: UserId,
        heartbeat_seconds: u64,
        membership_seq: i64,
        notification_seq: i64,
        unread_notifications: i64,
        /// As in `blocks`.
        blocks: &'a str,
    },
    Message {
        message: &'a Message,
    },
    Read {
        read_seq: i64,
        unread_count: i64,
    },
    Watch {
        present: &'a [UserId],
    },
    Done {},
}

/// Why the server closes a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCode {
    HelloTimeout,
    /// The token is bad or has expired, or the session was revoked.
    Unauthenticated,
    /// A frame that the protocol does not allow here, or too many bad ones.
    Protocol,
    OriginRefused,
    /// The client reads too slowly: connect again and resume.
    Resume,
    TooManyConnections,
    FrameTooLarge,
    /// The node goes away or cannot serve: connect again.
    Restart,
}

impl CloseCode {
    pub const ALL: [Self; 8] = [
        Self::HelloTimeout,
        Self::Unauthenticated,
        Self::Protocol,
        Self::OriginRefused,
        Self::Resume,
        Self::TooManyConnections,
        Self::FrameTooLarge,
        Self::Restart,
    ];

    /// What happened and what to do, for the protocol's document.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::HelloTimeout => "No `hello` came in time.",
            Self::Unauthenticated => {
                "The token is bad, expired or of another person, or the session has ended: refresh it, or log in."
            }
            Self::Protocol => "A frame that is not allowed here, or too many bad or refused ones: a bug in the client.",
            Self::OriginRefused => "The page's origin may not connect.",
            Self::Resume => "Frames waited too long for you to read them: reconnect and resume.",
            Self::TooManyConnections => "You have, or the node holds, as many sockets as allowed: wait.",
            Self::FrameTooLarge => "The frame is larger than allowed.",
            Self::Restart => "The node goes away: reconnect and resume.",
        }
    }

    pub const fn code(self) -> u16 {
        match self {
            Self::HelloTimeout => 4000,
            Self::Unauthenticated => 4001,
            Self::Protocol => 4002,
            Self::OriginRefused => 4003,
            Self::Resume => 4008,
            Self::TooManyConnections => 4029,
            Self::FrameTooLarge => 1009,
            Self::Restart => 1012,
        }
    }

    pub const fn reason(self) -> &'static str {
        match self {
            Self::HelloTimeout => "hello_timeout",
            Self::Unauthenticated => "unauthenticated",
            Self::Protocol => "protocol",
            Self::OriginRefused => "origin_refused",
            Self::Resume => "resume",
            Self::TooManyConnections => "too_many_connections",
            Self::FrameTooLarge => "frame_too_large",
            Self::Restart => "restart",
        }
    }
}

/// What is wrong with a frame that could not be read.
#[derive(Debug)]
pub(crate) struct BadFrame {
    pub reference: Option<String>,
    pub code: &'static str,
    pub message: String,
}

/// As much as can be said of a frame before its type is known.
#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
}

/// The name of a frame whose other fields are not right.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Name {
    r#ref: Option<String>,
}

const TYPES: [&str; 12] =
    ["hello", "token", "send", "edit", "delete", "react", "read", "delivered", "typing", "watch", "resume", "ping"];

pub(crate) fn parse(text: &str) -> Result<ClientFrame, BadFrame> {
    let outline = strict::from_str::<Outline<'_>>(text);
    let known = outline.as_ref().map_or(true, |outline| TYPES.contains(&&*outline.r#type));
    let error = match outline.and_then(|outline| strict::tagged_from_str::<ClientFrame>(text, "type", &outline.r#type))
    {
        Ok(frame) if frame.reference().len() <= MAX_REF_BYTES => return Ok(frame),
        Ok(_) => {
            let message = format!("`ref` is longer than {MAX_REF_BYTES} bytes.");
            return Err(BadFrame { reference: None, code: "invalid_frame", message });
        }
        Err(error) => error,
    };
    let reference = strict::from_str::<Name>(text).unwrap_or_default().r#ref;
    Err(BadFrame {
        reference: reference.filter(|reference| reference.len() <= MAX_REF_BYTES),
        code: if known { "invalid_frame" } else { "unknown_type" },
        message: format!("The frame is not right: {error}."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_the_contract_writes_them() {
        let id = "01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77";
        for text in [
            r#"{"type":"hello","ref":"1","token":"t"}"#.to_owned(),
            format!(
                r#"{{"type":"hello","ref":"1","token":"t","resume":{{"conversations":{{"{id}":3}},"membership_seq":1}}}}"#
            ),
            format!(r#"{{"type":"send","ref":"2","conversation_id":"{id}","client_id":"c","body":"b"}}"#),
            format!(r#"{{"type":"edit","ref":"2","conversation_id":"{id}","message_id":"{id}","body":"b"}}"#),
            format!(r#"{{"type":"delete","ref":"2","conversation_id":"{id}","message_id":"{id}"}}"#),
            format!(
                r#"{{"type":"react","ref":"2","conversation_id":"{id}","message_id":"{id}","emoji":"x","on":true}}"#
            ),
            format!(r#"{{"type":"resume","ref":"2","conversations":{{"{id}":3}}}}"#),
            r#"{"type":"ping","ref":"1"}"#.to_owned(),
        ] {
            parse(&text).unwrap();
        }
    }

    #[test]
    fn bad_frames_are_told_apart_and_keep_their_ref() {
        let bad = |text: &str| {
            let bad = parse(text).unwrap_err();
            (bad.code, bad.reference)
        };
        assert_eq!(bad("nope"), ("invalid_frame", None));
        assert_eq!(bad("[]"), ("invalid_frame", None));
        assert_eq!(bad(r#"{"type":"dance","ref":"7"}"#), ("unknown_type", Some("7".into())));
        assert_eq!(bad(r#"{"type":"ping","ref":"7","extra":1}"#), ("invalid_frame", Some("7".into())));
        assert_eq!(bad(r#"{"type":"ping"}"#), ("invalid_frame", None));
        assert_eq!(bad(r#"{"type":"ping","ref":7}"#), ("invalid_frame", None));
        assert_eq!(bad(r#"{"ref":"7"}"#), ("invalid_frame", Some("7".into())));
        assert_eq!(bad(r#"{"type":7,"ref":"7"}"#), ("invalid_frame", Some("7".into())));
        assert_eq!(bad(&format!(r#"{{"type":"ping","ref":"{}"}}"#, "x".repeat(65))), ("invalid_frame", None));
    }

    #[test]
    fn a_list_is_never_taken_for_an_object() {
        let id = "01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77";
        let in_conversation = format!(r#""ref":"7","conversation_id":"{id}""#);
        for text in [
            r#"["ping","7"]"#.to_owned(),
            r#"[]"#.to_owned(),
            r#"{"ping":{"ref":"7"}}"#.to_owned(),
            r#""ping""#.to_owned(),
            r#"{"type":["ping"],"ref":"7"}"#.to_owned(),
            r#"{"type":{"ping":null},"ref":"7"}"#.to_owned(),
            r#"{"type":"ping","ref":["7"]}"#.to_owned(),
            r#"{"type":"hello","ref":"7","token":"t","resume":[{},1,2]}"#.to_owned(),
            r#"{"type":"hello","ref":"7","token":"t","resume":{"conversations":[]}}"#.to_owned(),
            r#"{"type":"resume","ref":"7","conversations":[]}"#.to_owned(),
            format!(r#"{{"type":"resume","ref":"7","conversations":[["{id}",1]]}}"#),
            format!(r#"{{"type":"send",{in_conversation},"client_id":"c","images":[["{id}",""]]}}"#),
            format!(r#"{{"type":"send",{in_conversation},"client_id":"c","images":{{"media_id":"{id}"}}}}"#),
            format!(r#"{{"type":"send",{in_conversation},"client_id":"c","forward_of":["{id}","{id}"]}}"#),
        ] {
            let bad = parse(&text).unwrap_err();
            assert_eq!(bad.code, "invalid_frame", "{text}: {}", bad.message);
        }
        parse(&format!(
            r#"{{"type":"send",{in_conversation},"client_id":"c","images":[{{"media_id":"{id}","alt":"x"}}],"reply_to":null}}"#
        ))
        .unwrap();
    }

    #[test]
    fn what_is_there_twice_or_after_the_end_is_refused_wherever_the_type_stands() {
        assert!(parse(r#"{"ref":"7","type":"ping"}"#).is_ok());
        assert!(parse(r#"{"ref":"7","\u0074ype":"ping"}"#).is_ok());
        for text in [
            r#"{"type":"ping","ref":"7","type":"ping"}"#,
            r#"{"type":"ping","ref":"7","type":"read"}"#,
            r#"{"type":"ping","ref":"7","ref":"8"}"#,
            r#"{"type":"ping","ref":"7"}{"type":"ping","ref":"8"}"#,
            r#"{"type":"ping","ref":"7"},"#,
            r#"{"type":"ping","ref":"\ud800"}"#,
            "\u{feff}{\"type\":\"ping\",\"ref\":\"7\"}",
        ] {
            assert_eq!(parse(text).unwrap_err().code, "invalid_frame", "{text}");
        }
        let deep = format!(r#"{{"type":"ping","ref":{}1{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
        assert_eq!(parse(&deep).unwrap_err().code, "invalid_frame");
    }

    #[test]
    fn every_frame_has_its_name_in_the_list_of_types() {
        for name in TYPES {
            let error = parse(&format!(r#"{{"type":"{name}","surprise":1}}"#)).unwrap_err();
            assert!(error.code == "invalid_frame" && error.message.contains("surprise"), "{name}: {}", error.message);
        }
        let listed = strict::tagged_from_str::<ClientFrame>("{}", "type", "nothing").unwrap_err().to_string();
        assert_eq!(listed.matches('`').count(), 2 * (TYPES.len() + 1), "{listed}");
    }
}
