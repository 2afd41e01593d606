//! Case files: dropped or chosen, verified by the shell, finding by finding. Needs no gateway.

mod history;
mod pins;

use leptos::prelude::*;
use report::{Asks, Progressing, ReportView, Several};

use crate::components::Failure;
use crate::format;
use crate::ipc::shell;
use crate::state::{Press, console};
use history::Before;
use pins::{Pin, Pins};

/// The place.
#[component]
pub(crate) fn Verify() -> impl IntoView {
    let console = console();
    let verifying = console.verifying;
    let pins = Pins::new();
    pins.fetch();
    verifying.look_back();
    let choose = move || verifying.choose(shell::verify_choose(), move |said| console.say(said));
    let choose_folder = move || verifying.choose(shell::verify_choose_folder(), move |said| console.say(said));
    let chosen = window_event_listener(leptos::ev::keydown, move |event| {
        if (event.ctrl_key() || event.meta_key()) && event.key() == "o" {
            event.prevent_default();
            choose();
        } else if event.key() == "Escape" && verifying.busy.get_untracked() {
            verifying.call_off();
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
                        "Drop case files or a folder anywhere in this window, or "
                        <button class="link" data-test="browse" disabled=move || verifying.busy.get() on:click=move |_| choose()>"choose files"</button>
                        " "
                        <kbd>"Ctrl O"</kbd>
                        " or "
                        <button class="link" data-test="browse-folder" disabled=move || verifying.busy.get() on:click=move |_| choose_folder()>"a folder"</button>
                    </p>
                    {move || {
                        open.get()
                            .map(|report| {
                                view! {
                                    <p class="mono muted clip">
                                        {report.file.clone()} " · " {format::size(report.bytes)} " · " {format::count(report.elapsed_ms)} " ms, offline"
                                    </p>
                                }
                            })
                    }}
                </div>
                <Show when=move || verifying.busy.get() || verifying.progress.with(Option::is_some)>
                    <div class="row top">
                        <div class="grow"><Progressing progress=verifying.progress /></div>
                        <button class="button" data-test="cancel" on:click=move |_| verifying.call_off()>"Cancel"</button>
                    </div>
                </Show>
                <Failure error=verifying.error />
                <Several reports=verifying.reports open=verifying.open />
                {move || match open.get() {
                    Some(report) => view! { <ReportView report establish=Callback::new(move |signer| pins.establish(signer)) tell_from=Callback::new(move |from| verifying.tell_from(from)) /> }.into_any(),
                    None => view! { <Asks /> }.into_any(),
                }}
                <Pin pins />
                <Before verifying />
            </div>
        </div>
    }
}
