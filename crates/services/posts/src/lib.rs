//! Channels, posts, comments, likes and the home feed. What others may know of them is decided in [`access`];
//! images are the business of [`media`], which this half reaches only through [`MediaAccess`].
//!
//! One file per use case; see the README for the tables, the events and the rules.

mod access;
mod add_comment;
mod cards;
mod channel;
mod create_channel;
mod delete_comment;
mod delete_post;
mod edit_channel;
mod error;
mod feed;
mod invite;
mod join_channel;
mod like;
mod list_channels;
mod list_comments;
mod list_invitations;
mod list_members;
mod list_posts;
pub mod media;
mod on_channel_joined;
mod on_followed;
mod on_post_published;
mod on_unfollowed;
mod port;
mod post;
mod publish;
mod refold;
mod settings;
mod show_post;
mod slug;
mod store;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use village_bus::{Outbox, Subscriber, Subscription};
use village_db::{Db, Migration, migrations};
use village_events::{ChannelJoined, Event, Followed, PostPublished, Unfollowed};
use village_kernel::Clock;
use village_live::{Received, SharedLive, Topic};
use village_ports::{ChannelConversations, MediaAccess, Profiles};

pub use add_comment::NewComment;
pub use channel::{Channel, ChannelMember, ChannelRole, Membership};
pub use create_channel::NewChannel;
pub use edit_channel::ChannelChanges;
pub use error::PostsError;
pub use like::LikeState;
pub use list_comments::Comment;
pub use list_invitations::ChannelInvitation;
pub use post::Post;
pub use publish::{NewPost, NewPostMedia};
pub use settings::Settings;

pub const MIGRATIONS: &[Migration] = migrations![
    "20261122003000_posts_media",
    "20261122003100_posts_channels",
    "20261122003110_posts_posts",
    "20261122003120_posts_timelines",
    "20261130010100_posts_suspended_traces",
    "20261130040200_posts_channel_words",
    "20261130070700_posts_invitations_newest",
];

/// Without those of [`media`].
pub const SUBSCRIPTIONS: &[Subscription] = &[
    Subscription { subscriber: on_post_published::NAME, event_types: &[PostPublished::TYPE] },
    Subscription { subscriber: on_followed::NAME, event_types: &[Followed::TYPE] },
    Subscription { subscriber: on_unfollowed::NAME, event_types: &[Unfollowed::TYPE] },
    Subscription { subscriber: on_channel_joined::NAME, event_types: &[ChannelJoined::TYPE] },
];

/// What [`Posts`] is made of.
pub struct Dependencies {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub outbox: Outbox,
    pub live: SharedLive,
    pub profiles: Arc<dyn Profiles>,
    pub media: Arc<dyn MediaAccess>,
    pub conversations: Arc<dyn ChannelConversations>,
    pub settings: Settings,
}

/// The service, and the port [`village_ports::PostAccess`].
pub struct Posts {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) outbox: Outbox,
    pub(crate) live: SharedLive,
    pub(crate) profiles: Arc<dyn Profiles>,
    pub(crate) media: Arc<dyn MediaAccess>,
    pub(crate) conversations: Arc<dyn ChannelConversations>,
    pub(crate) settings: Settings,
    pub(crate) contents: cards::ContentCache,
    pub(crate) recent_large: feed::RecentLarge,
}

impl Posts {
    /// Also starts listening for hints, to drop what other nodes changed from the caches; ends with the last handle.
    /// Call it inside a runtime.
    pub fn new(dependencies: Dependencies) -> Arc<Self> {
        let Dependencies { db, clock, outbox, live, profiles, media, conversations, settings } = dependencies;
        let posts = Arc::new(Self {
            contents: cards::ContentCache::new(&settings),
            recent_large: feed::RecentLarge::new(&settings),
            db,
            clock,
            outbox,
            live,
            profiles,
            media,
            conversations,
            settings,
        });
        posts.forget_what_changes();
        posts
    }

    /// Every operation of channels, posts, comments, likes and the feed; those on images are [`media`]'s.
    pub fn router(self: &Arc<Self>) -> OpenApiRouter {
        OpenApiRouter::new()
            .routes(routes!(feed::get_feed))
            .routes(routes!(publish::publish_post, list_posts::list_person_posts))
            .routes(routes!(show_post::get_post, delete_post::delete_post))
            .routes(routes!(add_comment::add_comment, list_comments::list_comments))
            .routes(routes!(delete_comment::delete_comment))
            .routes(routes!(like::like_post, like::unlike_post))
            .routes(routes!(like::list_likes))
            .routes(routes!(create_channel::create_channel, list_channels::list_channels))
            .routes(routes!(list_invitations::list_channel_invitations))
            .routes(routes!(list_channels::get_channel, edit_channel::edit_channel))
            .routes(routes!(join_channel::join_channel, join_channel::leave_channel))
            .routes(routes!(list_members::list_channel_members))
            .routes(routes!(invite::invite_to_channel, invite::withdraw_channel_invitation))
            .routes(routes!(list_posts::list_channel_posts))
            .with_state(self.clone())
    }

    pub fn subscribers(self: &Arc<Self>) -> Vec<Arc<dyn Subscriber>> {
        vec![
            Arc::new(on_post_published::FanOut(self.clone())),
            Arc::new(on_followed::Backfill(self.clone())),
            Arc::new(on_unfollowed::Forget(self.clone())),
            Arc::new(on_channel_joined::Backfill(self.clone())),
        ]
    }

    fn forget_what_changes(self: &Arc<Self>) {
        let mut hints = self.live.subscribe(&[Topic::Post]);
        let posts = Arc::downgrade(self);
        tokio::spawn(async move {
            while let Some(received) = hints.next().await {
                let Some(posts) = posts.upgrade() else { return };
                match received {
                    Received::Hint(hint) if hint.topic == Topic::Post => {
                        posts.contents.forget(village_kernel::PostId(hint.key));
                        if let Some(source) = hint.other {
                            posts.recent_large.forget(source);
                        }
                    }
                    Received::Hint(_) => {}
                    Received::Missed => {
                        posts.contents.forget_all();
                        posts.recent_large.forget_all();
                    }
                }
            }
        });
    }
}
