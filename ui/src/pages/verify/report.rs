//! A report: the verdict in a sentence, the findings, and what happened.

use contract::{Finding, FindingStatus, Report, TimelineEntry, Verdict};
use leptos::prelude::*;

use super::ground;
use super::pins::Pins;
use crate::components::{Bytes, Digest, Seal, StatusIcon};
use crate::format;
use crate::state::verdict_name;

/// One file's report.
#[component]
pub(super) fn ReportView(report: Report, pins: Pins) -> impl IntoView {
    let verdict = report.verdict;
    let findings = report.findings.clone();
    let open = RwSignal::new(first_failed(&report));
    let timeline = StoredValue::new(report.timeline.clone());
    let has_timeline = !report.timeline.is_empty();
    let signer = (report.origin.clone(), report.key_id.clone());
    view! {
        <section
            class=format!("verdict {}", ground(verdict))
            data-test="verdict"
            data-verdict=verdict_name(verdict)
            data-file=report.file.clone()
        >
            <Seal verdict />
            <div class="grow">
                <h1 class="says large">{report.headline.clone()}</h1>
                <p class="verdict-says">{report.sentence.clone()}</p>
                {report.subject.clone().map(|subject| view! { <p class="small muted">{subject}</p> })}
            </div>
            {(verdict == Verdict::SignerNotEstablished)
                .then(|| {
                    let signer = signer.clone();
                    view! {
                        <button class="button" data-test="establish" on:click=move |_| pins.establish(signer.clone())>
                            "Establish signer…"
                        </button>
                    }
                })}
            <button class="button print" on:click=move |_| print()>"Print report"</button>
        </section>
        <div class="report" class:alone=!has_timeline>
            <section class="stack">
                <h2 class="head">"Findings"</h2>
                <ul class="findings">
                    {findings.into_iter().map(|finding| view! { <FindingView finding open /> }).collect_view()}
                </ul>
                <dl class="facts small">
                    <dt>"File’s SHA-256"</dt>
                    <dd><Digest value=report.sha256 /></dd>
                    {report.origin.map(|origin| view! { <dt>"Log"</dt><dd><Digest value=origin /></dd> })}
                    {report.key_id.map(|key_id| view! { <dt>"Signed with"</dt><dd><Digest value=key_id /></dd> })}
                </dl>
            </section>
            <Show when=move || has_timeline>
                <section class="stack what-happened">
                    <h2 class="head">"What happened"</h2>
                    <ol class="timeline" data-test="timeline">
                        {timeline.get_value().into_iter().map(|entry| view! { <Happened entry open /> }).collect_view()}
                    </ol>
                    {move || {
                        let sequence = open.get()?;
                        let entry = timeline.get_value().into_iter().find(|entry| entry.sequence == sequence)?;
                        Some(view! { <AsFound entry /> })
                    }}
                </section>
            </Show>
        </div>
    }
}

/// The first record that isn't what was signed is opened at once.
fn first_failed(report: &Report) -> Option<u64> {
    report
        .timeline
        .iter()
        .find(|entry| entry.status == FindingStatus::Fail)
        .map(|entry| entry.sequence)
}

fn print() {
    if window().print().is_err() {
        leptos::logging::warn!("this window can't print");
    }
}

fn status_name(status: FindingStatus) -> &'static str {
    match status {
        FindingStatus::Pass => "pass",
        FindingStatus::Fail => "fail",
        FindingStatus::NotEstablished => "not_established",
    }
}

#[component]
fn FindingView(finding: Finding, open: RwSignal<Option<u64>>) -> impl IntoView {
    let counts = finding
        .of
        .map(|of| format!("{} / {}", format::count(finding.passed.unwrap_or(0)), format::count(of)));
    view! {
        <li
            class=format!("finding {}", status_name(finding.status))
            data-test="finding"
            data-id=finding.id
            data-status=status_name(finding.status)
        >
            <StatusIcon status=finding.status />
            <div class="grow">
                <p class="strong">{finding.title}</p>
                <p class="small muted">{finding.sentence}</p>
                {finding.file.map(|file| view! { <p class="small muted">"in " <code>{file}</code></p> })}
                {(!finding.records.is_empty())
                    .then(|| {
                        view! {
                            <p class="small row wrap">
                                {finding
                                    .records
                                    .into_iter()
                                    .take(20)
                                    .map(|sequence| {
                                        view! {
                                            <button class="link" on:click=move |_| open.set(Some(sequence))>"Record " {format::count(sequence)}</button>
                                        }
                                    })
                                    .collect_view()}
                            </p>
                        }
                    })}
                {finding
                    .detail
                    .map(|detail| {
                        view! {
                            <details class="small">
                                <summary>"Technical detail"</summary>
                                <p class="mono muted detail">{detail}</p>
                            </details>
                        }
                    })}
            </div>
            <span class="figures faint">{counts}</span>
        </li>
    }
}

#[component]
fn Happened(entry: TimelineEntry, open: RwSignal<Option<u64>>) -> impl IntoView {
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
                    {entry.text}
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

#[component]
fn AsFound(entry: TimelineEntry) -> impl IntoView {
    view! {
        <section class="as-found stack tight" data-test="as-found" data-seq=entry.sequence>
            <h3 class="head">"Record " {format::count(entry.sequence)} ", as found"</h3>
            <div class="as-found-bytes"><Bytes text=entry.ocsf /></div>
        </section>
    }
}
