//! Actions and model calls from outside: attacks on their reading, what a person sees, and the canonical document.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's failure is its panic"
)]

mod answers;
mod attacks;
mod bodies;
mod document;
mod plain;
mod proposals;
mod reading;
mod routing;
mod views;
