//! Over the list: which records, how many, and what can be done with the whole log.

use contract::{Agents, Empty, Verification, VerificationState};
use leptos::prelude::*;

use super::Reading;
use crate::components::Failure;
use crate::format;
use crate::ipc::calls;
use crate::route::Route;
use crate::state::{Fetched, LogFilter, console};

/// The bar.
#[component]
pub(super) fn Toolbar(reading: Reading) -> impl IntoView {
    let console = console();
    let log = console.log;
    let agents = Fetched::<Agents>::new();
    Effect::new(move |_| {
        console.changes.agents.track();
        agents.ask(calls::agents(Empty {}));
    });
    let how_many = move || {
        let size = format::counted(log.size.get(), "record", "records");
        if log.filter.with(LogFilter::is_open) {
            size
        } else {
            format!("{} of {size}", format::count(log.matching.get()))
        }
    };
    view! {
        <header class="audit-bar">
            <AgentFilter agents />
            {move || {
                log.filter
                    .get()
                    .correlation_uid
                    .map(|_| {
                        view! {
                            <button class="chip" data-test="story-filter" on:click=move |_| log.narrow(LogFilter::default())>
                                "one request" <span aria-hidden="true">"×"</span> <span class="unseen">", remove this filter"</span>
                            </button>
                        }
                    })
            }}
            <Find />
            <span class="muted figures how-many" data-test="how-many">{how_many}</span>
            <VerifyWhole />
            <button class="button" data-test="export" on:click=move |_| reading.exporting.set(true)>"Export case file…"</button>
        </header>
    }
}

#[component]
fn AgentFilter(agents: Fetched<Agents>) -> impl IntoView {
    let log = console().log;
    view! {
        <label class="pick">
            <span class="unseen">"Whose records"</span>
            <select
                data-test="agent-filter"
                on:change:target=move |event| {
                    let uid = event.target().value();
                    log.narrow(LogFilter {
                        agent_uid: Some(uid).filter(|uid| !uid.is_empty()),
                        ..LogFilter::default()
                    });
                }
            >
                <option value="" selected=move || log.filter.with(|filter| filter.agent_uid.is_none())>"everybody"</option>
                {move || {
                    agents
                        .value
                        .get()
                        .map(|agents| agents.agents)
                        .unwrap_or_default()
                        .into_iter()
                        .map(|agent| {
                            let uid = agent.uid.clone();
                            view! {
                                <option value=agent.uid selected=move || log.filter.with(|filter| filter.agent_uid.as_ref() == Some(&uid))>
                                    {agent.name}
                                </option>
                            }
                        })
                        .collect_view()
                }}
                <option value="sys" selected=move || log.filter.with(|filter| filter.agent_uid.as_deref() == Some("sys"))>"the gateway itself"</option>
            </select>
        </label>
    }
}

/// A record's number opens it; anything else is looked for as a request's id.
#[component]
fn Find() -> impl IntoView {
    let console = console();
    let text = RwSignal::new(String::new());
    let find = move || {
        let wanted = text.get_untracked();
        let digits: String = wanted.chars().filter(|c| !c.is_whitespace() && *c != '#').collect();
        if let Ok(sequence) = digits.parse::<u64>() {
            if sequence < console.log.size.get_untracked() {
                if !console.log.filter.with_untracked(LogFilter::is_open) {
                    console.log.narrow(LogFilter::default());
                }
                console.go(Route::Audit(Some(sequence)));
            } else {
                console.say("The log has no record of that number.");
            }
        } else if !digits.is_empty() {
            console.log.narrow(LogFilter {
                correlation_uid: Some(wanted.trim().to_owned()),
                ..LogFilter::default()
            });
        }
    };
    view! {
        <form
            class="filter find"
            on:submit=move |event| {
                event.prevent_default();
                find();
            }
        >
            <label class="unseen" for="audit-find">"Record number or request id"</label>
            <input
                id="audit-find"
                data-test="audit-find"
                type="search"
                autocomplete="off"
                placeholder="Record or request"
                prop:value=move || text.get()
                on:input:target=move |event| text.set(event.target().value())
                on:keydown=move |event| {
                    if event.key() == "Escape" {
                        super::focus("audit-rows");
                    }
                }
            />
            <kbd>"/"</kbd>
        </form>
    }
}

/// Verifies every record up to the head, and says how far it has come.
#[component]
fn VerifyWhole() -> impl IntoView {
    let console = console();
    let asked = Fetched::<Verification>::new();
    let state = Memo::new(move |_| {
        console
            .status
            .value
            .with(|status| status.as_ref().map(|status| status.chain.verification.clone()))
    });
    let running = move || {
        state.with(|state| {
            state
                .as_ref()
                .is_some_and(|state| state.state == VerificationState::Running)
        })
    };
    let begin = move |_| {
        asked.ask_then(calls::log_verify(Empty {}), move |verification| {
            console.status.value.update(|status| {
                if let Some(status) = status {
                    status.chain.verification = verification.clone();
                }
            });
        });
    };
    view! {
        <Show
            when=running
            fallback=move || {
                view! {
                    <button class="button" data-test="verify-chain" disabled=move || asked.busy.get() on:click=begin>
                        "Verify whole chain"
                    </button>
                }
            }
        >
            {move || {
                state
                    .get()
                    .map(|state| {
                        view! {
                            <span class="verifying" data-test="verifying">
                                <progress max=state.of.max(1) value=state.verified aria-label="Verifying the chain"></progress>
                                <span class="small muted figures">{format::count(state.verified)} " of " {format::count(state.of)}</span>
                            </span>
                        }
                    })
            }}
        </Show>
        {move || {
            state
                .get()
                .filter(|state| matches!(state.state, VerificationState::Verified | VerificationState::Broken))
                .map(|state| {
                    let broken = state.state == VerificationState::Broken;
                    view! {
                        <p class="verification" class:broken=broken data-test="verification" data-state=if broken { "broken" } else { "verified" }>
                            <i class=if broken { "dot refused" } else { "dot proved" }></i>
                            <span class="grow">{state.sentence}</span>
                            {state.ended_ms.map(|at| view! { <span class="figures">{format::moment(at)}</span> })}
                            {state
                                .broken_at
                                .map(|at| view! { <a href=Route::Audit(Some(at)).hash()>"Open record " {format::count(at)}</a> })}
                        </p>
                    }
                })
        }}
        <div class="audit-failure"><Failure error=asked.error /></div>
    }
}
