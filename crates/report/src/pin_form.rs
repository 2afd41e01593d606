//! The form that pins a signer, and how to establish one.

use contract::{Code, OperatorError, PinnedKey};
use leptos::prelude::*;

use crate::{Failure, PinDraft};

/// The form. What it reads goes to `add`; what goes wrong there comes back in `error`.
#[component]
pub fn PinForm(
    /// What stands in it.
    draft: PinDraft,
    /// Takes the keys.
    add: Callback<Vec<PinnedKey>>,
    /// Leaves it.
    close: Callback<()>,
    /// Why the keys weren't taken.
    #[prop(into)]
    error: Signal<Option<OperatorError>>,
    /// Whether they are being taken now.
    #[prop(into)]
    busy: Signal<bool>,
) -> impl IntoView {
    let tried = RwSignal::new(None::<String>);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        #[expect(clippy::cast_possible_truncation, reason = "ms since 1970 are whole and fit")]
        let read = draft.read(js_sys::Date::now() as i64);
        match read {
            Err(why) => tried.set(Some(why)),
            Ok(keys) => {
                tried.set(None);
                add.run(keys);
            }
        }
    };
    let typed = Signal::derive(move || tried.get().map(|why| OperatorError::new(Code::Invalid, why)));
    view! {
        <p class="lead">
            "Get the key from its owner by another way than the file: their website, a letter, a call in which you compare the key’s id. A key taken from the file itself proves nothing about who."
        </p>
        {move || {
            draft
                .signer
                .get()
                .key_id
                .map(|key_id| {
                    view! {
                        <p class="small">"The file is signed with the key " <code class="whole" data-test="signed-with">{key_id}</code> ". The owner’s key must have this id, letter for letter."</p>
                    }
                })
        }}
        <form class="form" on:submit=submit>
            <div class="field">
                <label for="pin-text">"The key"</label>
                <textarea id="pin-text" class="mono" data-test="pin-text" rows="5" spellcheck="false" prop:value=move || draft.text.get() on:input:target=move |event| draft.text.set(event.target().value())></textarea>
                <span class="help">
                    "What " <code>"countersign export-pin"</code>
                    " printed, the public key alone (PEM or base64), or its whole id, " <code>"SHA256:…"</code> ", as its owner told you."
                </span>
            </div>
            <div class="row top">
                <div class="field grow">
                    <label for="pin-name">"Whose it is"</label>
                    <input id="pin-name" data-test="pin-name" autocomplete="off" prop:value=move || draft.name.get() on:input:target=move |event| draft.name.set(event.target().value()) />
                </div>
                <div class="field grow">
                    <label for="pin-source">"Where you got it"</label>
                    <input id="pin-source" data-test="pin-source" autocomplete="off" placeholder="their website, 3 Feb" prop:value=move || draft.source.get() on:input:target=move |event| draft.source.set(event.target().value()) />
                </div>
            </div>
            <Failure error=typed />
            <Failure error />
            <div class="actions">
                <button type="button" class="button" on:click=move |_| close.run(())>"Close"</button>
                <button type="submit" class="button primary" data-test="pin-save" disabled=move || busy.get()>"Pin this key"</button>
            </div>
        </form>
    }
}
