//! For tests only: fresh databases on both engines, a clock that tests set, pictures, the real binary as child
//! processes behind a real load balancer, and people who use them over HTTP and WebSocket.
//!
//! PostgreSQL is where `VILLAGE_TEST_POSTGRES_URL` says; `cargo xtask test` starts one and sets it. Without it
//! every test that needs PostgreSQL fails: nothing is skipped silently. `redis-server` and `haproxy` are started by
//! the tests that need them.

#![allow(clippy::print_stdout, reason = "what a test prints is shown when it fails")]

mod client;
mod clock;
mod database;
mod haproxy;
pub mod pictures;
mod processes;
mod proxy;
mod redis;
mod schema;
mod socket;

pub use client::{Answer, PASSWORD, Person, text};
pub use clock::FakeClock;
pub use database::{Fresh, fresh_postgres, fresh_sqlite, on_both_engines, postgres_server_url};
pub use haproxy::Haproxy;
pub use processes::{Launch, VillageProcess, eventually, free_port};
pub use proxy::FaultProxy;
pub use redis::{RedisOptions, RedisServer};
pub use reqwest::Method;
pub use schema::schema_from_disk;
pub use socket::Socket;
