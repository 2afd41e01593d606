//! The first start: what will be created and where; then the first agent's key, once.

use contract::{AddedAgent, OperatorError};
use leptos::prelude::*;

use crate::components::{Failure, Mark, RuntimeKey, Waiting};
use crate::ipc::shell;
use crate::state::{Fetched, console};

/// Asks for the two names, and creates.
#[component]
pub(crate) fn FirstRun(message: Option<String>) -> impl IntoView {
    let console = console();
    let created = Fetched::<AddedAgent>::new();
    let create = move |names| created.ask_then(shell::first_run(names), move |_| console.ask_start());
    view! {
        <main id="main" class="welcome" tabindex="-1" data-test="first-run">
            <div class="welcome-body">
                <p class="rail-name"><Mark /> "Countersign"</p>
                <section class="stack loose">
                    <div class="stack">
                        <h1 class="says large">"Nothing your agents do leaves this machine unrecorded"</h1>
                        <p class="lead">
                            "Agents send their model calls through this gateway. What is risky waits for your signature; what was decided is written down so that a stranger can verify it."
                        </p>
                    </div>
                    <div class="stack">
                        <h2 class="head">"What is created now"</h2>
                        <ul class="creates">
                            <li>
                                <p class="strong">"A log and its vault"</p>
                                <p class="small muted">
                                    {match message.filter(|message| !message.is_empty()) {
                                        Some(folder) => view! { "In " <code>{folder}</code> ". " }.into_any(),
                                        None => "In this computer’s folder for app data. ".into_any(),
                                    }}
                                    "It stays here; nothing is sent anywhere."
                                </p>
                            </li>
                            <li>
                                <p class="strong">"Keys, in the system’s keychain"</p>
                                <p class="small muted">"One signs the log, one the case files, one the releases; one opens the vault. Each has this one use."</p>
                            </li>
                            <li>
                                <p class="strong">"Your reviewer key, also in the keychain"</p>
                                <p class="small muted">"You alone sign with it. The gateway verifies; it can’t sign for you."</p>
                            </li>
                            <li>
                                <p class="strong">"A first agent"</p>
                                <p class="small muted">"Its key is shown once, next. A practice upstream answers, so that no provider account is needed."</p>
                            </li>
                        </ul>
                    </div>
                </section>
                <section class="card">
                    <NamesForm
                        create
                        busy=created.busy
                        error=created.error
                        waiting="Making keys and opening the log; the keychain may ask you"
                        label="Create keys and log"
                    />
                    <p class="small muted">
                        "Only a case file to check? " <a href="#/verify" data-test="only-verify">"Verify it without setting anything up"</a>
                    </p>
                </section>
            </div>
        </main>
    }
}

/// The first agent's key, until it is put away.
#[component]
pub(crate) fn FirstKey(added: AddedAgent) -> impl IntoView {
    let console = console();
    let dismissed = Fetched::<()>::new();
    let go_on = move |_| dismissed.ask_then(shell::dismiss_first_key(), move |()| console.first_key.set(None));
    view! {
        <main id="main" class="welcome" tabindex="-1" data-test="first-key">
            <div class="welcome-body narrow">
                <p class="rail-name"><Mark /> "Countersign"</p>
                <section class="stack loose">
                    <div class="stack">
                        <h1 class="says large">"Put this key away, then send a call"</h1>
                        <p class="lead">
                            "Your first agent is “" {added.agent.name.clone()} "”. Give the key to a program that uses an OpenAI SDK: two lines change, and its calls come here."
                        </p>
                    </div>
                    <RuntimeKey added />
                    <Failure error=dismissed.error />
                    <div class="row">
                        <button class="button primary" data-test="first-key-kept" disabled=move || dismissed.busy.get() on:click=go_on>"I have put it away"</button>
                        <span class="small muted">"No program at hand? The inbox has a button that sends a practice call."</span>
                    </div>
                </section>
            </div>
        </main>
    }
}

/// The names that a new log's first records have.
#[component]
pub(crate) fn NamesForm(
    create: impl Fn(shell::Names) + Copy + 'static,
    busy: RwSignal<bool>,
    error: RwSignal<Option<OperatorError>>,
    /// What is under way once it is sent.
    waiting: &'static str,
    /// What the button says.
    label: &'static str,
) -> impl IntoView {
    let tenant = RwSignal::new(String::new());
    let operator = RwSignal::new(String::new());
    let ready = move || {
        !busy.get()
            && [tenant, operator]
                .iter()
                .all(|name| name.with(|name| !name.trim().is_empty()))
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if ready() {
            create(shell::Names {
                operator_name: operator.get_untracked().trim().to_owned(),
                tenant_name: tenant.get_untracked().trim().to_owned(),
            });
        }
    };
    view! {
        <form class="form" on:submit=submit>
            <div class="field">
                <label for="tenant-name">"Organisation"</label>
                <input id="tenant-name" data-test="tenant-name" autocomplete="organization" maxlength="64" required prop:value=move || tenant.get() on:input:target=move |event| tenant.set(event.target().value()) />
                <span class="help">"Stands in the log and in every case file."</span>
            </div>
            <div class="field">
                <label for="operator-name">"Your name"</label>
                <input id="operator-name" data-test="operator-name" autocomplete="name" maxlength="64" required prop:value=move || operator.get() on:input:target=move |event| operator.set(event.target().value()) />
                <span class="help">"Stands beside each of your signatures. Neither can be changed in the log later."</span>
            </div>
            <Failure error />
            <Show when=move || busy.get()>
                <Waiting what=waiting />
            </Show>
            <button type="submit" class="button primary" data-test="first-run-create" disabled=move || !ready()>{label}</button>
        </form>
    }
}
