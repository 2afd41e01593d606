//! Where several files were verified: one line each, the open one marked.

use std::sync::Arc;

use contract::Report;
use leptos::prelude::*;

use crate::{ground, verdict_name};

/// The list of verified files; nothing where there is one.
#[component]
pub fn Several(
    /// The reports, newest first.
    #[prop(into)]
    reports: Signal<Vec<Arc<Report>>>,
    /// Which of them is open.
    open: RwSignal<usize>,
) -> impl IntoView {
    view! {
        <Show when=move || reports.with(|reports| reports.len() > 1)>
            <ul class="several" aria-label="Verified files">
                {move || {
                    reports
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
                                        aria-pressed=move || (open.get() == at).to_string()
                                        on:click=move |_| open.set(at)
                                    >
                                        <i class=format!("dot {}", ground(report.verdict))></i>
                                        <span class="mono clip">{report.file.clone()}</span>
                                        <span class="muted clip">{report.headline.clone()}</span>
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
