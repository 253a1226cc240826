//! All SQL of messaging, by topic.

pub(crate) mod conversations;
pub(crate) mod events;
pub(crate) mod marks;
pub(crate) mod members;
pub(crate) mod messages;
