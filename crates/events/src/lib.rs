//! What happened, as other services hear of it: plain structs in the past tense, one file per publishing
//! service. On the wire each is a CloudEvents 1.0 JSON event (<https://github.com/cloudevents/spec>).
//! Events hold ids, never words, pictures or secrets: whoever may read those asks their owner.

mod envelope;
mod messaging;
mod posts;
mod users;

pub use envelope::{CloudEvent, Event, WrongEvent};
pub use messaging::{MessageDeleted, MessageEdited, MessageSent};
pub use posts::{
    ChannelInvitationEnded, ChannelInvited, ChannelJoined, CommentAdded, CommentDeleted, MediaUploaded, PostDeleted,
    PostLiked, PostPublished, PostUnliked,
};
pub use users::{Followed, Unfollowed};
