//! What posts promises, on both engines, through the service itself. The services it asks are stood in for: see
//! [`world`].

mod access;
mod channels;
mod counts;
mod documentation;
mod feed;
mod invitations;
mod large;
mod publish;
mod statements;
mod texts;
mod world;
