//! There is a tenant, but it can't be opened: what is wrong, since when, and what can be done.

use contract::{AddedAgent, RefusedLog};
use leptos::prelude::*;

use super::first_run::NamesForm;
use crate::components::{Failure, Mark, Waiting};
use crate::format;
use crate::ipc::shell;
use crate::state::{Fetched, console};

/// Why the gateway doesn't serve.
#[component]
pub(crate) fn Refused(start: shell::Start) -> impl IntoView {
    let console = console();
    view! {
        <main id="main" class="welcome" tabindex="-1" data-test="refused">
            <div class="welcome-body narrow">
                <p class="rail-name"><Mark /> "Countersign"</p>
                <section class="stack loose">
                    <h1 class="says large">"The gateway doesn’t serve"</h1>
                    <p class="failure" role="alert">{start.message.unwrap_or_default()}</p>
                    <p class="lead">"Nothing was changed, and every agent’s call is denied meanwhile. Case files can still be "
                        <a href="#/verify" data-test="only-verify">"verified here"</a> "."
                    </p>
                    <Failure error=console.start.error />
                    <div>
                        <button class="button" class:primary=!start.log_refused data-test="again" disabled=move || console.start.busy.get() on:click=move |_| console.ask_start()>
                            {move || if console.start.busy.get() { "Trying…" } else { "Try again" }}
                        </button>
                    </div>
                    {start.log_refused.then(|| view! { <TheLog /> })}
                </section>
            </div>
        </main>
    }
}

/// How far the log is good, and what can be done.
#[component]
fn TheLog() -> impl IntoView {
    let examined = Fetched::<Option<RefusedLog>>::new();
    let examine = move || examined.ask(shell::refused_log());
    examine();
    view! {
        <Failure error=examined.error again=move |()| examine() />
        <Show when=move || examined.busy.get()>
            <Waiting what="Looking at every record, from the first on, to say how far the log is good" />
        </Show>
        {move || {
            examined
                .value
                .get()
                .map(|found| match found {
                    Some(log) => view! { <Found log /> }.into_any(),
                    None => {
                        view! { <p class="lead">"Every record verifies now. Try again."</p> }.into_any()
                    }
                })
        }}
    }
}

#[component]
fn Found(log: RefusedLog) -> impl IntoView {
    let good = match (log.good, log.good_until_ms) {
        (0, _) | (_, None) => "No record".to_owned(),
        (good, Some(until)) => format!(
            "The first {}, until {}",
            format::counted(good, "record", "records"),
            format::exact_moment(until)
        ),
    };
    let head = format::counted(log.head_size, "record", "records");
    let found = log.found_ms.map(format::exact_moment);
    view! {
        <section class="stack" data-test="refused-log">
            <h2 class="head">"What is known"</h2>
            <dl class="facts">
                <dt>"Good"</dt>
                <dd data-test="good">{good}</dd>
                {log
                    .broken_at
                    .map(|at| view! {
                        <dt>"Breaks at"</dt>
                        <dd data-test="broken-at">{format!("Record {}", format::count(at))}</dd>
                    })}
                {found
                    .map(|found| view! {
                        <dt>"Found first"</dt>
                        <dd>{found}</dd>
                    })}
                <dt>"Last good head"</dt>
                <dd>{head} ", root " <code>{log.head_root.clone()}</code></dd>
                <dt>"Log"</dt>
                <dd><code>{log.origin.clone()}</code></dd>
            </dl>
        </section>
        <section class="stack">
            <h2 class="head">"What can be done"</h2>
            <ul class="creates">
                <li>
                    <p class="strong">"Put the right file back"</p>
                    <p class="small muted">
                        "Where the file was moved or damaged and a copy as new as the head exists, put that in its place and try again. An older copy is refused: it would hide what was recorded since."
                    </p>
                </li>
                <li class="stack tight">
                    <p class="strong">"Copy what verifies"</p>
                    <p class="small muted">"The good records as JSON Lines, each as it was stored, with a signed attestation beside them. The log stays as it is."</p>
                    <Rescue nothing=log.good == 0 />
                </li>
                <li class="stack tight">
                    <p class="strong">"Start a new log"</p>
                    <p class="small muted">
                        "This one is set aside, unchanged, and the new one’s first record names its last good head. Agents, upstreams, credentials and the policy aren’t taken over: what a log says of them that doesn’t verify may give somebody a way in."
                    </p>
                    <StartNew />
                </li>
            </ul>
        </section>
    }
}

#[component]
fn Rescue(nothing: bool) -> impl IntoView {
    let saved = Fetched::<Option<shell::Saved>>::new();
    view! {
        <div>
            <button class="button" data-test="rescue" disabled=move || nothing || saved.busy.get() on:click=move |_| saved.ask(shell::rescue_log())>
                {move || if saved.busy.get() { "Copying…" } else { "Copy the good records…" }}
            </button>
        </div>
        <Failure error=saved.error />
        {move || {
            saved
                .value
                .get()
                .flatten()
                .map(|saved| view! {
                    <p class="small" role="status" data-test="rescued">
                        {format::counted(saved.records, "record", "records")} " in " <code>{saved.path}</code> ", SHA-256 "
                        <code>{saved.sha256}</code>
                    </p>
                })
        }}
    }
}

#[component]
fn StartNew() -> impl IntoView {
    let console = console();
    let asked = RwSignal::new(false);
    let started = Fetched::<AddedAgent>::new();
    let create = move |names| started.ask_then(shell::start_new_log(names), move |_| console.ask_start());
    view! {
        <Show
            when=move || asked.get()
            fallback=move || view! {
                <div>
                    <button class="button" data-test="start-new" on:click=move |_| asked.set(true)>"Start a new log…"</button>
                </div>
            }
        >
            <NamesForm create busy=started.busy error=started.error waiting="Setting the log aside and starting a new one" label="Set this log aside and start a new one" />
        </Show>
    }
}
