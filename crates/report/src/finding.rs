//! One finding: what was asked, how it ended, what it names; the technical detail one click below.

use contract::Finding;
use leptos::prelude::*;

use crate::{StatusIcon, format, status_name};

/// One finding. The records that it names open with a click.
#[component]
pub(crate) fn FindingView(finding: Finding, open: RwSignal<Option<u64>>) -> impl IntoView {
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
                <p class="small muted finding-says">{finding.sentence}</p>
                {finding.file.map(|file| view! { <p class="small muted finding-file">"in " <code>{file}</code></p> })}
                {(!finding.records.is_empty())
                    .then(|| {
                        view! {
                            <p class="small row wrap">
                                {named(finding.records)
                                    .into_iter()
                                    .map(|sequence| {
                                        view! {
                                            <button class="link" on:click=move |_| open.set(Some(sequence))>"Open sequence " {format::count(sequence)}</button>
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

/// The first few records that a finding names, each once: two lines of a file may be the same record.
fn named(mut records: Vec<u64>) -> Vec<u64> {
    records.dedup();
    records.truncate(20);
    records
}
