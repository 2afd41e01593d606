//! The steps of a call, in the order they are taken.

mod authenticate;
mod decide;
mod execution;
mod forward;
mod hold;
mod outcome;
mod propose;
mod read;
mod release;
mod returning;
mod standing;

pub use authenticate::{Caller, NotLetIn};
pub(crate) use authenticate::{Counted, RefusedLogons, RuntimeKey, new_runtime_key};
pub use decide::Verdict;
pub(crate) use decide::{Bound, Noted};
pub(crate) use forward::credential_context;
pub use hold::{Hold, HoldEnd};
pub(crate) use outcome::{Ending, Outcome, Story};
pub use propose::{ProposalRequest, Proposed};
pub(crate) use read::new_content;
pub use read::{Asked, ModelRequest};
pub(crate) use release::APPROVAL;
pub use release::Released;
pub use returning::{Answer, Cut};
