//! What consoles and gateways say to each other.
//!
//! Every call a console, a command line or a remote desktop can make is declared once, in [`calls`];
//! the engine answers them in-process, `client` carries them over the operators' socket, and an adapter
//! that forgets one doesn't compile. Types here are plain data: domain types stay in their crates and are
//! converted at this boundary.

mod agents;
mod aliases;
mod audit;
mod calls;
mod case;
mod contents;
mod convert;
mod day;
mod error;
mod event;
mod inbox;
mod keys;
mod kinds;
mod pins;
mod places;
mod policy;
mod proofs;
pub mod query;
mod refused;
mod report;
mod search;
mod seen;
mod status;
mod subject;
mod traffic;
mod upstreams;

pub use action::view;
pub use agents::{AddedAgent, Agent, AgentRef, Agents, NewAgent, Snippet, snippets};
pub use aliases::{Alias, AliasRef, Aliases};
pub use audit::{
    Decision, LogPage, LogQuery, LogRow, RecordDetail, RecordRef, Row, StoryStep, Verification, VerificationState,
};
pub use calls::{EventStream, Operators};
pub use case::{
    CaseContent, CaseDisclosure, CaseFile, CasePart, CasePartQuery, CasePreview, CaseRequest, CaseSelection, CaseSlot,
    DISCLOSABLE, page_records,
};
pub use contents::{
    ContentLine, ContentPage, ContentQuery, ContentRef, Erasure, ErasureRequest, ErasureScope, HoldScope, KeptBack,
    LegalHold, LegalHoldLift, LegalHolds, NewLegalHold, OpenedContent, Retention, RetentionChange, RetentionRun,
};
pub use day::{Day, DayHour, DayPart, DayQuery, DaySums, DayTime};
pub use error::{Code, OperatorError};
pub use event::{Event, Happening};
pub use evidence::casefile::PAGE_BYTES;
pub use inbox::{
    Decided, HeldItem, InboxItem, InboxPage, InboxQuery, ItemRef, ItemState, Opening, PracticeCall, Reason,
    ReviewerDecision, SignedDecision, Statement, StatementRequest,
};
pub use keys::{LogKey, LogKeys, RotateKey, RotatedKey, RotatingKey};
pub use kinds::{ActionKind, ActionKindRef, ActionKindText, ActionKinds};
pub use pins::{parse_pins, print_pins};
pub use places::{CheckpointPlace, CheckpointPlaceRef, CheckpointPlaces};
pub use policy::{PolicyInForce, PolicyProblem, PolicyReport, PolicyRule, PolicyText};

pub use proofs::{
    CONSISTENCY_FORMAT, ConsistencyProof, ConsistencyQuery, INCLUSION_FORMAT, InclusionProof, InclusionQuery,
    LogExport, LogExportRequest, LogLines, LogLinesQuery, Receipt, ReceiptCheck, ReceiptState, SignedRotation,
};
pub use refused::{RefusedLog, RescuedLog};
pub use report::{
    Checked, Finding, FindingStatus, PinNote, PinnedKey, RecordProof, Report, SealedLog, TimelineEntry, Verdict,
    Verified, VerifyProgress,
};

pub use search::{Completion, CompletionQuery, Completions, Density, DensityQuery, DensitySlot, FindQuery, Found};
pub use seen::SeenLog;
pub use status::{ChainState, Checkpoint, Empty, Operator, Serving, Status};
pub use subject::{SubjectExport, SubjectRequest};
pub use traffic::{Call, CallDetail, CallPart, CallState, CallTime, TrafficPage};
pub use upstreams::{
    Credential, CredentialRef, Credentials, Justified, NewCredential, NewUpstream, Upstream, UpstreamException,
    UpstreamRef, Upstreams, WireFormat,
};
