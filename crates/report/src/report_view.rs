//! A report: the verdict in a sentence, the findings, and what happened.

use contract::{FindingStatus, Report, Verdict};
use leptos::prelude::*;

use crate::finding::FindingView;
use crate::record::RecordView;
use crate::timeline::Happened;
use crate::{Digest, Seal, Signer, format, ground, verdict_name};

/// One file's report.
#[component]
pub fn ReportView(
    /// The report.
    report: Report,
    /// Begins to establish who signed.
    establish: Callback<Signer>,
) -> impl IntoView {
    let verdict = report.verdict;
    let findings = report.findings.clone();
    let open = RwSignal::new(first_failed(&report));
    let timeline = StoredValue::new(report.timeline.clone());
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
        <div class="report" class:alone=!has_timeline>
            <section class="stack">
                <h2 class="head">"Findings"</h2>
                <ul class="findings">
                    {findings.into_iter().map(|finding| view! { <FindingView finding open /> }).collect_view()}
                </ul>
                <dl class="facts small">
                    <dt>"File"</dt>
                    <dd>{report.file.clone()} ", " {format::size(report.bytes)}</dd>
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
                        Some(view! { <RecordView entry /> })
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
