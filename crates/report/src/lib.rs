//! How a verification's report looks. The console's Verify place and the verifier page draw the same report with the same
//! components, words and tokens, so that neither can say more or less than the other.
//!
//! Styles stand beside the components; `styles/` holds the tokens and what every page builds on.

#![expect(
    unreachable_pub,
    reason = "the component macro writes `pub`, whatever visibility a component has"
)]

mod announce;
mod asks;
mod bytes;
mod dialog;
mod digest;
mod finding;
pub mod format;
mod icons;
mod names;
mod notice;
mod pin_draft;
mod pin_form;
mod progress;
mod record;
mod report_view;
mod several;
mod timeline;

pub use announce::Announcer;
pub use asks::Asks;
pub use bytes::Bytes;
pub use dialog::Dialog;
pub use digest::{CopyButton, Digest};
pub use icons::{Mark, Seal, StatusIcon};
pub use names::{ground, status_name, verdict_name};
pub use notice::{Failure, Waiting};
pub use pin_draft::{PinDraft, Signer};
pub use pin_form::PinForm;
pub use progress::Progressing;
pub use report_view::ReportView;
pub use several::Several;
