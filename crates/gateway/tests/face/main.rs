//! A whole gateway from outside: real HTTP, a real tenant with its log and keys, the practice upstream.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on fails"
)]

mod action_attacks;
mod action_kinds;
mod actions;
mod agents;
mod collector;
mod contents;
mod door;
mod failing;
mod formats;
mod holds;
mod house;
mod limits;
mod log;
mod observe;
mod places;
mod routes;
mod smuggling;
mod tampering;
mod tls;
mod trace_failures;
mod traces;
mod traffic;
mod upstreams;
