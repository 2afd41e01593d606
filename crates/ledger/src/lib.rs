//! The durable log: one writer, group commit, checkpoints.
//!
//! Everything that happens becomes a [`Record`](evidence::Record) in one SQLite file. [`Ledger::append`] answers with a
//! [`Durable`] only after the record is on disk (WAL, `synchronous=FULL`); what waits at the same moment shares one
//! fsync. The first error of a commit stops the writer for good: a file whose fsync failed can't be trusted to hold
//! what a later fsync reports as written (Rebello et al., USENIX ATC 2020), so the process closes it, and the next
//! opening verifies what is there.
//!
//! What guards the file, and against whom:
//! - the chain (fingerprints, positions, streams, tree, MACs) is verified to its end at every opening, and has to go on
//!   from the head kept in the key store: a copy older than that head doesn't open;
//! - what isn't in the chain (state, contents, envelopes, checkpoints) carries a MAC per row, and one seal over all of
//!   them together, bound to the chain's end: an edited, added, dropped or older row is found at the next opening;
//! - the MAC key is in the key store. Who has both the file and that key can rewrite all of it: only checkpoints and
//!   receipts held elsewhere show that;
//! - contents are sealed, each under a key of its own, which is wrapped under a key that is in the key store: erasing
//!   one destroys its key and salt for good ([`Ledger::erase`]);
//! - whoever puts the whole file back as it was at or after the last kept head cuts off what came later, and nothing
//!   on this machine shows it: only receipts and checkpoints held elsewhere do.

mod at_head;
mod checkpoints;
mod content_keys;
mod core;
mod create;
mod database;
mod entry;
mod erasing;
mod error;
mod head;
pub mod index;
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
mod proof;
mod read;
mod reading;
mod rows;
mod shared;
mod source;
mod verify;
mod walk;
mod writer;

pub use at_head::AtHead;
pub use create::Genesis;
pub use entry::{Durable, Entry, Guard, NewContent, Receipt, Recordable, StateChange};
pub use erasing::EraseError;
pub use error::{AppendError, CheckpointError, CreateError, OpenError, ReadError};
pub use head::HEAD;
pub use kept::{ContentFilter, KeptContent};
pub use keys::{LOG_KEY, MAC_KEY, VAULT_KEY};
pub use ledger::{Ledger, Options};
pub use lock::{LockError, WriterLock};
pub use read::{Filter, Head, Sealed, StreamHead};
pub use shared::WriterState;
pub use verify::VerifyOutcome;
