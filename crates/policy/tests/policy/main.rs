//! Policies from outside: what is refused, what decides, and the guide's examples.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's failure is its panic")]

mod calls;
mod checks;
mod effects;
mod formats;
mod guide;
mod proposals;
