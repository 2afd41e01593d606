//! What is known of one person, for that person to have.

use contract::SubjectRequest;
use leptos::prelude::*;

use crate::components::{Digest, Failure, Waiting};
use crate::format;
use crate::ipc::shell;
use crate::state::Fetched;

/// The section.
#[component]
pub(super) fn Person() -> impl IntoView {
    let (text, reason) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let saving = Fetched::<Option<shell::Saved>>::new();
    let ready = move || {
        let filled = |signal: RwSignal<String>| signal.with(|text| !text.trim().is_empty());
        filled(text) && filled(reason) && !saving.busy.get()
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if ready() {
            saving.ask(shell::subject_save(SubjectRequest {
                text: text.get_untracked(),
                reason: reason.get_untracked(),
            }));
        }
    };
    let field = |value: RwSignal<String>, id: &'static str, label: &'static str, help: &'static str| {
        view! {
            <div class="field grow">
                <label for=id>{label}</label>
                <input id=id data-test=id autocomplete="off" prop:value=move || value.get() on:input:target=move |event| value.set(event.target().value()) />
                <span class="help">{help}</span>
            </div>
        }
    };
    view! {
        <section class="stack" data-test="person">
            <h2 class="head">"Contents that name a person"</h2>
            <p class="muted">
                "Every prompt, answer and reason in which a name or address stands, with its record, as one signed document: for a "
                "person who asks what is kept of them. Records that name somebody as an operator or an owner aren’t looked through: "
                "filter the log for those. That it was exported is recorded."
            </p>
            <form class="form" on:submit=save>
                <div class="row top">
                    {field(text, "person-text", "Name, address or number", "Found as an erasure finds it")}
                    {field(reason, "person-reason", "Why", "Recorded")}
                </div>
                <Failure error=saving.error />
                {move || {
                    saving
                        .value
                        .get()
                        .flatten()
                        .map(|saved| {
                            view! {
                                <dl class="facts" data-test="person-done">
                                    <dt>"File"</dt>
                                    <dd class="mono" data-test="person-path">{saved.path}</dd>
                                    <dt>"Contents"</dt>
                                    <dd class="figures">{format::count(saved.records)}</dd>
                                    <dt>"SHA-256"</dt>
                                    <dd><Digest value=saved.sha256 /></dd>
                                    <dt>"Check it with"</dt>
                                    <dd><code>"countersign dsar check FILE"</code></dd>
                                </dl>
                            }
                        })
                }}
                <div class="actions">
                    <Show when=move || saving.busy.get()>
                        <Waiting what="Looking through all contents" />
                    </Show>
                    <button type="submit" class="button" data-test="person-save" disabled=move || !ready()>"Save as…"</button>
                </div>
            </form>
        </section>
    }
}
