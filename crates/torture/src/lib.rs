//! The proof that messaging never loses a message, in the spirit of Jepsen.
//!
//! Clients on several nodes send, read, edit and reconnect at random while processes are killed, connections cut and
//! clocks wrong. Everything they did and saw goes into a history, one JSON line each, and the checker judges from the
//! history alone: while it is being made, at its end, and again from the file.
//!
//! `workload` and `faults` draw from a seed what is done; `client`, `nodes` and `run` do it; `recorder` keeps it as a
//! `history`; `view` is what a client makes of the frames it gets; `checker` is the judge and knows nothing of how it
//! came about.

#![allow(clippy::print_stdout, reason = "a long run says how it goes")]

mod audit;
pub mod checker;
mod client;
pub mod excerpt;
pub mod faults;
pub mod history;
mod nodes;
pub mod plan;
pub mod recorder;
pub mod report;
pub mod run;
pub mod sabotage;
mod seen;
mod view;
pub mod workload;
mod world;
