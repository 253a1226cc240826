//! All SQL of messaging, by topic.

pub(crate) mod attention;
pub(crate) mod changes;
pub(crate) mod conversations;
pub(crate) mod drafts;
pub(crate) mod edits;
pub(crate) mod events;
pub(crate) mod expiry;
pub(crate) mod images;
pub(crate) mod links;
pub(crate) mod marks;
pub(crate) mod members;
pub(crate) mod messages;
pub(crate) mod parts;
pub(crate) mod personal;
pub(crate) mod presence;
pub(crate) mod reactions;
pub(crate) mod refold;
pub(crate) mod search;
pub(crate) mod windows;
