//! OCSF 1.9.0 events, one builder for each thing that is recorded.
//!
//! A builder's [`event`](CallDecided::event) is valid OCSF by construction; what OCSF has no place for stands in
//! `unmapped.countersign`: `kind` (the builder's name in snake case) and `facts` (its fields, by the names they have
//! here; absent ones are absent, digests are hex, keys base64 SubjectPublicKeyInfo). No prompt, answer, argument or typed
//! reason ever stands in an event: only commitments. Names that operators chose when registering agents, upstreams and
//! operators do, for a record is to be read.
//!
//! The facts about OCSF are of its 1.9.0-dev schema of July 2026.

mod attributed;
mod build;
mod calls;
mod calls_event;
mod contents;
mod contents_event;
mod describe;
mod event;
mod life;
mod life_event;
mod log_exported;
mod moment;
mod pinning;
mod places;
mod proposed;
mod rotated;
mod routes;
mod subject_exported;
mod validate;

pub(crate) use attributed::attributed;
pub use build::token;
pub use calls::{
    Call, CallDecided, CallFinished, CallOutcome, Effect, Expiry, ItemDecided, ItemExpired, Released, Verdict,
};
pub use contents::{
    ContentOpened, ContentsErased, ErasedContent, ErasureCause, FoundWhile, HoldScope, Keeping, LegalHoldChanged,
    RetentionSet, TamperingFound,
};
pub use describe::{Field, Outcome, Selects, Step, Summary, describe};
pub use event::{
    ActionDocument, Actor, AgentName, ContentRef, Context, Event, Person, RuleReason, Source, UpstreamName,
};
pub use life::{
    AgentAdded, AgentKeyIssued, AgentSwitched, AuthRefused, CredentialRemoved, CredentialSet, EarlierLog, Exported,
    KeyAdded, LogOpened, LogStarted, LogStopped, OperatorAdded, PolicyPublished, StreamHead, UpstreamAdded,
    UpstreamUsed,
};
pub use log_exported::LogExported;
pub use moment::moment;
pub use pinning::SignerPinned;
pub use places::CheckpointPlaceChanged;
pub use proposed::{ActionKindChanged, ExecutionReported, ProposedKind};
pub use rotated::{KeyRotated, MacRotated};
pub use routes::{AliasChanged, UpstreamRemoved};
pub use subject_exported::SubjectExported;
pub use validate::validate;

/// The version of OCSF that events name.
pub const VERSION: &str = "1.9.0";

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
