//! What was verified at this machine, also before this window was opened.

use contract::Verified;
use leptos::prelude::*;
use report::{ground, verdict_name};

use crate::components::{Digest, Failure};
use crate::format;
use crate::ipc::shell;
use crate::state::{Verifying, console};

/// The list, newest first; nothing where nothing was verified yet.
#[component]
pub(super) fn Before(verifying: Verifying) -> impl IntoView {
    let console = console();
    let history = verifying.history;
    let any = move || {
        history
            .value
            .with(|list| list.as_ref().is_some_and(|list| !list.is_empty()))
    };
    view! {
        <Failure error=history.error again=move |()| verifying.look_back() />
        <Show when=any>
            <section class="stack before" data-test="history">
                <div class="row">
                    <h2 class="head grow">"Verified at this machine"</h2>
                    <button
                        class="button quiet little"
                        data-test="history-forget"
                        disabled=move || history.busy.get()
                        on:click=move |_| {
                            history.ask_then(shell::verified_forget(), move |_| console.say("Forgotten, with what was seen of their logs. The files themselves are untouched."));
                        }
                    >
                        "Forget these"
                    </button>
                </div>
                <ul class="table">
                    {move || {
                        history
                            .value
                            .get()
                            .unwrap_or_default()
                            .into_iter()
                            .map(|entry| view! { <Line entry now=console.now.get_untracked() /> })
                            .collect_view()
                    }}
                </ul>
            </section>
        </Show>
    }
}

#[component]
fn Line(entry: Verified, now: i64) -> impl IntoView {
    view! {
        <li class="before-row" data-test="history-row" data-verdict=verdict_name(entry.verdict) data-sha256=entry.sha256.clone()>
            <span class="muted figures" title=format::exact_moment(entry.verified_ms)>{format::column_moment(entry.verified_ms, now)}</span>
            <span class="row before-file">
                <i class=format!("dot {}", ground(entry.verdict))></i>
                <span class="mono clip" title=entry.file.clone()>{entry.file.clone()}</span>
            </span>
            <span class="clip">{entry.headline}</span>
            <span class="muted">"SHA-256 " <Digest value=entry.sha256.clone() /></span>
        </li>
    }
}
