//! The canonical Action, its digest, and the View that a screen renders. Pure, wasm-safe.

pub mod view;
