//! The whole server through HTTP and its socket, in this process, on both databases.
//!
//! One test binary: linking the server once is most of the time it takes to build.

mod access_matrix;
mod bad_input;
mod contract;
mod conversations;
mod counts;
mod counts_community;
mod counts_messages;
mod invitations;
mod log_in;
mod notifications;
mod privacy;
#[path = "../scenario/story.rs"]
mod shared;
mod spec;
mod story;
mod strictness;
mod support;
