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
//! | `proofs/since.txt`, `proofs/consistency.json` | a checkpoint that was seen before, and [`ConsistencyFile`] |
//! | `proofs/<sequence>.tlog-proof` | a single record's proof, as C2SP tlog-proof has it |
//! | `report.html`, `verifier.html` | what a person reads, and the verifier's page: attested, not checked |
//! | `case-key.pem` | the key that signed, for other tools |
//! | `attestation.dsse.json` | the case key's signature over every other file's name and SHA-256, but the next one's |
//! | `attestation.sigstore.json` | the same payload and signature as a Sigstore bundle |
//!
//! JSON files are JCS and are read strictly; unknown members are errors.

mod container;
mod copies;
mod files;
mod manifest;
mod readme;
mod report;
mod selection;
mod spool;
mod writer;

pub use container::{Breach, Container, ContainerLimits, OpenError, PackError, ReadError, pack, unpack};
pub use copies::{ConsistencyFile, public_key_pem, sigstore_bundle, tlog_proof};
pub use files::{FormatError, InclusionLine, KeyEntry, KeysFile, OpeningFile, RangeFile};
pub use manifest::{Manifest, Named, PackedFile};
pub use readme::PAGE_BYTES;
pub use selection::{Asked, Disclosure, Selection, Since};
pub use writer::{CaseError, CaseInput, CaseWriter, EarlierCheckpoint, Rotated, SignedCase, Skeleton, selection};

pub(crate) use container::Window;
pub(crate) use copies::path_of_tlog_proof;
pub(crate) use files::name;
