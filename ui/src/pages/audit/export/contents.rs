//! The second step: which contents are disclosed, and why.

use contract::{CaseContent, CaseSlot};
use leptos::prelude::*;

use crate::components::{Failure, Waiting};
use crate::format;
use crate::ipc::calls;
use crate::state::{Case, Stage, console};

/// A slot in words.
pub(super) fn slot_words(slot: &str) -> &str {
    match slot {
        "request" => "Requests, as they were sent",
        "subject" => "What is asked, in short",
        "view" => "What reviewers were shown",
        "reason" => "Reasons that people gave",
        "response" => "Answers",
        "execution" => "What agents say of what they did",
        "filter" => "Filters of exports",
        other => other,
    }
}

#[component]
pub(super) fn Contents() -> impl IntoView {
    let case = console().case;
    let missing = Memo::new(move |_| case.wish().err());
    let next = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Ok(wish) = case.wish() else { return };
        case.preview
            .ask_then(calls::case_preview(wish), move |_| case.stage.set(Stage::Preview));
    };
    let slots = move || {
        case.found
            .value
            .with(|found| found.as_ref().map(|found| found.slots.clone()).unwrap_or_default())
    };
    view! {
        <form class="form" on:submit=next>
            <p class="lead">
                "Everything is withheld unless you disclose it: the file then proves that a content exists, and says nothing of "
                "what it is. What is disclosed can’t be taken back."
            </p>
            <Show when=move || !slots().is_empty() fallback=|| view! { <p class="muted">"These records have no contents."</p> }>
                <div class="slots">{move || slots().into_iter().map(|slot| view! { <OfSlot case of=slot /> }).collect_view()}</div>
                <OneByOne case />
            </Show>
            <Show when=move || case.discloses()>
                <Reason value=case.reason id="export-reason" label="Why these are disclosed" help="Recorded, and in the file." />
            </Show>
            <Show when=move || !slots().is_empty()>
                <Reason value=case.withholding id="export-withholding" label="Why the others are withheld" help="Recorded, and in the file. Empty: by default, nobody chose to disclose them." />
            </Show>
            {move || missing.get().map(|why| view! { <p class="small muted" role="status" data-test="export-missing">{why}</p> })}
            <Failure error=case.preview.error />
            <div class="actions">
                <Show when=move || case.preview.busy.get()>
                    <Waiting what="Looking at it" />
                </Show>
                <button type="button" class="button" data-test="export-back" on:click=move |_| case.stage.set(Stage::What)>"Back"</button>
                <button type="submit" class="button primary" data-test="export-next" disabled=move || missing.with(Option::is_some) || case.preview.busy.get()>
                    "Next"
                </button>
            </div>
        </form>
    }
}

#[component]
fn OfSlot(case: Case, of: CaseSlot) -> impl IntoView {
    let slot = of;
    let name = slot.slot.clone();
    let chosen = {
        let name = name.clone();
        move || case.slots.with(|slots| slots.contains(name.as_str()))
    };
    let left = slot.contents.saturating_sub(slot.erased);
    let erased = match slot.erased {
        0 => String::new(),
        erased => format!(", {} erased", format::count(erased)),
    };
    view! {
        <label class="choice">
            <input
                type="checkbox"
                data-test=format!("export-slot-{name}")
                disabled=left == 0
                prop:checked=chosen
                on:change:target={
                    let name = name.clone();
                    move |event| case.set_slot(&name, event.target().checked())
                }
            />
            <span>
                {slot_words(&name).to_owned()} " "
                <span class="small muted figures">{format::count(left)} {erased}</span>
            </span>
        </label>
    }
}

/// Each content, to disclose or withhold against its slot.
#[component]
fn OneByOne(case: Case) -> impl IntoView {
    let contents = move || {
        case.found.value.with(|found| {
            found
                .as_ref()
                .map(|found| (found.contents.clone(), found.contents_in_all))
                .unwrap_or_default()
        })
    };
    view! {
        <details class="one-by-one" data-test="export-one-by-one">
            <summary>"One by one"</summary>
            {move || {
                let (contents, in_all) = contents();
                let shown = contents.len() as u64;
                view! {
                    <ul>{contents.into_iter().map(|content| view! { <One case content /> }).collect_view()}</ul>
                    {(shown < in_all)
                        .then(|| {
                            view! {
                                <p class="small muted">
                                    "The first " {format::count(shown)} " of " {format::count(in_all)} ". The command line names the others: "
                                    <code>"countersign case export --disclose-content"</code>
                                </p>
                            }
                        })}
                }
            }}
        </details>
    }
}

#[component]
fn One(case: Case, content: CaseContent) -> impl IntoView {
    let (uid, slot) = (content.content_uid.clone(), content.slot.clone());
    let checked = {
        let (uid, slot) = (uid.clone(), slot.clone());
        move || case.disclosed(&uid, &slot)
    };
    let size = content.bytes.map_or_else(|| "erased".to_owned(), format::size);
    view! {
        <li>
            <label class="choice">
                <input
                    type="checkbox"
                    data-test="export-content"
                    data-uid=uid.clone()
                    data-slot=slot.clone()
                    disabled=content.bytes.is_none()
                    prop:checked=checked
                    on:change:target=move |event| case.set_single(&uid, &slot, event.target().checked())
                />
                <span class="figures">
                    "Record " {format::count(content.record)} ", " {content.slot.clone()}
                    <span class="small muted">" " {size} ", " {content.media_type}</span>
                </span>
            </label>
        </li>
    }
}

#[component]
fn Reason(value: RwSignal<String>, id: &'static str, label: &'static str, help: &'static str) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input id=id data-test=id autocomplete="off" maxlength="4000" prop:value=move || value.get() on:input:target=move |event| value.set(event.target().value()) />
            <span class="help">{help}</span>
        </div>
    }
}
