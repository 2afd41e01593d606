//! The person's end: opens the reviewer's key, checks what is to be signed, signs; keeps the keys
//! a person trusts, and verifies and saves case files.
//!
//! A console or a command line uses it, never a gateway. What comes from a gateway is material: [`Reviewer::sign`]
//! signs a statement only if it says exactly what was shown and what was decided.

mod case_file;
mod check;
mod decide;
mod find;
mod history;
mod kept;
mod key;
mod memory;
mod pins;
mod rescue;
mod set_up;
mod verifier_page;

pub use case_file::{
    CaseFileError, NewFile, attestation_of, case_bytes, checkpoint_of, save, save_case, verify_file, verify_file_from,
};
pub use check::SignError;
pub use decide::{DecideError, decide};
pub use find::case_files;
pub use history::History;
pub use kept::KeptError;
pub use key::{Reviewer, ReviewerError};
pub use memory::Memory;
pub use pins::{PINS_FILE, PinBook, PinError, domain_pins, parse_pins, print_pins};
pub use rescue::{RescueError, rescue, start_new_log};
pub use set_up::{MADE_HERE, Names, SetUpError, set_up};
pub use verifier_page::verifier_page;
