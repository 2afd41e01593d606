//! Digests and ids: short to the eye, whole to the clipboard.

use js_sys::{Function, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::Announcer;
use crate::format;

/// What to say where the system refuses.
const NOT_COPIED: &str = "Not copied: select the text, and copy it yourself";

/// A digest, a key's id or a log's name. A click copies the whole of it.
#[component]
pub fn Digest(
    /// All of it.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    let announcer = Announcer::here();
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
            data-whole=value.clone()
            aria-label=format!("{short}, copy the whole")
            on:click=move |_| {
                let value = value.clone();
                spawn_local(async move {
                    let copied = copy(value).await;
                    announcer.say(if copied { "Copied." } else { NOT_COPIED });
                });
            }
        >
            <span class="digest-short">{short.clone()}</span>
        </button>
    }
}

/// Copies a text, and says so where the button stands.
#[component]
pub fn CopyButton(
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
    let announcer = Announcer::here();
    let copied = RwSignal::new(None::<&'static str>);
    view! {
        <button
            class="button little"
            data-test=test
            on:click=move |_| {
                let text = text.clone();
                spawn_local(async move {
                    let done = if copy(text).await { "Copied" } else { NOT_COPIED };
                    announcer.say(done);
                    copied.try_set(Some(done));
                    set_timeout(
                        move || {
                            copied.try_set(None);
                        },
                        std::time::Duration::from_secs(3),
                    );
                });
            }
        >
            {move || copied.get().map_or_else(|| label.clone(), str::to_owned)}
        </button>
    }
}

/// Puts a text on the clipboard, and says whether it is there.
async fn copy(text: String) -> bool {
    let clipboard = Reflect::get(&window().navigator(), &JsValue::from_str("clipboard"))
        .ok()
        .and_then(|clipboard| clipboard.dyn_into::<web_sys::Clipboard>().ok());
    if let Some(clipboard) = clipboard
        && JsFuture::from(clipboard.write_text(&text)).await.is_ok()
    {
        return true;
    }
    copy_selected(&text).unwrap_or(false)
}

/// The older way, for web views that keep the clipboard from pages: selects the text in a field and copies that.
fn copy_selected(text: &str) -> Option<bool> {
    let field: web_sys::HtmlTextAreaElement = document().create_element("textarea").ok()?.dyn_into().ok()?;
    field.set_value(text);
    field.set_class_name("unseen");
    // A modal dialog keeps the focus within itself.
    let within = document().query_selector("dialog[open]").ok().flatten();
    let body = document().body()?;
    let parent: &web_sys::Node = match &within {
        Some(dialog) => dialog,
        None => &body,
    };
    parent.append_child(&field).ok()?;
    field.select();
    let copied = Reflect::get(&document(), &JsValue::from_str("execCommand"))
        .ok()
        .and_then(|command| command.dyn_into::<Function>().ok())
        .and_then(|command| command.call1(&document(), &JsValue::from_str("copy")).ok())
        .and_then(|copied| copied.as_bool());
    field.remove();
    copied
}
