//! "Export case file…": which records, which contents, what will be in it; then where it is and what to do next.

mod contents;
mod preview;
mod what;

use leptos::prelude::*;

use crate::components::{Dialog, Digest};
use crate::format;
use crate::ipc::shell;
use crate::state::{Stage, console};

use contents::Contents;
use preview::Preview;
use what::What;

/// The wizard.
#[component]
pub(super) fn Export() -> impl IntoView {
    let case = console().case;
    let saved = move || case.saving.value.get().flatten();
    view! {
        <Dialog open=case.open title="Export a case file" test="export-dialog" wide=true>
            <Show
                when=move || saved().is_none()
                fallback=move || saved().map(|saved| view! { <Done saved /> })
            >
                <Steps />
                {move || match case.stage.get() {
                    Stage::What => view! { <What /> }.into_any(),
                    Stage::Contents => view! { <Contents /> }.into_any(),
                    Stage::Preview => view! { <Preview /> }.into_any(),
                }}
            </Show>
        </Dialog>
    }
}

/// Where in the wizard one is.
#[component]
fn Steps() -> impl IntoView {
    let case = console().case;
    let steps = [
        (Stage::What, "Records"),
        (Stage::Contents, "Contents"),
        (Stage::Preview, "Check and save"),
    ];
    view! {
        <ol class="wizard-steps" aria-label="Steps">
            {steps
                .into_iter()
                .map(|(stage, name)| {
                    let here = move || case.stage.get() == stage;
                    view! { <li class:here=here aria-current=move || here().then_some("step")>{name}</li> }
                })
                .collect_view()}
        </ol>
    }
}

#[component]
fn Done(saved: shell::Saved) -> impl IntoView {
    let case = console().case;
    view! {
        <div class="stack" data-test="export-done">
            <p class="proved strong">
                "Written and signed: a case file about " {format::counted(saved.records, "record", "records")} "."
            </p>
            <dl class="facts">
                <dt>"File"</dt>
                <dd class="mono" data-test="export-path">{saved.path}</dd>
                <dt>"SHA-256"</dt>
                <dd><Digest value=saved.sha256 /></dd>
            </dl>
            <p class="strong">"What to do next"</p>
            <ol class="next">
                <li>"Drop it on this window: you see what whoever gets it will see."</li>
                <li>"Hand it on whole. Packed again by another program it fails, even if nothing in it was changed."</li>
                <li>
                    "Give your public key by another way, as " <code>"countersign export-pin"</code> " writes it. Without it a verifier says "
                    "“intact, signer not established”."
                </li>
            </ol>
            <p class="small muted">"README.txt in it tells a reader how to check it; report.html is for printing. The export is a record of its own."</p>
            <div class="form">
                <div class="actions">
                    <button class="button primary" data-test="export-close" on:click=move |_| case.open.set(false)>"Close"</button>
                </div>
            </div>
        </div>
    }
}
