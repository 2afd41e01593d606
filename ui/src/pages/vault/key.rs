//! Sealing a provider's key, or another in its place: the next call carries it, nothing is started again.

use contract::{Credential, NewCredential};
use leptos::prelude::*;

use crate::components::{Dialog, Failure, Waiting};
use crate::ipc::calls;
use crate::state::{Fetched, console};

/// The secret is held in the field alone, and cleared from it the moment it is handed over.
#[component]
pub(super) fn SetKey(upstream: RwSignal<Option<String>>) -> impl IntoView {
    let console = console();
    let open = RwSignal::new(false);
    let set = Fetched::<Credential>::new();
    let field = NodeRef::<leptos::html::Input>::new();
    Effect::new(move |_| {
        if upstream.with(Option::is_some) {
            set.forget();
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() {
            upstream.set(None);
        }
    });
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Some(input), Some(upstream)) = (field.get_untracked(), upstream.get_untracked()) else {
            return;
        };
        let secret = input.value().trim().to_owned();
        input.set_value("");
        set.ask_then(
            calls::credential_set(NewCredential { upstream, secret }),
            move |credential| {
                console.say(format!("The key of {} is sealed.", credential.upstream));
                console.changes.upstreams.update(|times| *times = times.wrapping_add(1));
                open.set(false);
            },
        );
    };
    view! {
        <Dialog open title="Seal a provider’s key" test="credential-dialog">
            <p class="lead">
                "For " <span class="strong">{move || upstream.get()}</span> ". It can be replaced and destroyed, and never read back: not here, not by an agent, not by another operator."
            </p>
            <form class="form" on:submit=save autocomplete="off">
                <div class="field">
                    <label for="credential-secret">"Key"</label>
                    <input id="credential-secret" data-test="credential-secret" type="password" autocomplete="off" spellcheck="false" maxlength="4096" required node_ref=field />
                    <span class="help">"Cleared from this field as soon as it is handed over; paste it again if sealing fails."</span>
                </div>
                <Failure error=set.error />
                <div class="actions">
                    <Show when=move || set.busy.get()><Waiting what="Sealing and recording" /></Show>
                    <button type="button" class="button" on:click=move |_| open.set(false)>"Close"</button>
                    <button type="submit" class="button primary" data-test="credential-save" disabled=move || set.busy.get()>"Seal"</button>
                </div>
            </form>
        </Dialog>
    }
}
