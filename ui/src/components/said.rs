//! What records say: a labelled value with the way to everything that says the same, and the steps of a request.

use contract::query::{Query, Term};
use contract::{Decision, Row, StoryStep};
use leptos::prelude::*;

use super::Digest;
use crate::format;
use crate::route::Route;

/// One thing that a record says, and the way to everything that says it.
#[component]
pub(crate) fn Said(
    field: Row,
    /// Shows what also says this.
    narrow: Callback<Term>,
) -> impl IntoView {
    let Row {
        label,
        value,
        mono,
        filter,
    } = field;
    let title = format!("Show what has this: {filter}\nWith Shift: leave it out");
    let named = format!("{label}: show what has this");
    view! {
        <dt>{label}</dt>
        <dd class="said">
            {if mono {
                view! { <Digest value /> }.into_any()
            } else {
                view! { <span>{value}</span> }.into_any()
            }}
            <button
                class="narrow"
                data-test="filter-field"
                data-filter=filter.clone()
                title=title
                aria-label=named
                on:click=move |event| {
                    if let Ok(query) = Query::parse(&filter) {
                        for mut term in query.terms {
                            term.negated = event.shift_key();
                            narrow.run(term);
                        }
                    }
                }
            >
                "⌕"
            </button>
        </dd>
    }
}

/// The records of one request, each a step.
#[component]
pub(crate) fn Story(
    steps: Vec<StoryStep>,
    /// The record that is open.
    here: Option<u64>,
) -> impl IntoView {
    view! {
        <ol class="story" data-test="story">
            {steps
                .into_iter()
                .map(|step| {
                    let class = match step.decision {
                        Decision::Refused | Decision::Failed => "step refused",
                        Decision::Held => "step waiting",
                        Decision::Allowed | Decision::Signed => "step proved",
                        Decision::None => "step",
                    };
                    let note = if step.note.is_empty() { format::clock(step.logged_ms) } else { step.note };
                    view! {
                        <li class=class class:here=Some(step.sequence) == here data-test="story-step" data-seq=step.sequence>
                            <a
                                href=Route::Audit(Some(step.sequence)).hash()
                                aria-current=(Some(step.sequence) == here).then_some("step")
                                title=format!("Record {}, {}", format::count(step.sequence), format::clock(step.logged_ms))
                            >
                                {step.title}
                            </a>
                            <span class="small muted">{note}</span>
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
}
