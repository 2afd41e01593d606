//! One call, opened: what came of it, where its time went, why it was decided so, and the way to its records.

use contract::{CallDetail, CallState, RecordRef};
use leptos::prelude::*;

use super::times::Times;
use super::{Watching, goes_on, list::state_name};
use crate::components::{Failure, Said, Story, Waiting};
use crate::format;
use crate::ipc::calls;
use crate::route::Route;
use crate::state::console;

/// The open call.
#[component]
pub(super) fn OpenCall(watching: Watching) -> impl IntoView {
    let console = console();
    let again = move |()| {
        if let Some(sequence) = watching.opened.get_untracked() {
            watching.detail.ask(calls::traffic_call(RecordRef { sequence }));
        }
    };
    view! {
        <article class="call" aria-label="Call" data-test="call" data-seq=move || watching.opened.get()>
            <button class="link back" data-test="close-call" on:click=move |_| console.go(Route::Traffic(None))>"‹ All calls"</button>
            <Failure error=watching.detail.error again />
            <Show when=move || watching.detail.busy.get() && watching.detail.value.with(Option::is_none)>
                <div class="list-note"><Waiting what="Reading the call’s records" /></div>
            </Show>
            {move || watching.detail.value.get().map(|detail| view! { <Opened detail /> })}
        </article>
    }
}

#[component]
fn Opened(detail: CallDetail) -> impl IntoView {
    let console = console();
    let CallDetail {
        call,
        sentence,
        reasons,
        fields,
        story,
    } = detail;
    let narrow = Callback::new(move |term| console.traffic.narrow_by(term));
    let (asked, on) = (call.asked_ms, goes_on(&call));
    let so_far = move || on.then(|| format!(" · for {} so far", format::remaining(console.now.get() - asked)));
    let waits = (call.state == CallState::Waiting).then(|| {
        let uid = fields
            .iter()
            .find(|field| field.label == "Approval")
            .map(|field| field.value.clone());
        view! { <a class="button primary" data-test="to-inbox" href=Route::Inbox(uid).hash()>"Decide in the inbox"</a> }
    });
    view! {
        <div class="call-read scrolls" tabindex="0" role="region" aria-label="What came of the call" data-state=state_name(call.state)>
            <header class="stack tight">
                <p class="small muted figures">
                    "Asked " {format::exact_moment(call.asked_ms)} " · record " {format::count(call.sequence)} {so_far}
                </p>
                <h1 class="says" data-test="call-sentence">{sentence}</h1>
            </header>
            <Story steps=story here=None />
            <section class="stack tight">
                <h2 class="head">"Where the time went"</h2>
                <Times call=call.clone() />
            </section>
            {(!reasons.is_empty())
                .then(|| {
                    view! {
                        <section class="stack tight">
                            <h2 class="head">"Why it was decided so"</h2>
                            <ul class="why" data-test="call-reasons">
                                {reasons
                                    .into_iter()
                                    .map(|reason| view! { <li>{reason.text} " " <span class="mono small faint">{reason.rule}</span></li> })
                                    .collect_view()}
                            </ul>
                        </section>
                    }
                })}
            <section class="stack tight">
                <h2 class="head">"What its records say"</h2>
                <dl class="facts">
                    {fields.into_iter().map(|field| view! { <Said field narrow /> }).collect_view()}
                </dl>
            </section>
            <p class="row wrap">
                {waits}
                <a class="button" data-test="open-record" href=Route::Audit(Some(call.sequence)).hash()>"Open the record"</a>
                <button
                    class="button"
                    data-test="story-in-audit"
                    on:click=move |_| {
                        use contract::query::{Matter, Named, Query, Term};
                        let story = Matter::Is(Named::Story, call.request_uid.clone());
                        console.log.narrow(Query::default().and(Term::wants(story)));
                        console.go(Route::Audit(Some(call.sequence)));
                    }
                >
                    "All of its records in the audit log"
                </button>
            </p>
        </div>
    }
}
