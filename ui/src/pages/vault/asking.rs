//! Asking once more before something is changed.

use leptos::prelude::*;

use crate::components::{Dialog, Failure};
use crate::state::{Fetched, console};

/// Asks once more, and says what will happen.
#[component]
pub(super) fn Asking<F, A, S>(
    /// Whose name is asked about, while it is.
    about: RwSignal<Option<String>>,
    title: &'static str,
    /// What will happen, by the name.
    says: S,
    does: &'static str,
    danger: bool,
    act: A,
) -> impl IntoView
where
    F: Future<Output = Result<(), contract::OperatorError>> + 'static,
    A: Fn(String) -> F + Copy + Send + Sync + 'static,
    S: Fn(&str) -> String + Copy + Send + Sync + 'static,
{
    let console = console();
    let open = RwSignal::new(false);
    let acting = Fetched::<()>::new();
    Effect::new(move |_| {
        if about.with(Option::is_some) {
            acting.forget();
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() {
            about.set(None);
        }
    });
    let go = move |_| {
        if let Some(name) = about.get_untracked() {
            acting.ask_then(act(name), move |()| {
                console.changes.upstreams.update(|times| *times = times.wrapping_add(1));
                console.fetch_status();
                open.set(false);
            });
        }
    };
    view! {
        <Dialog open title=title test="asking-dialog">
            <p class="lead"><span class="strong">{move || about.get()}</span> ": " {move || about.with(|about| about.as_deref().map(says))}</p>
            <div class="form">
                <Failure error=acting.error />
                <div class="actions">
                    <button class="button" on:click=move |_| open.set(false)>"Leave it"</button>
                    <button class="button primary" class:danger=danger data-test="confirm" disabled=move || acting.busy.get() on:click=go>{does}</button>
                </div>
            </div>
        </Dialog>
    }
}
