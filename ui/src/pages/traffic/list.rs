//! The list of calls: it keeps still while a person reads.

use contract::query::Query;
use contract::{Call, CallState, Decision};
use leptos::prelude::*;

use super::times::Share;
use super::{Watching, goes_on};
use crate::components::{DecisionPill, ListedRows, RowWords};
use crate::format;
use crate::route::Route;
use crate::state::{Console, console};

const WORDS: RowWords = RowWords {
    id: "traffic-rows",
    label: "Calls, newest first",
    reading: "Reading the calls",
    newer: ("new call", "new calls"),
};

/// The list.
#[component]
pub(super) fn List(watching: Watching) -> impl IntoView {
    let console = console();
    let line = move |row, index| view! { <Line watching row index /> };
    view! {
        <section class="traffic-list" aria-label="Calls">
            <ListedRows
                listed=console.traffic
                cursor=watching.cursor
                scroller=watching.scroller
                newer=Signal::derive(move || watching.newer(console))
                words=WORDS
                line
                head=|| view! { <Head /> }
                none=|| view! { <NoCall /> }
            />
        </section>
    }
}

/// What the columns are.
#[component]
fn Head() -> impl IntoView {
    view! {
        <div class="traffic-head head" aria-hidden="true">
            <span>"Asked"</span>
            <span>"Agent"</span>
            <span>"Model"</span>
            <span>"Decided"</span>
            <span>"What came of it"</span>
            <span>"Tokens"</span>
            <span>"Took"</span>
            <span></span>
        </div>
    }
}

/// Nothing to show, and what to do about it.
#[component]
fn NoCall() -> impl IntoView {
    let console = console();
    let traffic = console.traffic;
    let practise = move |_| {
        leptos::task::spawn_local(async move {
            if let Err(error) = crate::ipc::calls::practice_call(contract::Empty {}).await {
                traffic.error.set(Some(error));
            }
        });
    };
    view! {
        <Show
            when=move || !traffic.filter.with(Query::is_open)
            fallback=move || {
                view! {
                    <div class="stack" data-test="no-calls">
                        <h1 class="says large">"No agent has called yet"</h1>
                        <p class="lead">
                            "A call appears here as soon as an agent makes it: what it asked for, what was decided, what came of it and how long it took. "
                            "Point an agent at this gateway, or send one practice call, which no model answers."
                        </p>
                        <div class="row wrap">
                            <a class="button primary" href=Route::Agents.hash()>"Connect an agent"</a>
                            <button class="button" data-test="practise" on:click=practise>"Send a practice call"</button>
                        </div>
                    </div>
                }
            }
        >
            <div class="stack" data-test="none-match">
                <p class="strong">"No call matches."</p>
                <p class="muted">
                    "A call matches where one of its records says all that is wanted and none says what is left out."
                </p>
                <div class="row wrap">
                    <button class="button little" on:click=move |_| traffic.narrow(Query::default())>"Show every call"</button>
                </div>
            </div>
        </Show>
    }
}

#[component]
fn Line(watching: Watching, row: Option<Call>, index: u64) -> impl IntoView {
    let console = console();
    let Some(call) = row else {
        return view! {
            <div class="traffic-row unknown" id=format!("traffic-rows-{index}") role="option" aria-selected="false" aria-busy="true">
                <span class="traffic-unknown" aria-hidden="true"></span>
            </div>
        }
        .into_any();
    };
    let sequence = call.sequence;
    let is_open = move || watching.opened.get() == Some(sequence);
    let model = call.model.clone().unwrap_or_else(|| call.operation.clone());
    let via = call.upstream.clone();
    let tokens = tokens(&call);
    view! {
        <div
            class="traffic-row"
            class:open=is_open
            class:cursor=move || watching.cursor.get() == Some(sequence)
            id=format!("traffic-rows-{index}")
            role="option"
            aria-selected=move || is_open().to_string()
            data-test="traffic-row"
            data-seq=sequence
            data-state=state_name(call.state)
            on:click=move |_| {
                watching.cursor.set(Some(sequence));
                console.go(Route::Traffic(Some(sequence)));
            }
        >
            <span class="mono muted figures" title=format::exact_moment(call.asked_ms)>
                {format::column_moment(call.asked_ms, console.now.get_untracked())}
            </span>
            <span class="clip">{call.agent.clone()}</span>
            <span class="clip" title=model.clone()>
                <span class="mono">{model.clone()}</span>
                {via.map(|via| view! { <span class="small faint">" " {via}</span> })}
            </span>
            <DecisionPill decision=decided(&call) />
            <span class=said_class(call.state) title=call.says.clone()>{call.says.clone()}</span>
            <span class="mono muted figures to-end">{tokens}</span>
            <span class="mono figures to-end">{took(console, &call)}</span>
            <Share steps=call.steps.clone() />
        </div>
    }
    .into_any()
}

/// What was decided; nothing yet where it waits.
fn decided(call: &Call) -> Decision {
    match (call.state, call.decision) {
        (CallState::Refused, Decision::Allowed | Decision::Signed) => Decision::Refused,
        (_, decision) => decision,
    }
}

fn said_class(state: CallState) -> &'static str {
    match state {
        CallState::Answered => "clip muted",
        CallState::Waiting => "clip waiting",
        CallState::UnderWay => "clip",
        CallState::Refused | CallState::Failed => "clip refused",
    }
}

pub(super) fn state_name(state: CallState) -> &'static str {
    match state {
        CallState::Waiting => "waiting",
        CallState::UnderWay => "under_way",
        CallState::Answered => "answered",
        CallState::Refused => "refused",
        CallState::Failed => "failed",
    }
}

fn tokens(call: &Call) -> String {
    match (call.tokens_in, call.tokens_out) {
        (None, None) => String::new(),
        (tokens_in, tokens_out) => {
            let number = |tokens: Option<u64>| tokens.map_or_else(|| "–".to_owned(), format::count);
            format!("{} → {}", number(tokens_in), number(tokens_out))
        }
    }
}

/// How long it took; as long as it goes on, how long it takes.
fn took(console: Console, call: &Call) -> impl IntoView + use<> {
    let (asked, total, on) = (call.asked_ms, call.total_us, goes_on(call));
    move || {
        if on {
            format!("{} …", format::remaining(console.now.get() - asked))
        } else {
            total.map(format::took).unwrap_or_default()
        }
    }
}
