//! The open item: what is asked, of whom, until when; then the reasons; and at the foot the decision.

use contract::{HeldItem, ItemState};
use leptos::prelude::*;

use super::decision::DecisionBar;
use super::reasons::Reasons;
use super::rendered::{Sections, read};
use super::{Desk, Step};
use crate::components::{Bytes, Failure, Plain, StatePill, Waiting};
use crate::format;
use crate::route::Route;
use crate::state::console;

/// The item that is open.
#[component]
pub(super) fn Item(desk: Desk) -> impl IntoView {
    let console = console();
    let again = move |()| {
        console.inbox.touched.update(|touched| {
            touched.0 = desk.opened.get_untracked().unwrap_or_default();
            touched.1 = touched.1.wrapping_add(1);
        })
    };
    // A change of the item draws anew what depends on it, not the fields that a person types into.
    let shown = Memo::new(move |_| desk.held.value.get());
    view! {
        <article
            class="item"
            data-test="item"
            data-uid=move || desk.opened.get()
            class:tier3=move || shown.with(|held| held.as_ref().is_some_and(|held| held.item.tier >= 3))
        >
            <div class="item-scroll">
                <div class="item-body scrolls" tabindex="0" role="region" aria-label="What is asked">
                    <button class="link back" on:click=move |_| console.go(Route::Inbox(None))>"‹ All items"</button>
                    <Failure error=desk.held.error again />
                    <Show when=move || desk.held.busy.get() && shown.with(Option::is_none)>
                        <Waiting what="Reading the item" />
                    </Show>
                    {move || shown.get().map(|held| view! { <Asked desk held /> })}
                </div>
                {move || shown.get().map(|held| view! { <Reasons desk held /> })}
            </div>
            <Show when=move || shown.with(Option::is_some)>
                <DecisionBar desk held=shown />
            </Show>
        </article>
    }
}

#[component]
fn Asked(desk: Desk, held: HeldItem) -> impl IntoView {
    let rendered = read(&held.view.text);
    let unreadable = rendered.as_ref().err().cloned();
    let title = rendered
        .as_ref()
        .map_or_else(|_| held.item.title.clone(), |view| view.title.clone());
    let facts = rendered.as_ref().map(|view| view.facts.clone()).unwrap_or_default();
    let sections = rendered.map(|view| view.sections).unwrap_or_default();
    let signed = StoredValue::new((held.view.text.clone(), held.action.clone()));
    view! {
        <header class="item-head">
            <p class="item-when row wrap"><When held=held.clone() /></p>
            <h1 class="says" data-test="item-title"><Plain text=title /></h1>
        </header>
        <dl class="parties">
            {facts
                .into_iter()
                .map(|fact| view! { <div><dd><Plain text=fact.value /></dd><dt>{fact.label}</dt></div> })
                .collect_view()}
        </dl>
        {unreadable
            .map(|why| {
                view! {
                    <p class="failure" role="alert" data-test="unreadable">
                        "What is to be signed can’t be shown, so it can’t be countersigned here: " {why}
                        ". Deny it, or open it with a console of the gateway’s own version."
                    </p>
                }
            })}
        <Sections sections />
        <section class="part">
            <h2 class="head">"Exact bytes"</h2>
            <Show
                when=move || desk.bytes.get()
                fallback=move || {
                    view! {
                        <p class="small muted">
                            "Everything above is drawn from the text that your signature covers. "
                            <button class="link" data-test="show-bytes" on:click=move |_| desk.bytes.set(true)>"Show it as it is"</button>
                            " " <kbd>"b"</kbd>
                        </p>
                    }
                }
            >
                <div class="exact">
                    <p class="small muted">"The view, as signed " <button class="link" on:click=move |_| desk.bytes.set(false)>"Hide"</button></p>
                    <Bytes text=signed.get_value().0 test="view-bytes" />
                    <p class="small muted">"The action, whose digest an approval names"</p>
                    <Bytes text=signed.get_value().1 test="action-bytes" />
                </div>
            </Show>
        </section>
    }
}

/// The tier, and how long there is.
#[component]
fn When(held: HeldItem) -> impl IntoView {
    let console = console();
    let item = held.item;
    let tier = item.tier;
    let people = if tier >= 3 {
        "two people sign"
    } else {
        "one person signs"
    };
    let class = if tier >= 3 { "pill refused" } else { "pill waiting" };
    let left = move || item.expires_ms - console.now.get();
    let until = move || {
        if left() > 0 {
            format!("denied in {} unless countersigned", format::remaining(left()))
        } else {
            "its time has run out: denied".to_owned()
        }
    };
    if item.state == ItemState::Waiting {
        view! {
            <span class=class>"Tier " {tier} " — " {people}</span>
            <span class="figures muted" class:waiting=move || left() < 60_000 data-test="countdown" role="timer">{until}</span>
        }
        .into_any()
    } else {
        view! {
            <StatePill state=item.state tier />
            <span class="muted">{"asked "} {format::moment(item.asked_ms)}</span>
            {(item.state != ItemState::Expired)
                .then(|| {
                    let uid = item.uid.clone();
                    view! {
                        <button
                            class="button little"
                            data-test="export-approval"
                            on:click=move |_| {
                                console.case.of_approval(&uid);
                                console.go(Route::Audit(None));
                            }
                        >
                            "Export its records…"
                        </button>
                    }
                })}
        }
        .into_any()
    }
}

impl Desk {
    /// Back to reading.
    pub(super) fn read_on(self) {
        self.step.set(Step::Reading);
    }
}
