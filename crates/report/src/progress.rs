//! How far a verification has come.

use contract::VerifyProgress;
use leptos::prelude::*;

use crate::{Waiting, format};

/// A line that fills, and what is being done.
#[component]
pub fn Progressing(
    /// How far it has come; nothing while files are waited for.
    #[prop(into)]
    progress: Signal<Option<VerifyProgress>>,
) -> impl IntoView {
    view! {
        <div class="verify-progress" role="status" data-test="verify-progress">
            {move || match progress.get() {
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
