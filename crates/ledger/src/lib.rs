//! The durable log: one writer, group commit, checkpoints.
//!
//! Everything that happens becomes a [`Record`](evidence::Record) in one SQLite file. [`Ledger::append`] answers with a
//! [`Durable`] only after the record is on disk (WAL, `synchronous=FULL`); what waits at the same moment shares one
//! fsync. The first error of a write or fsync denies whatever waits: what a later fsync reports as written can't be
//! trusted then (Rebello et al., USENIX ATC 2020), so the file is opened again, verified to the record acknowledged last,
//! and written anew out of the WAL, before anything else is accepted.
//!
//! What guards the file, and against whom:
//! - the chain (fingerprints, positions, streams, tree, MACs) is verified at every opening, from the head kept in the key
//!   store to its end; what comes before that head was verified by who kept it, and is again by [`Ledger::verify`]. A
//!   copy older than that head doesn't open;
//! - what isn't in the chain (state, contents, envelopes, checkpoints) carries a MAC per row, and one seal over all of
//!   them together, bound to the chain's end: an edited, added, dropped or older row is found, in the state table at the
//!   next opening, elsewhere by [`Ledger::verify`];
//! - the MAC key is in the key store. Who has both the file and that key can rewrite all of it: only checkpoints and
//!   receipts held elsewhere show that;
//! - contents are sealed, each under a key of its own, which is wrapped under a key that is in the key store: erasing
//!   one destroys its key and salt for good ([`Ledger::erase`]);
//! - whoever puts the whole file back as it was at or after the last kept head cuts off what came later, and nothing
//!   on this machine shows it: only receipts and checkpoints held elsewhere do.

mod at_head;
mod backfill;
mod beside;
mod checkpoints;
mod content_keys;
mod core;
mod create;
mod database;
mod entry;
mod epoch;
mod erasing;
mod error;
mod head;
pub mod index;
mod indexed;
mod inner;
mod insert;
mod kept;
mod keys;
mod ledger;
mod listing;
mod lock;
mod nodes;
mod open;
mod open_to_read;
mod place;
mod proof;
mod read;
mod reading;
mod recover;
mod refused;
mod resume;
mod rotate;
mod rows;
mod shared;
mod signer;
mod source;
mod verify;
mod walk;
mod writer;

pub use at_head::AtHead;
pub use create::Genesis;
pub use entry::{Durable, Entry, Guard, NewContent, Receipt, Recordable, StateChange};
pub use epoch::Cause;
pub use erasing::EraseError;
pub use error::{AppendError, CheckpointError, CreateError, Good, OpenError, ReadError, RotateError};
pub use head::HEAD;
pub use kept::{ContentFilter, KeptContent};
pub use keys::{LOG_KEY, MAC_KEY, NEXT_LOG_KEY, VAULT_KEY};
pub use ledger::{Ledger, Options};
pub use lock::{LockError, WriterLock};
pub use read::{Filter, Head, Place, Sealed, StreamHead};
pub use refused::{CopyError, Refused};
pub use shared::WriterState;
pub use source::Clock;
pub use verify::VerifyOutcome;
