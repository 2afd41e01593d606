//! A whole gateway from outside: real HTTP, a real tenant with its log and keys, the practice upstream.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on fails"
)]

mod agents;
mod contents;
mod door;
mod formats;
mod holds;
mod house;
mod log;
mod places;
mod routes;
mod tampering;
mod traffic;
mod upstreams;
