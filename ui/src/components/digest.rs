//! Digests and ids: short to the eye, whole to the clipboard.

use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::format;
use crate::state::console;

/// A digest, a key's id or a log's name. A click copies the whole of it.
#[component]
pub(crate) fn Digest(
    /// All of it.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    let console = console();
    let short = if value.starts_with("countersign/log/") {
        format::short_origin(&value)
    } else if value.contains(':') {
        format::short_key(&value)
    } else if value.len() >= 32 && value.chars().all(|c| c.is_ascii_hexdigit()) {
        format::short_digest(&value)
    } else {
        value.clone()
    };
    let title = format!("{value}\nClick to copy");
    view! {
        <button
            class="digest mono"
            title=title
            aria-label=format!("{short}, copy the whole")
            on:click=move |_| {
                copy(value.clone());
                console.say("Copied.");
            }
        >
            {short.clone()}
        </button>
    }
}

/// Copies a text, and says so where the button stands.
#[component]
pub(crate) fn CopyButton(
    /// What to copy.
    #[prop(into)]
    text: String,
    /// What the button says.
    #[prop(into, default = "Copy".to_owned())]
    label: String,
    /// For tests.
    #[prop(into, default = "copy".to_owned())]
    test: String,
) -> impl IntoView {
    let console = console();
    let copied = RwSignal::new(false);
    view! {
        <button
            class="button little"
            data-test=test
            on:click=move |_| {
                copy(text.clone());
                copied.set(true);
                console.say("Copied.");
                set_timeout(
                    move || {
                        copied.try_set(false);
                    },
                    std::time::Duration::from_secs(2),
                );
            }
        >
            {move || if copied.get() { "Copied".to_owned() } else { label.clone() }}
        </button>
    }
}

fn copy(text: String) {
    let writing = window().navigator().clipboard().write_text(&text);
    leptos::task::spawn_local(async move {
        if JsFuture::from(writing).await.is_err() {
            leptos::logging::warn!("the system doesn't let this window write to the clipboard");
        }
    });
}
