//! The canonical Action, its digest, and the View that a screen renders. Pure, wasm-safe.
//!
//! - [`Action`]: what an agent wants to do, as the document whose digest an approval names.
//! - [`answer`]: what a model's answer says, read as it comes.
//! - [`model_call`]: reads a model call strictly, and names every way in which it reaches beyond text.
//! - [`proposal`]: reads an action that an agent proposes, and the kinds of such actions.
//! - [`view`]: the plain data that a screen renders and a reviewer's signature covers.
//! - [`visible`]: makes invisible and direction-changing characters visible.

mod action;
pub mod answer;
pub mod model_call;
pub mod proposal;
pub mod view;
pub mod visible;

pub use action::{Action, ActionError, Kind, Subject};
