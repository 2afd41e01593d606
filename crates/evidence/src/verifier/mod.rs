//! Verifies case files: incremental, offline, with public keys alone.
//!
//! Whatever is proved is proved along one chain, and each link is checked to be about the same thing as the next:
//!
//! ```text
//! pin ─ key ─ record that registers it ─ attestation ─ file ─ record ─ proof ─ checkpoint ─ log's key ─ rotations ─ key of record 0 ─ origin
//! ```
//! A valid proof of the wrong object is the classic hole, so proofs are never asked whether they are valid, but
//! whether they prove *this* record at *this* place under *this* root. Absence is never a pass: what can't be checked
//! reads "not established", and [`Verdict::Verified`] wants a pass in everything that [`ids`] calls required.

mod bindings;
mod case;
mod commitments;
mod ending;
mod examine;
mod facts;
mod follow;
mod form;
pub mod ids;
mod index;
mod judge_calls;
mod judge_contents;
mod judge_copies;
mod judge_disclosure;
mod judge_memory;
mod judge_people;
mod judge_records;
mod judge_releases;
mod judge_rotation;
mod judge_seal;
mod judge_selection;
mod judge_stream;
mod lines;
mod names;
mod order;
mod pins;
mod read;
mod records;
mod report;
mod rest;
mod run;
mod seal;
mod seen;
mod tally;
mod timeline;
mod verdict;
pub(crate) mod words;

pub use pins::{Pin, Pins, Remembered};
pub use report::{Count, Finding, RecordProof, Report, Status, TimelineEntry, Verdict};
pub use run::{Limits, Progress, Step, Verifier, verify};
