//! Case files: what an auditor gets.
//!
//! A case file is a zip of the strict profile in [`Container`] with these entries:
//!
//! | name | what |
//! |---|---|
//! | `README.txt` | what this is, for whoever opens the zip |
//! | `manifest.json` | [`Manifest`]: what the file is about, and every other file's SHA-256 |
//! | `records.jsonl` | the records (JCS), one a line, by ascending sequence |
//! | `proofs/inclusion.jsonl` | [`InclusionLine`]: for each record, in the same order, its inclusion proof |
//! | `proofs/range.json`, `proofs/skeleton.bin` | [`RangeFile`] and the 48-byte entries of every leaf from its `first` to the end |
//! | `checkpoint.txt` | the log's checkpoint, a signed note |
//! | `keys.json` | [`KeysFile`]: the public keys, as the records register them |
//! | `approvals/<sequence>.dsse.json` | the reviewer's signed statement that the record of this sequence holds the digest of |
//! | `rotations/<sequence>.old.dsse.json`, `.new.dsse.json` | what both keys signed that the record of this sequence rotates |
//! | `policies/<sha256>.cedar` | policy texts |
//! | `contents/<content_uid>.json`, `.bin` | [`OpeningFile`] and bytes of a disclosed content |
//! | `attestation.dsse.json` | the case key's signature over every other file's name and SHA-256 |
//!
//! JSON files are JCS and are read strictly; unknown members are errors.

mod container;
mod files;
mod manifest;
mod readme;
mod writer;

pub use container::{Breach, Container, ContainerLimits, OpenError, PackError, ReadError, pack, unpack};
pub use files::{FormatError, InclusionLine, KeyEntry, KeysFile, OpeningFile, RangeFile};
pub use manifest::{Manifest, Named, PackedFile};
pub use writer::{CaseError, CaseInput, CaseWriter, Rotated, Skeleton, selection};

pub(crate) use container::Window;
pub(crate) use files::name;
