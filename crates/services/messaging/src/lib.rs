//! Conversations between people: history and sending over REST, and the live socket.
//!
//! The database decides the order (a seq for each change, taken under the conversation's row lock); everything
//! live is repaired from it. Use cases are one file each; `socket/` is one connection, `hub/` is what a node does
//! for all of its connections, `store/` holds all SQL. The protocol is described in `README.md`.

mod access;
mod conversation;
mod error;
mod get;
mod history;
mod hub;
mod list;
mod message;
mod open;
mod read;
mod send;
mod settings;
mod socket;
mod store;
mod unread;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use village_bus::{Outbox, Subscriber, Subscription};
use village_db::{Db, Migration, migrations};
use village_kernel::Clock;
use village_live::SharedLive;
use village_ports::{AccessTokens, NotificationFeed, Profiles, SocialGraph};

pub use access::Participants;
pub use conversation::{Conversation, ConversationKind};
pub use error::MessagingError;
pub use message::Message;
pub use open::OpenConversation;
pub use read::{MarkRead, ReadState};
pub use send::SendMessage;
pub use settings::MessagingSettings;
pub use socket::frames;
pub use unread::Unread;

pub const MIGRATIONS: &[Migration] =
    migrations!["20261122004000_messaging_conversations", "20261124010000_messaging_groups"];

/// Messaging hears of nothing: it only publishes.
pub const SUBSCRIPTIONS: &[Subscription] = &[];

/// The service's state.
pub struct Messaging {
    db: Db,
    clock: Arc<dyn Clock>,
    outbox: Outbox,
    live: SharedLive,
    profiles: Arc<dyn Profiles>,
    graph: Arc<dyn SocialGraph>,
    notifications: Arc<dyn NotificationFeed>,
    tokens: Arc<dyn AccessTokens>,
    settings: MessagingSettings,
    hub: hub::Hub,
}

/// What the assembly hands over.
pub struct MessagingDeps {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub outbox: Outbox,
    pub live: SharedLive,
    pub profiles: Arc<dyn Profiles>,
    pub graph: Arc<dyn SocialGraph>,
    pub notifications: Arc<dyn NotificationFeed>,
    pub tokens: Arc<dyn AccessTokens>,
    pub settings: MessagingSettings,
}

impl Messaging {
    /// The REST operations work at once; for the socket call [`Messaging::start`] as well.
    pub fn new(deps: MessagingDeps) -> Arc<Self> {
        let MessagingDeps { db, clock, outbox, live, profiles, graph, notifications, tokens, settings } = deps;
        let hub = hub::Hub::new(&settings, live.clone());
        Arc::new(Self { db, clock, outbox, live, profiles, graph, notifications, tokens, settings, hub })
    }

    pub fn router(self: &Arc<Self>) -> OpenApiRouter {
        OpenApiRouter::new()
            .routes(routes!(list::list_conversations, open::open_conversation))
            .routes(routes!(unread::get_unread_count))
            .routes(routes!(get::get_conversation))
            .routes(routes!(history::list_messages, send::send_message))
            .routes(routes!(read::mark_conversation_read))
            .routes(routes!(socket::open_socket))
            .with_state(self.clone())
    }

    pub fn subscribers(self: &Arc<Self>) -> Vec<Arc<dyn Subscriber>> {
        Vec::new()
    }
}
