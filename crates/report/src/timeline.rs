//! One record on the timeline.

use contract::{FindingStatus, TimelineEntry};
use leptos::prelude::*;

use crate::{format, status_name};

/// A record in a sentence; a click opens it.
#[component]
pub(crate) fn Happened(entry: TimelineEntry, open: RwSignal<Option<u64>>) -> impl IntoView {
    let sequence = entry.sequence;
    let failed = entry.status == FindingStatus::Fail;
    view! {
        <li
            class=format!("happened {}", status_name(entry.status))
            data-test="timeline-entry"
            data-seq=sequence
            data-status=status_name(entry.status)
        >
            <span class="mono" title=format::exact_moment(entry.logged_ms)>{format::clock(entry.logged_ms)}</span>
            <i></i>
            <div>
                <button
                    class="happened-text"
                    aria-pressed=move || (open.get() == Some(sequence)).to_string()
                    title=format!("Record {}", format::count(sequence))
                    on:click=move |_| open.update(|open| *open = if *open == Some(sequence) { None } else { Some(sequence) })
                >
                    {failed.then_some("altered: ")}
                    <span class="happened-says">{entry.text}</span>
                </button>
                {failed
                    .then(|| {
                        view! {
                            <p class="small muted">
                                "The signed record can’t be recovered from this file; ask the sender for another copy."
                            </p>
                        }
                    })}
            </div>
        </li>
    }
}
