//! Case files: dropped or chosen, verified by the shell, finding by finding. Needs no gateway.

mod pins;
mod report;

use leptos::prelude::*;

use crate::components::{Failure, Waiting};
use crate::format;
use crate::state::{Press, console, verdict_name};
use pins::{Pin, Pins};
use report::ReportView;

/// The place.
#[component]
pub(crate) fn Verify() -> impl IntoView {
    let console = console();
    let verifying = console.verifying;
    let pins = Pins::new();
    pins.fetch();
    let choose = move || verifying.choose(move |said| console.say(said));
    let chosen = window_event_listener(leptos::ev::keydown, move |event| {
        if (event.ctrl_key() || event.meta_key()) && event.key() == "o" {
            event.prevent_default();
            choose();
        }
    });
    on_cleanup(move || chosen.remove());
    console.hear(move |press| {
        let last = verifying.reports.with_untracked(Vec::len).saturating_sub(1);
        match press {
            Press::Command(crate::state::Command::Next) => verifying.open.update(|open| *open = (*open + 1).min(last)),
            Press::Command(crate::state::Command::Previous) => {
                verifying.open.update(|open| *open = open.saturating_sub(1))
            }
            _ => return false,
        }
        true
    });
    let open = Memo::new(move |_| {
        let at = verifying.open.get();
        verifying.reports.with(|reports| reports.get(at).cloned())
    });
    view! {
        <div class="page verify" data-test="verify">
            <div class="column">
                <div class="drop" class:over=move || verifying.over.get() data-test="drop-zone">
                    <p>
                        "Drop case files anywhere in this window, or "
                        <button class="link" data-test="browse" disabled=move || verifying.busy.get() on:click=move |_| choose()>"choose files"</button>
                        " "
                        <kbd>"Ctrl O"</kbd>
                    </p>
                    {move || {
                        open.get()
                            .map(|report| {
                                view! {
                                    <p class="mono muted clip">
                                        {report.file} " · " {format::size(report.bytes)} " · " {format::count(report.elapsed_ms)} " ms, offline"
                                    </p>
                                }
                            })
                    }}
                </div>
                <Show when=move || verifying.busy.get() || verifying.progress.with(Option::is_some)>
                    <Progress />
                </Show>
                <Failure error=verifying.error />
                <Several />
                {move || match open.get() {
                    Some(report) => view! { <ReportView report pins /> }.into_any(),
                    None => view! { <NothingYet /> }.into_any(),
                }}
                <Pin pins />
            </div>
        </div>
    }
}

#[component]
fn Progress() -> impl IntoView {
    let verifying = console().verifying;
    view! {
        <div class="verify-progress" role="status" data-test="verify-progress">
            {move || match verifying.progress.get() {
                Some(progress) => {
                    view! {
                        <progress max=progress.of.max(1) value=progress.done aria-label="Verifying"></progress>
                        <p class="muted figures">
                            <span class="mono">{progress.file}</span>
                            " · " {progress.stage} ", " {format::count(progress.done)} " of " {format::count(progress.of)}
                        </p>
                    }
                        .into_any()
                }
                None => view! { <Waiting what="Waiting for the files" /> }.into_any(),
            }}
        </div>
    }
}

/// Where several files were verified: one line each, the open one marked.
#[component]
fn Several() -> impl IntoView {
    let verifying = console().verifying;
    view! {
        <Show when=move || verifying.reports.with(|reports| reports.len() > 1)>
            <ul class="several" aria-label="Verified files">
                {move || {
                    verifying
                        .reports
                        .get()
                        .into_iter()
                        .enumerate()
                        .map(|(at, report)| {
                            let verdict = verdict_name(report.verdict);
                            view! {
                                <li>
                                    <button
                                        class="several-file"
                                        data-test="verified-file"
                                        data-verdict=verdict
                                        aria-pressed=move || (verifying.open.get() == at).to_string()
                                        on:click=move |_| verifying.open.set(at)
                                    >
                                        <i class=format!("dot {}", ground(report.verdict))></i>
                                        <span class="mono clip">{report.file}</span>
                                        <span class="muted clip">{report.headline}</span>
                                    </button>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
        </Show>
    }
}

/// The colour that a verdict means.
fn ground(verdict: contract::Verdict) -> &'static str {
    match verdict {
        contract::Verdict::Verified => "proved",
        contract::Verdict::SignerNotEstablished => "waiting",
        contract::Verdict::Failed | contract::Verdict::NotACaseFile => "refused",
    }
}

#[component]
fn NothingYet() -> impl IntoView {
    view! {
        <section class="stack">
            <h1 class="says large">"Is a case file what was signed?"</h1>
            <p class="lead">
                "Drop one here to find out, in seconds and offline. Nothing leaves this machine, and no log, key store or gateway is needed: "
                "everything is checked with public keys."
            </p>
            <dl class="facts asks">
                <dt>"Altered?"</dt>
                <dd>"Every record is hashed again and compared with what was signed."</dd>
                <dt>"Left out?"</dt>
                <dd>"The agent’s own numbering, and the whole range of the log, are gone through for gaps."</dd>
                <dt>"From one log?"</dt>
                <dd>"Each record’s place is proved against one signed checkpoint."</dd>
                <dt>"Who approved?"</dt>
                <dd>"Approvals are checked against the reviewers’ registered keys."</dd>
                <dt>"Who signed?"</dt>
                <dd>"Compared with keys that you pinned. Without a pin that stays open, and is said so."</dd>
            </dl>
        </section>
    }
}
