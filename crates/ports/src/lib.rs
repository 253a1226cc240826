//! The ports by which one service asks another, and the types they exchange.
//!
//! Each trait is implemented by the crate of the service that owns the data and handed over by the
//! assembly in `village`. Ports take many ids at once; those that write take the caller's transaction.

mod auth;
mod media;
mod messaging;
mod notifications;
mod posts;
mod users;

pub use auth::{AccessTokens, TokenError, VerifiedToken};
pub use media::{AttachError, Image, ImageSize, MediaAccess, MediaPurpose, SizeName};
pub use messaging::{
    Attention, ChannelConversations, ConversationAccess, SentMessage, StandingMessage, StandingMessages,
};
pub use notifications::{NotificationChange, NotificationFeed, NotificationMark, NotificationUpdate};
pub use posts::{
    ChannelAccess, ChannelInvitations, ChannelSummary, PostAccess, PostAct, PostExcerpt, SuspendedTraces, Visibility,
};
pub use users::{NewProfile, ProfileError, Profiles, SocialGraph, UserSummary};
