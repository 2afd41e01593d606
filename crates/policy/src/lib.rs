//! An Action in, a Decision with its reasons out. Cedar inside. Pure.
//!
//! Forbid beats hold, hold beats allow, and where nothing allows, the answer is no. A rule that can't be evaluated
//! denies. The rules of the game for administrators: `docs/policies.md`.

mod check;
mod decision;
mod entity;
mod facts;
mod known;
mod policy;

pub use check::{PolicyError, Problem, schema_text};
pub use decision::{Decision, Effect, Reason, Tier};
pub use facts::{Caller, Destination, Facts};
pub use policy::{FLOOR, Policy, Rule, RuleEffect};
