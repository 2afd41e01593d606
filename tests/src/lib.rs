//! The whole product from outside: real windows, real HTTP, real keychain, real clients.
//!
//! ```text
//! Desk      a home of its own, a screen, a session bus with a keychain
//!  ├ Window     the real console, clicked through WebDriver, photographed as a person sees it
//!  ├ Browser    an auditor's browser, with the verifier page
//!  ├ Cli        the real command line in that home
//!  │  └ Serving     `countersign serve`
//!  └ Sdk        the real `openai` from PyPI
//! Page      what a person does on a page and sees of it, in Window and Browser
//! Node      programs from npm, and the providers' SDKs among them
//! Python    programs that others wrote, and the second verifier
//! FaultyUpstream  an upstream that errs, is silent, hangs up, as it is asked to
//! Agent     an agent reduced to its HTTP, for load and for killing
//! ```
//! Everything started here ends with the value that stands for it, and nothing is left in the work tree: homes are
//! temporary, logs and photographs go under the target directory.

mod agent;
pub mod bindings;
mod browser;
mod cli;
mod desk;
mod drop;
mod faulty;
mod home;
mod keychain;
mod kill;
mod made;
mod node;
mod page;
mod places;
mod processes;
mod python;
mod samples;
mod screen;
mod sdk;
mod shown;
mod tamper;
mod until;
mod walkthrough;
mod window;

pub use agent::{Agent, Answer, Receipt};
pub use browser::{Browser, Engine};
pub use cli::{Cli, KeyStore, Outcome, Serving, free_address};
pub use desk::Desk;
pub use drop::drop_files;
pub use faulty::{FaultyUpstream, SAID};
pub use home::Home;
pub use keychain::Keychain;
pub use kill::{KillTally, kill_cycles};
pub use made::{Made, fill, fill_with_stories};
pub use node::Node;
pub use page::Page;
pub use places::{program, root, target};
pub use processes::Running;
pub use python::Python;
pub use samples::{alter_one_record, record_count};
pub use screen::{Part, Screen};
pub use sdk::{Sdk, SdkCall, SdkOutcome};
pub use shown::{SHOWN, Shown, named};
pub use tamper::{alter_stored_record, with_more_records};
pub use until::until;
pub use walkthrough::{export_case, first_start, first_start_with, open_waiting_item};
pub use window::Window;
