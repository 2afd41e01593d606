//! The command line as people and scripts use it: whole runs of the program, each in a data directory of its own.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on has failed"
)]

mod calls;
mod case_files;
mod contents;
mod dsar;
mod key_stores;
mod keys;
mod log;
mod place;
mod selections;
mod whole_way;
mod without_gateway;
