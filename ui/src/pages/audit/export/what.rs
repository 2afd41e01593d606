//! The first step: which records.

use contract::query::{Matter, Named, Query};
use contract::{Agents, CaseDisclosure, CaseRequest, Empty};
use leptos::prelude::*;

use crate::components::{Failure, Waiting};
use crate::format;
use crate::ipc::calls;
use crate::state::{Case, Fetched, Kind, Stage, console};

/// The kinds of selection: its name, what it is, what it lets a verifier say.
const KINDS: [(Kind, &str, &str, &str); 5] = [
    (
        Kind::Agent,
        "agent",
        "One agent",
        "All that is recorded of it in a time. That nothing of it is missing can be verified.",
    ),
    (
        Kind::Range,
        "range",
        "A time",
        "Every record of every agent, and of the gateway itself. That all are there can be verified.",
    ),
    (
        Kind::Request,
        "request",
        "One request",
        "Its call, decisions, release and answer. Nothing is claimed of other records.",
    ),
    (
        Kind::Approval,
        "approval",
        "One approval",
        "The story of a held item that a person decided. Nothing is claimed of other records.",
    ),
    (
        Kind::Picked,
        "picked",
        "Picked records",
        "Those that you picked in the list, one by one. Nothing is claimed of other records.",
    ),
];

#[component]
pub(super) fn What() -> impl IntoView {
    let case = console().case;
    let missing = Memo::new(move |_| case.selection().err());
    let next = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Ok(selection) = case.selection() else { return };
        let nothing = CaseRequest {
            selection,
            disclosure: CaseDisclosure::default(),
            since: None,
        };
        case.found
            .ask_then(calls::case_preview(nothing), move |_| case.stage.set(Stage::Contents));
    };
    view! {
        <form class="form" on:submit=next>
            <div class="kinds" role="radiogroup" aria-label="Which records">
                {KINDS.into_iter().map(|(kind, id, name, says)| view! { <Choice kind id name says /> }).collect_view()}
            </div>
            {move || match case.kind.get() {
                Kind::Agent => view! { <OfAgent case /> <Span case /> }.into_any(),
                Kind::Range => view! { <Span case /> }.into_any(),
                Kind::Request => {
                    view! { <Uid value=case.request id="export-request" label="Request" help="A record’s request stands among its fields; its story has a button that brings it here." /> }
                        .into_any()
                }
                Kind::Approval => {
                    view! { <Uid value=case.item id="export-item" label="Held item" help="A decided item of the inbox has a button that brings it here." /> }
                        .into_any()
                }
                Kind::Picked => view! { <Picked case /> }.into_any(),
            }}
            {move || missing.get().map(|why| view! { <p class="small muted" role="status" data-test="export-missing">{why}</p> })}
            <Failure error=case.found.error />
            <div class="actions">
                <Show when=move || case.found.busy.get()>
                    <Waiting what="Looking for them" />
                </Show>
                <button type="button" class="button" on:click=move |_| case.open.set(false)>"Close"</button>
                <button type="submit" class="button primary" data-test="export-next" disabled=move || missing.with(Option::is_some) || case.found.busy.get()>
                    "Next"
                </button>
            </div>
        </form>
    }
}

#[component]
fn Choice(kind: Kind, id: &'static str, name: &'static str, says: &'static str) -> impl IntoView {
    let case = console().case;
    view! {
        <label class="choice">
            <input
                type="radio"
                name="export-kind"
                data-test=format!("export-kind-{id}")
                prop:checked=move || case.kind.get() == kind
                on:change=move |_| case.kind.set(kind)
            />
            <span>
                <span class="strong">{name}</span>
                <br />
                <span class="small muted">{says}</span>
            </span>
        </label>
    }
}

/// The agent that the list is about, by name or uid.
fn filtered_agent(filter: &Query) -> Option<String> {
    filter.terms.iter().find_map(|term| match &term.matter {
        Matter::Is(Named::Agent, named) if !term.negated => Some(named.clone()),
        _ => None,
    })
}

#[component]
fn OfAgent(case: Case) -> impl IntoView {
    let agents = Fetched::<Agents>::new();
    let filtered = console().log.filter.with_untracked(filtered_agent);
    agents.ask_then(calls::agents(Empty {}), move |agents| {
        let first = agents
            .agents
            .iter()
            .find(|agent| !agent.practice)
            .or(agents.agents.first());
        let filtered = agents.agents.iter().find(|agent| {
            filtered
                .as_ref()
                .is_some_and(|named| agent.uid == *named || agent.name == *named)
        });
        let usual = filtered.or(first).map(|agent| agent.uid.clone());
        if case.agent.with_untracked(String::is_empty)
            && let Some(uid) = usual
        {
            case.agent.set(uid);
        }
    });
    view! {
        <div class="field">
            <label for="export-agent">"Agent"</label>
            <select id="export-agent" data-test="export-agent" on:change:target=move |event| case.agent.set(event.target().value())>
                {move || {
                    agents
                        .value
                        .get()
                        .map(|agents| agents.agents)
                        .unwrap_or_default()
                        .into_iter()
                        .map(|agent| {
                            let uid = agent.uid.clone();
                            view! { <option value=agent.uid selected=move || case.agent.with(|chosen| *chosen == uid)>{agent.name}</option> }
                        })
                        .collect_view()
                }}
            </select>
            <Failure error=agents.error />
        </div>
    }
}

#[component]
fn Span(case: Case) -> impl IntoView {
    let field = |value: RwSignal<String>,
                 id: &'static str,
                 label: &'static str,
                 placeholder: &'static str,
                 help: &'static str| {
        view! {
            <div class="field grow">
                <label for=id>{label}</label>
                <input id=id data-test=id class="figures" autocomplete="off" placeholder=placeholder prop:value=move || value.get() on:input:target=move |event| value.set(event.target().value()) />
                <span class="help">{help}</span>
            </div>
        }
    };
    view! {
        <div class="row top">
            {field(case.from, "export-from", "From", "2026-11-01 09:00", "By this machine’s clock. Empty: from the beginning")}
            {field(case.to, "export-to", "To before", "2026-11-30 18:00", "Empty: to now")}
        </div>
    }
}

#[component]
fn Uid(value: RwSignal<String>, id: &'static str, label: &'static str, help: &'static str) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input id=id data-test=id class="mono" autocomplete="off" spellcheck="false" prop:value=move || value.get() on:input:target=move |event| value.set(event.target().value()) />
            <span class="help">{help}</span>
        </div>
    }
}

#[component]
fn Picked(case: Case) -> impl IntoView {
    let named = move || {
        case.picked.with(|picked| {
            let shown: Vec<String> = picked
                .iter()
                .take(12)
                .map(|sequence| format::count(*sequence))
                .collect();
            let more = picked.len().saturating_sub(shown.len());
            match more {
                0 => shown.join(", "),
                more => format!("{} and {more} more", shown.join(", ")),
            }
        })
    };
    view! {
        <Show when=move || !case.picked.with(|picked| picked.is_empty())>
            <p class="row wrap">
                <span data-test="export-picked">
                    {move || format::counted(case.picked.with(|picked| picked.len() as u64), "record", "records")} ": " {named}
                </span>
                <button type="button" class="link" data-test="export-unpick" on:click=move |_| case.picked.update(std::collections::BTreeSet::clear)>"Pick none"</button>
            </p>
        </Show>
    }
}
