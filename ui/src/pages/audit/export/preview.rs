//! The third step: what will be in the file; then it is saved.

use contract::{CasePreview, CaseSlot, PAGE_BYTES, page_records};
use leptos::prelude::*;

use super::contents::slot_words;
use crate::components::{Failure, Waiting};
use crate::format;
use crate::ipc::shell;
use crate::state::{Stage, console};

#[component]
pub(super) fn Preview() -> impl IntoView {
    let case = console().case;
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let (Ok(wish), false) = (case.wish(), case.saving.busy.get_untracked()) {
            case.progress.set(None);
            case.saving.ask(shell::case_save(wish));
        }
    };
    let progress = move || {
        case.progress.get().filter(|(done, _)| *done > 0).map_or_else(
            || "Collecting, proving and signing".to_owned(),
            |(done, of)| format!("Saving {} of {}", format::size(done), format::size(of)),
        )
    };
    view! {
        <form class="form" on:submit=save>
            {move || case.preview.value.get().map(|preview| view! { <Facts preview /> })}
            <p class="small muted">"The export becomes a record of the log, with your name, what was selected and the reasons, before anything is written."</p>
            <Failure error=case.saving.error />
            <div class="actions">
                {move || case.saving.busy.get().then(|| view! { <Waiting what=progress() /> })}
                <button type="button" class="button" data-test="export-back" disabled=move || case.saving.busy.get() on:click=move |_| case.stage.set(Stage::Contents)>"Back"</button>
                <button type="submit" class="button primary" data-test="export-save" disabled=move || case.saving.busy.get()>"Save as…"</button>
            </div>
        </form>
    }
}

#[component]
fn Facts(preview: CasePreview) -> impl IntoView {
    let large = !preview.is_for_the_page();
    view! {
        <div class="stack" data-test="export-preview">
            <p class="strong">{preview.about.clone()}</p>
            <dl class="facts">
                <dt>"Records"</dt>
                <dd class="figures" data-test="export-records">{format::count(preview.records)}</dd>
                <dt>"First"</dt>
                <dd class="figures">"record " {format::count(preview.first)} ", " {format::moment(preview.first_ms)}</dd>
                <dt>"Last"</dt>
                <dd class="figures">"record " {format::count(preview.last)} ", " {format::moment(preview.last_ms)}</dd>
                <dt>"Size"</dt>
                <dd class="figures">"about " {format::size(preview.bytes)}</dd>
            </dl>
            <Slots slots=preview.slots.clone() />
            <p>{preview.claim.clone()}</p>
            {large
                .then(|| {
                    view! {
                        <p class="waiting" data-test="export-too-large">
                            "The page verifier.html reads files of up to " {format::size(PAGE_BYTES)} " and "
                            {format::counted(page_records(), "record", "records")}
                            ", and this one will be larger: whoever checks it needs the command line, "
                            <code>"countersign verify"</code> ", or the console. A shorter time makes a smaller file."
                        </p>
                    }
                })}
        </div>
    }
}

/// How many contents there are of each kind, and what becomes of them.
#[component]
fn Slots(slots: Vec<CaseSlot>) -> impl IntoView {
    if slots.is_empty() {
        return view! { <p class="muted">"These records have no contents."</p> }.into_any();
    }
    let withheld = |slot: &CaseSlot| slot.contents.saturating_sub(slot.disclosed).saturating_sub(slot.erased);
    view! {
        <table class="slots-table">
            <thead>
                <tr>
                    <th scope="col">"Contents"</th>
                    <th scope="col">"Disclosed"</th>
                    <th scope="col">"Withheld"</th>
                    <th scope="col">"Erased"</th>
                </tr>
            </thead>
            <tbody>
                {slots
                    .into_iter()
                    .map(|slot| {
                        view! {
                            <tr data-test="export-preview-slot" data-slot=slot.slot.clone()>
                                <th scope="row">{slot_words(&slot.slot).to_owned()}</th>
                                <td class="figures" data-test="disclosed">{format::count(slot.disclosed)}</td>
                                <td class="figures">{format::count(withheld(&slot))}</td>
                                <td class="figures">{format::count(slot.erased)}</td>
                            </tr>
                        }
                    })
                    .collect_view()}
            </tbody>
        </table>
    }
    .into_any()
}
