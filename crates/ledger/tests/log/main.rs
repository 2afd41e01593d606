//! The log from outside: what is appended stays, who tampers is found, a failing disk stops it.

#![expect(clippy::unwrap_used, reason = "a test's failure is its panic")]
#![expect(clippy::indexing_slicing, reason = "a test's failure is its panic")]
#![expect(clippy::panic, reason = "a test's failure is its panic")]

#[cfg(unix)]
mod again;
mod append;
#[cfg(target_os = "linux")]
mod disk;
mod epochs;
mod erasing;
mod fixture;
mod flipping;
#[cfg(target_os = "linux")]
mod foreign;
mod histories;
mod index;
#[cfg(target_os = "linux")]
mod power_loss;
mod queueing;
mod refused;
mod resuming;
mod rotating;
mod tampering;
mod trial;
mod waiting;
