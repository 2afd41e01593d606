//! Where the keyboard is.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

/// Gives an element the focus.
pub(crate) fn focus(id: &str) {
    let element = document()
        .get_element_by_id(id)
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element
        && element.focus().is_err()
    {
        leptos::logging::warn!("{id} can't take the focus");
    }
}
