//! "Export case file…": which agent, which time, and whether contents are disclosed.

use contract::query::{Matter, Named, Query};
use contract::{Agents, CaseRequest, Empty};
use leptos::prelude::*;

use crate::components::{Dialog, Digest, Failure, Waiting};
use crate::format;
use crate::ipc::{calls, shell};
use crate::state::{Fetched, console};

/// What is typed into the dialog; it outlasts a failure and a closing.
#[derive(Clone, Copy)]
struct Wanted {
    agent: RwSignal<String>,
    from: RwSignal<String>,
    to: RwSignal<String>,
    disclose: RwSignal<bool>,
    saving: Fetched<Option<shell::Saved>>,
}

/// The dialog.
#[component]
pub(super) fn Export(open: RwSignal<bool>) -> impl IntoView {
    let console = console();
    let wanted = Wanted {
        agent: RwSignal::new(String::new()),
        from: RwSignal::new(String::new()),
        to: RwSignal::new(String::new()),
        disclose: RwSignal::new(false),
        saving: Fetched::new(),
    };
    let agents = Fetched::<Agents>::new();
    Effect::new(move |_| {
        if open.get() {
            wanted.saving.forget();
            let filtered = console.log.filter.with_untracked(filtered_agent);
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
                if wanted.agent.with_untracked(String::is_empty)
                    && let Some(uid) = usual
                {
                    wanted.agent.set(uid);
                }
            });
        }
    });
    let saved = move || wanted.saving.value.get().flatten();
    view! {
        <Dialog open title="Export a case file" test="export-dialog">
            <Show
                when=move || saved().is_none()
                fallback=move || saved().map(|saved| view! { <Done saved open /> })
            >
                <Form wanted agents open />
            </Show>
        </Dialog>
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
fn Form(wanted: Wanted, agents: Fetched<Agents>, open: RwSignal<bool>) -> impl IntoView {
    let span = Memo::new(move |_| {
        let from = wanted.from.with(|from| format::typed_time(from))?;
        let to = wanted.to.with(|to| format::typed_time(to))?;
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err("The end is not after the beginning.".to_owned());
        }
        Ok::<_, String>((from, to))
    });
    let ready = move || !wanted.agent.with(String::is_empty) && span.with(Result::is_ok) && !wanted.saving.busy.get();
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let (true, Ok((from_ms, to_ms))) = (ready(), span.get_untracked()) {
            wanted.saving.ask(shell::case_save(CaseRequest {
                agent: wanted.agent.get_untracked(),
                from_ms,
                to_ms,
                disclose_contents: wanted.disclose.get_untracked(),
            }));
        }
    };
    view! {
        <p class="lead">
            "A signed zip with all that an agent did in a time. Whoever gets it can verify it offline, without this gateway and without trusting it."
        </p>
        <form class="form" on:submit=save>
            <div class="field">
                <label for="export-agent">"Agent"</label>
                <select id="export-agent" data-test="export-agent" on:change:target=move |event| wanted.agent.set(event.target().value())>
                    {move || {
                        agents
                            .value
                            .get()
                            .map(|agents| agents.agents)
                            .unwrap_or_default()
                            .into_iter()
                            .map(|agent| {
                                let uid = agent.uid.clone();
                                view! { <option value=agent.uid selected=move || wanted.agent.with(|chosen| *chosen == uid)>{agent.name}</option> }
                            })
                            .collect_view()
                    }}
                </select>
                <Failure error=agents.error />
            </div>
            <div class="row top">
                <div class="field grow">
                    <label for="export-from">"From"</label>
                    <input id="export-from" data-test="export-from" class="figures" autocomplete="off" placeholder="2026-11-01 09:00" prop:value=move || wanted.from.get() on:input:target=move |event| wanted.from.set(event.target().value()) />
                    <span class="help">"By this machine’s clock. Empty: from the beginning"</span>
                </div>
                <div class="field grow">
                    <label for="export-to">"To before"</label>
                    <input id="export-to" data-test="export-to" class="figures" autocomplete="off" placeholder="2026-11-30 18:00" prop:value=move || wanted.to.get() on:input:target=move |event| wanted.to.set(event.target().value()) />
                    <span class="help">"Empty: to now"</span>
                </div>
            </div>
            {move || span.get().err().map(|why| view! { <p class="refused small" role="alert" data-test="export-span-wrong">{why}</p> })}
            <label class="choice">
                <input type="checkbox" data-test="export-disclose" prop:checked=move || wanted.disclose.get() on:change:target=move |event| wanted.disclose.set(event.target().checked()) />
                <span>
                    <span class="strong">"Disclose contents"</span>
                    <br />
                    <span class="small muted">
                        "Prompts, answers, reasons and what reviewers saw. Otherwise only their commitments are in it: the file proves that they exist, and says nothing of what they are. What is disclosed can’t be taken back."
                    </span>
                </span>
            </label>
            <Failure error=wanted.saving.error />
            <div class="actions">
                <Show when=move || wanted.saving.busy.get()>
                    <Waiting what="Collecting, proving and signing" />
                </Show>
                <button type="button" class="button" on:click=move |_| open.set(false)>"Close"</button>
                <button type="submit" class="button primary" data-test="export-save" disabled=move || !ready()>"Save as…"</button>
            </div>
        </form>
    }
}

#[component]
fn Done(saved: shell::Saved, open: RwSignal<bool>) -> impl IntoView {
    view! {
        <div class="stack" data-test="export-done">
            <p class="proved strong">
                {format::counted(saved.records, "record", "records")} " of the agent, with proofs, written and signed."
            </p>
            <dl class="facts">
                <dt>"File"</dt>
                <dd class="mono" data-test="export-path">{saved.path}</dd>
                <dt>"SHA-256"</dt>
                <dd><Digest value=saved.sha256 /></dd>
            </dl>
            <p class="lead">"Drop it on this window to verify it. The export itself is a record too."</p>
            <div class="form"><div class="actions"><button class="button primary" on:click=move |_| open.set(false)>"Close"</button></div></div>
        </div>
    }
}
