//! Records, chain, tree, checkpoint, commitments, envelopes: the evidence that Countersign makes, and how anybody
//! checks it.
//!
//! Pure and wasm-safe: no clock, no randomness, no files. Callers give the time and random bytes. Formats are permanent
//! (what goes into a record can't be changed later); docs/evidence-format.md says them for other languages.
//!
//! Notation: `H(t, x) = SHA-256("countersign/" ‖ t ‖ "/v1" ‖ 0x00 ‖ x)` is [`tagged`]; digests are lowercase hex,
//! integers in byte strings big-endian.

pub mod casefile;
pub mod chain;
pub mod checkpoint;
pub mod content;
pub mod envelope;
pub mod json;
pub mod ocsf;
pub mod release;
pub mod rotation;
pub mod statement;
pub mod tree;
pub mod verifier;

mod hash;
mod key;
mod origin;
mod record;

pub use chain::MacKey;
pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use envelope::Envelope;
pub use hash::{Digest, DigestError, tagged};
pub use key::{KeyError, KeyId, PublicKey, Role, SigningKey};
pub use ocsf::Event;
pub use origin::{Origin, OriginError};
pub use record::{
    Draft, Expected, Follower, Follows, PlaceError, Placeable, PlacedRecord, Position, Previous, Record, RecordError,
    Stream,
};
pub use statement::{ApprovalStatement, CaseStatement, KeyPossession};
pub use tree::{LogEntry, Tag};
