//! A dialog: the browser's own, which keeps the focus in and gives it back.

use leptos::html;
use leptos::prelude::*;

/// A dialog that is open while `open` is. Escape closes it; what it held is kept by its owner's signals.
#[component]
pub fn Dialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// What it is about: a sentence or a name.
    #[prop(into)]
    title: String,
    /// For tests.
    #[prop(into)]
    test: String,
    /// Whether it is wide.
    #[prop(optional)]
    wide: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        if open.get() && !dialog.open() {
            if dialog.show_modal().is_err() {
                leptos::logging::warn!("the dialog can't be opened");
            }
        } else if !open.get() && dialog.open() {
            dialog.close();
        }
    });
    let label = title.clone();
    view! {
        <dialog node_ref=node class="dialog" class:wide=wide data-test=test aria-label=label on:close=move |_| open.set(false)>
            <Show when=move || open.get()>
                <h2 class="says">{title.clone()}</h2>
                {children()}
            </Show>
        </dialog>
    }
}
