//! Agents: who may call, where they connect, and a new one's key, shown once.

use contract::{AddedAgent, Agent, AgentRef, Agents as List, Empty, NewAgent};
use leptos::prelude::*;

use crate::components::{CopyButton, Dialog, Failure, RuntimeKey, Snippets, Waiting};
use crate::format;
use crate::ipc::calls;
use crate::state::{Fetched, console};

/// The place.
#[component]
pub(crate) fn Agents() -> impl IntoView {
    let console = console();
    let list = Fetched::<List>::new();
    let fetch = move || list.ask(calls::agents(Empty {}));
    Effect::new(move |_| {
        console.changes.agents.track();
        fetch();
    });
    let adding = RwSignal::new(false);
    let halting = RwSignal::new(None::<Agent>);
    let connecting = RwSignal::new(None::<Agent>);
    let url = move || {
        console
            .status
            .value
            .with(|status| status.as_ref().and_then(|status| status.agents_url.clone()))
    };
    view! {
        <div class="page">
            <div class="column">
                <header class="page-head">
                    <div class="stack tight grow">
                        <h1 class="says large">"Who may call"</h1>
                        <p class="lead">
                            "Each agent has a runtime key of its own and an operator who answers for it. It calls this gateway as it would call the provider, and never holds the provider’s key."
                        </p>
                    </div>
                    <button class="button primary" data-test="agent-add" on:click=move |_| adding.set(true)>"Add an agent…"</button>
                </header>
                <section class="stack">
                    <h2 class="head">"Where agents connect"</h2>
                    {move || match url() {
                        Some(url) => {
                            view! {
                                <div class="row">
                                    <code data-test="agents-url">{url.clone()}</code>
                                    <CopyButton text=url test="copy-url" />
                                    <span class="small muted">"as the base_url of an OpenAI SDK, on this machine"</span>
                                </div>
                            }
                                .into_any()
                        }
                        None => view! { <p class="muted">"The gateway doesn’t listen for agents now."</p> }.into_any(),
                    }}
                </section>
                <section class="stack">
                    <h2 class="head">"Agents"</h2>
                    <Failure error=list.error again=move |()| fetch() />
                    <Show when=move || list.busy.get() && list.value.with(Option::is_none)>
                        <Waiting what="Reading the register" />
                    </Show>
                    {move || list.value.get().map(|list| view! { <Table agents=list.agents halting connecting /> })}
                </section>
            </div>
            <Add open=adding />
            <Halt agent=halting />
            <Connect agent=connecting url=Signal::derive(url) />
        </div>
    }
}

#[component]
fn Table(agents: Vec<Agent>, halting: RwSignal<Option<Agent>>, connecting: RwSignal<Option<Agent>>) -> impl IntoView {
    if agents.is_empty() {
        return view! { <p class="muted">"No agent is registered yet: add one, and give its key to the program."</p> }
            .into_any();
    }
    view! {
        <ul class="table">
            {agents
                .into_iter()
                .map(|agent| {
                    let (this, that) = (agent.clone(), agent.clone());
                    view! {
                        <li class="agent-row" class:off=!agent.enabled data-test="agent" data-uid=agent.uid.clone() data-name=agent.name.clone() data-enabled=agent.enabled.to_string()>
                            <span class="strong clip" title=agent.uid.clone()>
                                {agent.name.clone()}
                                {agent.practice.then(|| view! { " " <span class="pill accent">"practice"</span> })}
                            </span>
                            <span class="muted clip">{agent.sponsor_name} " answers for it"</span>
                            <code class="muted">{agent.key_hint}</code>
                            <span class="muted figures">{format::day(agent.added_ms)}</span>
                            {if agent.enabled {
                                view! { <span class="row"><i class="dot proved"></i>"may call"</span> }.into_any()
                            } else {
                                view! { <span class="row refused"><i class="dot refused"></i>"halted: every call is refused"</span> }.into_any()
                            }}
                            <span class="row end">
                                <button class="button quiet little" data-test="agent-connect" on:click=move |_| connecting.set(Some(that.clone()))>
                                    "Connect…"
                                </button>
                                {if agent.enabled {
                                    view! {
                                        <button class="button quiet little" data-test="agent-halt" on:click=move |_| halting.set(Some(this.clone()))>
                                            "Halt…"
                                        </button>
                                    }
                                        .into_any()
                                } else {
                                    view! { <Halted agent=this /> }.into_any()
                                }}
                            </span>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}

/// A halted agent's state, and the way back.
#[component]
fn Halted(agent: Agent) -> impl IntoView {
    let console = console();
    let resumed = Fetched::<Agent>::new();
    let resume = move |_| {
        let agent = agent.uid.clone();
        resumed.ask_then(calls::agent_enable(AgentRef { agent }), move |agent| {
            console.say(format!("{} may call again.", agent.name));
            console.changes.agents.update(|times| *times = times.wrapping_add(1));
        });
    };
    view! {
        <button class="button little" data-test="agent-resume" disabled=move || resumed.busy.get() on:click=resume>"Let it call again"</button>
        <Failure error=resumed.error />
    }
}

#[component]
fn Add(open: RwSignal<bool>) -> impl IntoView {
    let console = console();
    let name = RwSignal::new(String::new());
    let added = Fetched::<AddedAgent>::new();
    Effect::new(move |_| {
        if !open.get() {
            added.forget();
        }
    });
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let wanted = name.get_untracked().trim().to_owned();
        added.ask_then(calls::agent_add(NewAgent { name: wanted }), move |_| {
            name.set(String::new());
            console.changes.agents.update(|times| *times = times.wrapping_add(1));
        });
    };
    view! {
        <Dialog open title="Add an agent" test="agent-dialog" wide=true>
            {move || match added.value.get() {
                Some(added) => {
                    view! {
                        <div class="form">
                            <RuntimeKey added />
                            <div class="actions">
                                <button class="button primary" data-test="key-kept" on:click=move |_| open.set(false)>"I have put it away"</button>
                            </div>
                        </div>
                    }
                        .into_any()
                }
                None => {
                    view! {
                        <form class="form" on:submit=add>
                            <div class="field">
                                <label for="agent-name">"Name"</label>
                                <input id="agent-name" data-test="agent-name" autocomplete="off" maxlength="64" required prop:value=move || name.get() on:input:target=move |event| name.set(event.target().value()) />
                                <span class="help">"As it should stand in the log: “support-triage”. You answer for it."</span>
                            </div>
                            <Failure error=added.error />
                            <div class="actions">
                                <button type="button" class="button" on:click=move |_| open.set(false)>"Close"</button>
                                <button type="submit" class="button primary" data-test="agent-save" disabled=move || added.busy.get() || name.with(|name| name.trim().is_empty())>
                                    {move || if added.busy.get() { "Adding…" } else { "Add and show its key" }}
                                </button>
                            </div>
                        </form>
                    }
                        .into_any()
                }
            }}
        </Dialog>
    }
}

/// What to paste where, for an agent that has its key already: the key itself is shown nowhere any more.
#[component]
fn Connect(agent: RwSignal<Option<Agent>>, url: Signal<Option<String>>) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        if agent.with(Option::is_some) {
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() {
            agent.set(None);
        }
    });
    let lines = move || {
        url.get()
            .map(|url| view! { <Snippets snippets=contract::snippets(&url, "RUNTIME-KEY") /> })
    };
    view! {
        <Dialog open title="Connect this agent" test="connect-dialog" wide=true>
            <p class="lead">
                "Put the runtime key of " <span class="strong">{move || agent.get().map(|agent| agent.name)}</span>
                " in the place of RUNTIME-KEY. It begins with " <code>{move || agent.get().map(|agent| agent.key_hint)}</code>
                " and was shown once. Where it is lost, add another agent and halt this one."
            </p>
            <div class="form">
                {move || lines().map_or_else(|| view! { <p class="muted">"The gateway doesn’t listen for agents now."</p> }.into_any(), IntoAny::into_any)}
                <div class="actions">
                    <button class="button" data-test="connect-close" on:click=move |_| open.set(false)>"Close"</button>
                </div>
            </div>
        </Dialog>
    }
}

#[component]
fn Halt(agent: RwSignal<Option<Agent>>) -> impl IntoView {
    let console = console();
    let open = RwSignal::new(false);
    let halted = Fetched::<Agent>::new();
    Effect::new(move |_| {
        if agent.with(Option::is_some) {
            halted.forget();
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() {
            agent.set(None);
        }
    });
    let halt = move |_| {
        if let Some(agent) = agent.get_untracked() {
            halted.ask_then(calls::agent_disable(AgentRef { agent: agent.uid }), move |agent| {
                console.say(format!("{} is halted.", agent.name));
                console.changes.agents.update(|times| *times = times.wrapping_add(1));
                open.set(false);
            });
        }
    };
    view! {
        <Dialog open title="Halt this agent?" test="halt-dialog">
            <p class="lead">
                {move || agent.get().map(|agent| agent.name)}
                "’s key is refused from now on, its answers under way are cut, and what is held for it can’t be released. You can let it call again."
            </p>
            <div class="form">
                <Failure error=halted.error />
                <div class="actions">
                    <button class="button" on:click=move |_| open.set(false)>"Let it go on"</button>
                    <button class="button danger primary" data-test="confirm" disabled=move || halted.busy.get() on:click=halt>"Halt"</button>
                </div>
            </div>
        </Dialog>
    }
}
