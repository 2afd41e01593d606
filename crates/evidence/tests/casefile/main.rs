//! Case files from outside: intact ones, the archive's profile, and every attack by its name.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test's failure is its panic"
)]

mod accepted;
mod attackers;
mod attacks_on_approvals;
mod attacks_on_bindings;
mod attacks_on_contents;
mod attacks_on_form;
mod attacks_on_intervals;
mod attacks_on_records;
mod attacks_on_rotations;
mod bounded;
mod catalogue;
mod container;
mod corpus;
mod export;
mod files;
mod fixture;
mod forge;
mod intact;
mod memory;
mod mutations;
mod said;
mod selections;
mod tamper;
