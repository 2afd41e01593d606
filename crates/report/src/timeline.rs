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
pub(crate) fn Timeline(
    report: Arc<Report>,
    of: Option<u64>,
    open: RwSignal<Option<u64>>,
    tell_from: Callback<u64>,
) -> impl IntoView {
    let (told_from, next) = (report.told_from, report.next);
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
            {(told_from > 1 || next.is_some()).then(|| view! { <Part told_from next of tell_from /> })}
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

/// Which part of what happened is told, and the way to another.
#[component]
fn Part(told_from: u64, next: Option<u64>, of: Option<u64>, tell_from: Callback<u64>) -> impl IntoView {
    let from = RwSignal::new(next.unwrap_or(1).to_string());
    let last = next.map(|next| next.saturating_sub(1)).or(of).unwrap_or(told_from);
    let asked = move || {
        let number = from.get().trim().parse::<u64>().ok();
        number.filter(|number| (1..=of.unwrap_or(u64::MAX)).contains(number))
    };
    let tell = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let Some(number) = asked() {
            tell_from.run(number);
        }
    };
    view! {
        <p class="small faint" data-test="told">
            "Records " {format::count(told_from)} " to " {format::count(last)}
            {of.map(|of| format!(" of the file’s {}", format::count(of)))}
            ": those that it is about, and with them any later one that was altered. The findings are about all of them."
        </p>
        <form class="row tell-from on-screen" on:submit=tell>
            <label class="small" for="told-from">"From record"</label>
            <input
                id="told-from"
                data-test="tell-from"
                inputmode="numeric"
                prop:value=from
                on:input=move |event| from.set(event_target_value(&event))
            />
            <button class="button little" data-test="tell" disabled=move || asked().is_none()>"Show"</button>
        </form>
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
