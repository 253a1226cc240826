//! Conversations between people: history and sending over REST, and the live socket.
//!
//! The database decides the order (a seq for each change, taken under the conversation's row lock); everything
//! live is repaired from it. Use cases are one file each; `socket/` is one connection, `hub/` is what a node does
//! for all of its connections, `store/` holds all SQL. The protocol is described in `README.md`.

mod accept;
mod access;
mod add_members;
mod address;
mod album;
mod change;
mod change_message;
mod change_role;
mod channel_conversation;
mod conversation;
mod conversation_settings;
mod create_group;
mod delete;
mod delivered;
mod draft;
mod edit;
mod edit_conversation;
mod emoji;
mod error;
mod event;
mod forward;
mod get;
mod get_message;
mod guesses;
mod history;
mod hub;
mod images;
mod join_link;
mod list;
mod list_members;
mod member;
mod mention;
mod message;
mod missed;
mod open;
mod pin;
mod presence;
mod privacy;
mod react;
mod read;
mod refold;
mod remove_member;
mod retention;
mod sabotage;
mod search;
mod send;
mod settings;
mod show;
mod socket;
mod store;
mod sync;
#[cfg(test)]
mod testing;
mod typing;
mod unread;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use village_bus::{Outbox, Subscriber, Subscription};
use village_db::{Db, Migration, migrations};
use village_kernel::Clock;
use village_live::SharedLive;
use village_ports::{AccessTokens, ChannelAccess, MediaAccess, NotificationFeed, Profiles, SocialGraph};

pub use access::Participants;
pub use add_members::AddMembers;
pub use change_role::ChangeRole;
pub use conversation::{Conversation, ConversationKind, ConversationState};
pub use conversation_settings::PutConversationSettings;
pub use create_group::CreateGroup;
pub use delivered::MarkDelivered;
pub use draft::PutDraft;
pub use edit::{EditMessage, EditedMessage, Edits};
pub use edit_conversation::EditConversation;
pub use error::MessagingError;
pub use event::ConversationEvent;
pub use forward::ForwardOf;
pub use images::SendImage;
pub use join_link::{ConversationLink, CreateLink, LinkCode, LinkPreview};
pub use member::{Draft, DraftMark, Member, MemberRole, MemberState, NotifyLevel};
pub use message::{Message, MessageKind, Reaction, ReplyTo};
pub use open::OpenConversation;
pub use presence::{PresenceList, PresenceOf};
pub use privacy::{ChangePrivacySettings, PrivacySettings};
pub use react::ReactionOf;
pub use read::{MarkRead, ReadState};
#[cfg(feature = "sabotage")]
pub use sabotage::choose as choose_sabotage;
pub use send::SendMessage;
pub use settings::MessagingSettings;
pub use socket::frames;
pub use sync::{SyncRequest, Synced, SyncedConversation};
pub use unread::Unread;

pub const MIGRATIONS: &[Migration] = migrations![
    "20261122004000_messaging_conversations",
    "20261124010000_messaging_groups",
    "20261124011000_messaging_changes",
    "20261124012000_messaging_media",
    "20261124013000_messaging_search",
    "20261124014000_messaging_retention",
    "20261124016000_messaging_left_name",
    "20261127010000_messaging_removed",
    "20261127020000_messaging_search_scan",
    "20261130030100_messaging_deleted",
    "20261130070800_messaging_draft_marks",
];

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
    media: Arc<dyn MediaAccess>,
    channels: Arc<dyn ChannelAccess>,
    guesses: guesses::Guesses,
    notifications: Arc<dyn NotificationFeed>,
    tokens: Arc<dyn AccessTokens>,
    settings: MessagingSettings,
    hub: Arc<hub::Hub>,
}

/// What the assembly hands over.
pub struct MessagingDeps {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub outbox: Outbox,
    pub live: SharedLive,
    pub profiles: Arc<dyn Profiles>,
    pub graph: Arc<dyn SocialGraph>,
    pub media: Arc<dyn MediaAccess>,
    pub channels: Arc<dyn ChannelAccess>,
    pub notifications: Arc<dyn NotificationFeed>,
    pub tokens: Arc<dyn AccessTokens>,
    pub settings: MessagingSettings,
}

impl Messaging {
    /// The REST operations work at once; for the socket call [`Messaging::start`] as well.
    pub fn new(deps: MessagingDeps) -> Arc<Self> {
        let MessagingDeps {
            db,
            clock,
            outbox,
            live,
            profiles,
            graph,
            media,
            channels,
            notifications,
            tokens,
            settings,
        } = deps;
        Arc::new(Self {
            hub: Arc::new(hub::Hub::new(&settings, live.clone())),
            guesses: guesses::Guesses::default(),
            db,
            clock,
            outbox,
            live,
            profiles,
            graph,
            media,
            channels,
            notifications,
            tokens,
            settings,
        })
    }

    pub fn router(self: &Arc<Self>) -> OpenApiRouter {
        OpenApiRouter::new()
            .routes(routes!(list::list_conversations, open::open_conversation))
            .routes(routes!(unread::get_unread_count))
            .routes(routes!(search::search_messages))
            .routes(routes!(sync::sync_conversations))
            .routes(routes!(create_group::create_group))
            .routes(routes!(channel_conversation::join_channel_conversation))
            .routes(routes!(join_link::create_conversation_link, join_link::revoke_conversation_link))
            .routes(routes!(join_link::preview_conversation_link))
            .routes(routes!(join_link::join_conversation_by_link))
            .routes(routes!(get::get_conversation, edit_conversation::edit_conversation))
            .routes(routes!(list_members::list_conversation_members, add_members::add_conversation_members))
            .routes(routes!(change_role::change_conversation_role, remove_member::remove_conversation_member))
            .routes(routes!(history::list_messages, send::send_message))
            .routes(routes!(get_message::get_message, edit::edit_message, delete::delete_message))
            .routes(routes!(edit::list_message_edits))
            .routes(routes!(react::list_message_reactions))
            .routes(routes!(pin::list_pinned_messages))
            .routes(routes!(album::list_messages_with_images))
            .routes(routes!(pin::pin_message, pin::unpin_message))
            .routes(routes!(react::react_to_message, react::take_back_reaction))
            .routes(routes!(read::mark_conversation_read))
            .routes(routes!(delivered::mark_conversations_delivered))
            .routes(routes!(accept::accept_conversation))
            .routes(routes!(accept::decline_conversation))
            .routes(routes!(draft::put_draft))
            .routes(routes!(conversation_settings::put_conversation_settings))
            .routes(routes!(privacy::get_messaging_settings, privacy::change_messaging_settings))
            .routes(routes!(presence::get_presence))
            .routes(routes!(socket::open_socket))
            .with_state(self.clone())
    }

    pub fn subscribers(self: &Arc<Self>) -> Vec<Arc<dyn Subscriber>> {
        Vec::new()
    }
}
