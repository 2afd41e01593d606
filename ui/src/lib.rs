//! The console's page: what a person sees of a Countersign gateway.
//!
//! It opens no connection of its own. Every call goes to the window's shell ([`calls`]), which hands it to whatever
//! answers `contract::Operators`; what happens comes back as events. The page signs nothing and holds no key.

#![expect(
    unreachable_pub,
    reason = "the component macro writes `pub`, whatever visibility a component has"
)]

mod app;
mod components;
mod ipc;
mod pages;
mod route;
mod state;

pub use ipc::calls;

use report::format;
use wasm_bindgen::prelude::wasm_bindgen;

/// Puts the page into the document. `loader.js` calls it by starting the module.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::App);
}
