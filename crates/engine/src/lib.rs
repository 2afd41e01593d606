//! The steps a call takes, approvals, identities: owns the meaning, knows neither HTTP nor Tauri.
//!
//! ```text
//! authenticate ─▶ read ─▶ decide ─▶ Released ─▶ forward ─▶ Answer
//!                           │  └─▶ Held ─▶ wait ─▶ Released
//!                           └─▶ Refusal
//! ```
//! An action that an agent proposes takes the same steps up to its release; what it does then, the agent does itself:
//! ```text
//! authenticate ─▶ propose ─▶ Standing ─▶ report_execution ─▶ Standing, with its receipt
//!                   └─▶ held: action ─▶ Standing
//! ```
//! Each step takes the previous one's result, so none can be skipped: [`Caller`], [`Asked`], [`Verdict`],
//! [`Released`], [`Answer`]. A [`Released`] comes only from a record that is already on disk, can't be cloned, owns
//! the exact bytes, and is used up by sending it.

mod actions;
mod books;
mod clock;
mod collecting;
mod egress;
mod engine;
mod erasing;
mod events;
mod following;
mod giving_way;
mod items;
mod keeping;
mod kinds;
mod metrics;
mod operators;
mod passage;
mod publishing;
mod records;
mod refusal;
mod refused;
mod routes;
mod searching;
mod selecting;
mod steps;
mod tampering;
mod tenant;
mod traceparent;
mod traces;

pub use action::{
    model_call::Format,
    proposal::{OPERATION as PROPOSE, REPORT_OPERATION as REPORT},
};
pub use actions::{ActionState, Standing};
pub use egress::{Credential, Dispatch, Egress, Endpoint, OutgoingCheckpoint, Reply, SendError};
pub use engine::Engine;
pub use operators::Model;
pub use refusal::{Refusal, RefusalKind};
pub use steps::{
    Answer, Asked, Caller, Cut, Hold, HoldEnd, ModelRequest, NotLetIn, ProposalRequest, Proposed, Released, Verdict,
};
pub use tenant::{Created, NewTenant, OpenError, Stores, Tenant};
pub use traceparent::TraceParent;
pub use traces::{Ended, TracedCall, TracedSending, TracedStep, Traces, TracesCounted};
