//! The rules of ARCHITECTURE.md that no compiler checks: who may import whom, whose tables are whose, and that the
//! two schemas are one. They are read from the source tree, so a new crate is covered the day it appears.

mod imports;
mod schemas;
mod sources;
mod tables;
