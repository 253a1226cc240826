//! All SQL of the service, by topic; the rule of who sees a post is in [`crate::access`].

pub(crate) mod audience;
pub(crate) mod channels;
pub(crate) mod comments;
pub(crate) mod invitations;
pub(crate) mod likes;
pub(crate) mod media;
pub(crate) mod posts;
pub(crate) mod refold;
pub(crate) mod shown;
pub(crate) mod timelines;
