//! For tests only: fresh databases on both engines, a clock that tests set, pictures, and doubles.
//!
//! PostgreSQL is where `VILLAGE_TEST_POSTGRES_URL` says; `cargo xtask test` starts one and sets it. Without it
//! every test that needs PostgreSQL fails: nothing is skipped silently.

mod clock;
mod database;
mod schema;

pub use clock::FakeClock;
pub use database::{Fresh, fresh_postgres, fresh_sqlite, on_both_engines, postgres_server_url};
pub use schema::schema_from_disk;
