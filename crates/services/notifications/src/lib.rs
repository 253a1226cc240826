//! Notifications: who is told of what happened, and why.
//!
//! Hears events and takes each through one pipeline ([`pipeline`]): who should know, checks, in-app item, channels,
//! ledger. Keeps ids and numbers only: the words of posts and messages are read from their owners when shown, by
//! whoever may read them then.

mod decision;
mod error;
mod hydrate;
mod list;
mod list_decisions;
mod mark_read;
mod notification;
mod on_channel_invitation_ended;
mod on_channel_invited;
mod on_comment_added;
mod on_comment_deleted;
mod on_followed;
mod on_message_deleted;
mod on_message_edited;
mod on_message_sent;
mod on_post_deleted;
mod on_post_liked;
mod on_post_published;
mod on_post_unliked;
mod on_unfollowed;
pub mod pipeline;
mod port;
mod preferences;
mod state;
mod store;
mod sweep;
mod unread;

pub use decision::{Decision, Outcome, Reason};
pub use error::NotificationsError;
pub use mark_read::MarkRead;
pub use notification::{Kind, Notification, NotificationPost};
pub use preferences::Preferences;
pub use state::NotificationState;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use village_bus::{Subscriber, Subscription};
use village_db::{Db, Migration, migrations};
use village_kernel::Clock;
use village_live::SharedLive;
use village_ports::{ChannelInvitations, ConversationAccess, PostAccess, Profiles, SocialGraph};

use crate::pipeline::Channel;

pub const MIGRATIONS: &[Migration] = migrations![
    "20261122005000_notifications_items",
    "20261122005100_notifications_ledger",
    "20261124015000_notifications_item_read",
    "20261130020100_notifications_taken_back",
    "20261130070710_notifications_invitations",
];

pub const SUBSCRIPTIONS: &[Subscription] = &[
    on_post_published::SUBSCRIPTION,
    on_comment_added::SUBSCRIPTION,
    on_post_liked::SUBSCRIPTION,
    on_followed::SUBSCRIPTION,
    on_message_sent::SUBSCRIPTION,
    on_comment_deleted::SUBSCRIPTION,
    on_post_unliked::SUBSCRIPTION,
    on_post_deleted::SUBSCRIPTION,
    on_unfollowed::SUBSCRIPTION,
    on_message_deleted::SUBSCRIPTION,
    on_message_edited::SUBSCRIPTION,
    on_channel_invited::SUBSCRIPTION,
    on_channel_invitation_ended::SUBSCRIPTION,
];

/// What the service is made of.
pub struct NotificationsDeps {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub live: SharedLive,
    pub profiles: Arc<dyn Profiles>,
    pub graph: Arc<dyn SocialGraph>,
    pub posts: Arc<dyn PostAccess>,
    pub invitations: Arc<dyn ChannelInvitations>,
    pub conversations: Arc<dyn ConversationAccess>,
    /// Ways to reach people who are away. With none, they are told in the app only.
    pub channels: Vec<Arc<dyn Channel>>,
}

/// The service and its state.
pub struct Notifications {
    deps: NotificationsDeps,
}

impl Notifications {
    pub fn new(deps: NotificationsDeps) -> Arc<Self> {
        Arc::new(Self { deps })
    }

    pub fn router(self: &Arc<Self>) -> OpenApiRouter {
        OpenApiRouter::new()
            .routes(routes!(list::list_notifications))
            .routes(routes!(state::get_notification_state))
            .routes(routes!(mark_read::mark_notifications_read))
            .routes(routes!(preferences::get_preferences, preferences::put_preferences))
            .routes(routes!(list_decisions::list_decisions))
            .with_state(self.clone())
    }

    /// In the order of [`SUBSCRIPTIONS`].
    pub fn subscribers(self: &Arc<Self>) -> Vec<Arc<dyn Subscriber>> {
        vec![
            Arc::new(on_post_published::TellAudience(self.clone())),
            Arc::new(on_comment_added::TellPostAuthor(self.clone())),
            Arc::new(on_post_liked::TellPostAuthor(self.clone())),
            Arc::new(on_followed::TellFollowee(self.clone())),
            Arc::new(on_message_sent::TellMembers(self.clone())),
            Arc::new(on_comment_deleted::ForgetComment(self.clone())),
            Arc::new(on_post_unliked::ForgetLike(self.clone())),
            Arc::new(on_post_deleted::ForgetPost(self.clone())),
            Arc::new(on_unfollowed::ForgetFollower(self.clone())),
            Arc::new(on_message_deleted::ForgetMessage(self.clone())),
            Arc::new(on_message_edited::TellMentioned(self.clone())),
            Arc::new(on_channel_invited::TellInvitee(self.clone())),
            Arc::new(on_channel_invitation_ended::ForgetInvitation(self.clone())),
        ]
    }
}
