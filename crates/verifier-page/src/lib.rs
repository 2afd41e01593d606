//! The verifier page: verifies case files in a browser, from one file on disk, with every connection forbidden.
//!
//! `cargo xtask verifier-page` puts this crate's WebAssembly, its script, style and fonts into one HTML file. What is
//! found is `evidence`'s alone, and `report` draws it: this crate reads files in pieces, works in small steps so that the
//! page never stands still, and keeps the pins of the one who looks.

#![expect(
    unreachable_pub,
    reason = "the component macro writes `pub`, whatever visibility a component has"
)]

mod app;
mod guide;
mod held;
mod reading;
mod session;
mod trust;
mod work;

use wasm_bindgen::prelude::wasm_bindgen;

/// Puts the page into the document. `loader.js` calls it by starting the module.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::App);
}
