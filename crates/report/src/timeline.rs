//! The timeline: what happened, day by day, and one record of it opened.

use std::sync::Arc;

use contract::{FindingStatus, Report, TimelineEntry};
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::Element;

use crate::record::RecordView;
use crate::{format, status_name};

/// The records in a sentence each. `of` is how many the file holds.
#[component]
pub(crate) fn Timeline(report: Arc<Report>, of: Option<u64>, open: RwSignal<Option<u64>>) -> impl IntoView {
    let shown = report.timeline.len() as u64;
    let mut day = String::new();
    let rows: Vec<_> = report
        .timeline
        .iter()
        .map(|entry| {
            let its = format::utc_day(entry.logged_ms);
            let begins = (its != day).then(|| its.clone());
            day = its;
            let TimelineEntry {
                sequence,
                logged_ms,
                status,
                ..
            } = *entry;
            view! { <Happened sequence logged_ms status text=entry.text.clone() begins open /> }
        })
        .collect();
    // One listener for all: a closure for each row would stay until the browser looks for what it can give back.
    let click = move |event: ev::MouseEvent| {
        if let Some(sequence) = clicked(&event) {
            open.update(|open| *open = if *open == Some(sequence) { None } else { Some(sequence) });
        }
    };
    view! {
        <section class="stack what-happened">
            <h2 class="head">"What happened, in UTC"</h2>
            <ol class="timeline" data-test="timeline" on:click=click>
                {rows}
            </ol>
            {of
                .filter(|of| *of > shown)
                .map(|of| {
                    view! {
                        <p class="small faint">
                            {format::count(shown)} " of the file’s " {format::count(of)}
                            " records: the first of those that it is about, and any that was altered. The findings are about all of them."
                        </p>
                    }
                })}
            {move || {
                let sequence = open.get();
                let entry = report.timeline.iter().find(|entry| Some(entry.sequence) == sequence).cloned();
                match entry {
                    Some(entry) => view! { <RecordView entry /> }.into_any(),
                    None => {
                        view! { <p class="small muted on-screen">"Click a record to see its bytes, what they hash to, and its proof."</p> }
                            .into_any()
                    }
                }
            }}
        </section>
    }
}

/// Which record's button was clicked.
fn clicked(event: &ev::MouseEvent) -> Option<u64> {
    let within: Element = event.target()?.dyn_into().ok()?;
    let happened = within.closest(".happened-text").ok()??.closest(".happened").ok()??;
    happened.get_attribute("data-seq")?.parse().ok()
}

/// A record in a sentence; a click opens it. `begins` is the day that it is the first of.
#[component]
fn Happened(
    sequence: u64,
    logged_ms: i64,
    status: FindingStatus,
    text: String,
    begins: Option<String>,
    open: RwSignal<Option<u64>>,
) -> impl IntoView {
    let failed = status == FindingStatus::Fail;
    view! {
        {begins.map(|day| view! { <li class="happened-day small muted">{day}</li> })}
        <li
            class=format!("happened {}", status_name(status))
            data-test="timeline-entry"
            data-seq=sequence
            data-status=status_name(status)
        >
            <span class="mono" title=format::utc_moment(logged_ms)>{format::utc_clock(logged_ms)}</span>
            <i></i>
            <div>
                <button
                    class="happened-text"
                    aria-pressed=move || (open.get() == Some(sequence)).to_string()
                    title=format!("Sequence {}: open the record and its proof", format::count(sequence))
                >
                    {failed.then_some("altered: ")}
                    <span class="happened-says">{text}</span>
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
