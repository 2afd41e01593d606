//! The findings' stable ids.

/// The zip profile, the files' own forms, and that nothing is there that doesn't belong.
pub const FORMAT: &str = "format";
/// Every record is the one that was signed.
pub const FINGERPRINT: &str = "record.fingerprint";
/// Every record says what one of its kind must.
pub const FACTS: &str = "record.facts";
/// The records are in their order, each naming its predecessor.
pub const ORDER: &str = "record.order";
/// Nothing of the agent is missing.
pub const COMPLETE: &str = "stream.complete";
/// The interval is whole at both ends.
pub const BOUNDARY: &str = "stream.boundary";
/// Each record is in the sealed log.
pub const INCLUSION: &str = "log.inclusion";
/// Each key of the log was handed over by the one before it.
pub const ROTATION: &str = "log.rotation";
/// The seal is by the log's own key: the one that it began with, or one that rotations lead to.
pub const CHECKPOINT: &str = "log.checkpoint";
/// The log itself says what was exported.
pub const EXPORT: &str = "export.record";
/// What manifest, key list and range say agrees with the rest.
pub const MANIFEST: &str = "case.manifest";
/// The case file is signed by a key that the log registers.
pub const SIGNATURE: &str = "attestation.signature";
/// Every file is the file that was signed.
pub const FILES: &str = "attestation.files";
/// The signer is pinned.
pub const SIGNER: &str = "signer.pinned";
/// Each decision, release and outcome is about the call that it is filed with.
pub const CALLS: &str = "call.binding";
/// Every decision of a person is signed by that person's key.
pub const APPROVALS: &str = "approval.signature";
/// Each release follows its approval, once.
pub const RELEASES: &str = "release.single";
/// The texts of the policies that decided are here.
pub const POLICIES: &str = "policy.text";
/// What was disclosed is what the records commit to.
pub const CONTENTS: &str = "content.opening";
/// The copies for other tools say what the file itself says.
pub const COPIES: &str = "attestation.copies";
/// The log goes on from the checkpoint that was seen before.
pub const CONSISTENCY: &str = "log.consistency";
/// The log goes on from what the one who verifies saw of it.
pub const MEMORY: &str = "log.memory";
/// Each content is disclosed or withheld as the record of the export says.
pub const DISCLOSURE: &str = "export.disclosure";
/// The pages in the file, which aren't checked.
pub const PAGES: &str = "pages.unchecked";
/// The time is confirmed by an outsider.
pub const TIME: &str = "time.outside";

/// Without a pass in each of these a case file isn't verified, whatever else it shows.
pub(super) const REQUIRED: [&str; 11] = [
    FORMAT,
    FINGERPRINT,
    FACTS,
    ORDER,
    COMPLETE,
    INCLUSION,
    CHECKPOINT,
    EXPORT,
    MANIFEST,
    SIGNATURE,
    FILES,
];
