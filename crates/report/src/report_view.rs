//! A report: the verdict in a sentence, the findings, and what happened.

use std::sync::Arc;

use contract::{Finding, FindingStatus, Report, Verdict};
use leptos::prelude::*;

use crate::finding::FindingView;
use crate::timeline::Timeline;
use crate::{Digest, Seal, Signer, format, ground, verdict_name};

/// One file's report.
#[component]
pub fn ReportView(
    /// The report.
    report: Arc<Report>,
    /// Begins to establish who signed.
    establish: Callback<Signer>,
    /// Tells what happened from the record of this number on.
    tell_from: Callback<u64>,
) -> impl IntoView {
    let verdict = report.verdict;
    let findings = report.findings.clone();
    let open = RwSignal::new(first_failed(&report));
    let records = report
        .findings
        .iter()
        .find(|finding| finding.id == RECORDS)
        .and_then(|finding| finding.of);
    let has_timeline = !report.timeline.is_empty();
    let signer = Signer::of(&report);
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
                        <button class="button" data-test="establish" on:click=move |_| establish.run(signer.clone())>
                            "Establish signer…"
                        </button>
                    }
                })}
            <button class="button print" on:click=move |_| print()>"Print report"</button>
        </section>
        <div class="report" class:untold=!has_timeline>
            <section class="stack">
                <h2 class="head">"Findings" <span class="tally">{tally(&report.findings)}</span></h2>
                <ul class="findings">
                    {findings.into_iter().map(|finding| view! { <FindingView finding open /> }).collect_view()}
                </ul>
                <dl class="facts small">
                    <dt>"File"</dt>
                    <dd>{report.file.clone()} ", " {format::size(report.bytes)}</dd>
                    <dt>"File’s SHA-256"</dt>
                    <dd><Digest value=report.sha256.clone() /></dd>
                    <dt>"Verified"</dt>
                    <dd>{format::utc_moment(report.verified_ms)} " by this machine’s clock"</dd>
                    {report.origin.clone().map(|origin| view! { <dt>"Log"</dt><dd><Digest value=origin /></dd> })}
                    {report.key_id.clone().map(|key_id| view! { <dt>"Signed with"</dt><dd><Digest value=key_id /></dd> })}
                </dl>
                <p class="small on-paper">
                    "A printed report proves nothing by itself: verify the file that has this SHA-256, with a verifier that you trust."
                </p>
            </section>
            {match (has_timeline, records) {
                (true, _) => view! { <Timeline report of=records open tell_from /> }.into_any(),
                (false, Some(1..)) => {
                    view! {
                        <p class="small muted on-screen">
                            "What happened, record by record, isn’t kept of so many files at once. "
                            <button class="link" data-test="tell" on:click=move |_| tell_from.run(1)>"Show it for this one"</button>
                        </p>
                    }
                        .into_any()
                }
                (false, _) => ().into_any(),
            }}
        </div>
    }
}

/// The finding that counts all the file's records.
const RECORDS: &str = "record.fingerprint";

/// `2 failed · 1 not established · 14 proved`; nothing of what there is none of.
fn tally(findings: &[Finding]) -> String {
    let kinds = [
        (FindingStatus::Fail, "failed"),
        (FindingStatus::NotEstablished, "not established"),
        (FindingStatus::Pass, "proved"),
    ];
    let counted = kinds.iter().filter_map(|(status, name)| {
        let count = findings.iter().filter(|finding| finding.status == *status).count();
        (count > 0).then(|| format!("{count} {name}"))
    });
    counted.collect::<Vec<_>>().join(" · ")
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
