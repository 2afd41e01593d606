//! The page: where files are dropped, the verdict, and whom this session trusts.

use std::sync::Arc;

use contract::Report;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use report::{Announcer, Asks, Failure, Mark, Progressing, ReportView, Several};
use wasm_bindgen::JsCast as _;
use web_sys::{File, FileList, HtmlDetailsElement, HtmlInputElement};

use crate::guide::{DroppedPage, Guide};
use crate::session::Session;
use crate::trust::Trust;

/// The whole page.
#[component]
pub(crate) fn App() -> impl IntoView {
    let session = Session::new();
    provide_context(session);
    provide_context(Announcer::new(move |words| session.say(words)));
    listen_for_drops(session);
    unfold_for_print();
    let open = Memo::new(move |_| {
        let at = session.open.get();
        session.held.with(|held| held.get(at).map(|held| held.report.clone()))
    });
    let reports = Signal::derive(move || {
        session
            .held
            .with(|held| held.iter().map(|held| held.report.clone()).collect())
    });
    Effect::new(move |_| session.complete(session.open.get()));
    let establish = Callback::new(move |signer| {
        session.draft.signer.set(signer);
        session.pinning.set(true);
    });
    let tell_from = Callback::new(move |from| session.tell_from(from));
    view! {
        <a class="button skip" href="#verdict-and-findings">"Skip to the verdict"</a>
        <div class="page verify">
            <div class="column">
                <header class="verifier-head row wrap">
                    <p class="row"><Mark /> <strong>"Countersign verifier"</strong></p>
                    <p class="small muted grow">"Works offline. Every connection is forbidden to this page; nothing leaves this machine."</p>
                </header>
                <Drop session open />
                <Show when=move || session.busy.get()>
                    <div class="row under-verification">
                        <div class="grow"><Progressing progress=session.progress /></div>
                        <button class="button" data-test="cancel" on:click=move |_| session.call_off()>"Cancel"</button>
                    </div>
                </Show>
                <Failure error=session.error />
                <DroppedPage page=session.page />
                <Several reports open=session.open />
                <main id="verdict-and-findings" class="stack loose" tabindex="-1">
                    {move || match open.get() {
                        Some(report) => view! { <ReportView report establish tell_from /> }.into_any(),
                        None => view! { <Asks /> }.into_any(),
                    }}
                </main>
                <Trust session />
                <Guide />
            </div>
        </div>
        <p class="unseen" role="status" aria-live="polite" data-test="said">{move || session.said.get()}</p>
        <Show when=move || session.over.get()>
            <div class="over" aria-hidden="true"><p class="says large">"Drop to verify"</p></div>
        </Show>
    }
}

/// Where files are chosen; they may be dropped anywhere.
#[component]
fn Drop(session: Session, open: Memo<Option<Arc<Report>>>) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let choose = move || {
        if let Some(input) = input.get() {
            input.click();
        }
    };
    let keys = window_event_listener(ev::keydown, move |event| {
        if (event.ctrl_key() || event.meta_key()) && event.key() == "o" {
            event.prevent_default();
            choose();
        } else if event.key() == "Escape" && session.busy.get_untracked() {
            session.call_off();
        }
    });
    on_cleanup(move || keys.remove());
    let chosen = move |event: ev::Event| {
        let input = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(input) = input {
            session.take(listed(input.files()));
            // The same file may be chosen again.
            input.set_value("");
        }
    };
    view! {
        <div class="drop" class:over=move || session.over.get() data-test="drop-zone">
            <p>
                "Drop case files anywhere on this page, or "
                <button class="link" data-test="browse" on:click=move |_| choose()>"choose files"</button>
                " "
                <kbd>"Ctrl O"</kbd>
            </p>
            <input node_ref=input class="unseen" type="file" multiple=true tabindex="-1" aria-label="Case files" data-test="files" on:change=chosen />
            {move || {
                open.get()
                    .map(|report| {
                        view! {
                            <p class="mono muted clip">
                                {report.file.clone()} " · " {report::format::size(report.bytes)} " · "
                                {report::format::count(report.elapsed_ms)} " ms, offline"
                            </p>
                        }
                    })
            }}
        </div>
    }
}

fn listed(files: Option<FileList>) -> Vec<File> {
    let Some(files) = files else { return Vec::new() };
    (0..files.length()).filter_map(|at| files.get(at)).collect()
}

/// Files may be dropped anywhere; without this the browser would leave the page for the file.
fn listen_for_drops(session: Session) {
    let listeners = [
        window_event_listener(ev::dragover, move |event| {
            event.prevent_default();
            session.over.set(true);
        }),
        window_event_listener(ev::dragleave, move |event| {
            // Between two elements of the page isn't away from it.
            if event.related_target().is_none() {
                session.over.set(false);
            }
        }),
        window_event_listener(ev::drop, move |event| {
            event.prevent_default();
            session.over.set(false);
            session.take(listed(event.data_transfer().and_then(|dropped| dropped.files())));
        }),
    ];
    on_cleanup(move || listeners.into_iter().for_each(|listener| listener.remove()));
}

/// On paper nothing can be unfolded: technical detail is printed, and folded again afterwards.
fn unfold_for_print() {
    let folded = StoredValue::new_local(Vec::<HtmlDetailsElement>::new());
    let before = window_event_listener(ev::beforeprint, move |_| {
        let Ok(found) = document().query_selector_all("details:not([open])") else {
            return;
        };
        let all: Vec<HtmlDetailsElement> = (0..found.length())
            .filter_map(|at| found.get(at)?.dyn_into().ok())
            .collect();
        all.iter().for_each(|details| details.set_open(true));
        folded.set_value(all);
    });
    let after = window_event_listener(ev::afterprint, move |_| {
        folded.update_value(|folded| folded.drain(..).for_each(|details| details.set_open(false)));
    });
    on_cleanup(move || {
        before.remove();
        after.remove();
    });
}
