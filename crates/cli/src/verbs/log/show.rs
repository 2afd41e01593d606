//! Records, for a person to read.

use contract::{Decision, LogRow, RecordDetail};

use crate::output::Page;
use crate::times;

/// The head of a table of records.
pub(super) const HEAD: [&str; 5] = ["Record", "Time (UTC)", "Who", "Did what", "Decision"];

/// A record as a line of that table.
pub(super) fn cells(row: &LogRow) -> Vec<String> {
    vec![
        row.sequence.to_string(),
        times::moment(row.logged_ms),
        row.who.clone(),
        row.did.clone(),
        decision_name(row.decision).to_owned(),
    ]
}

pub(super) fn decision_name(decision: Decision) -> &'static str {
    match decision {
        Decision::Signed => "countersigned",
        Decision::None => "",
        decision => decision.name(),
    }
}

pub(super) fn say_record(page: &mut Page, detail: &RecordDetail) {
    page.line(&detail.sentence).gap();
    let mut facts = vec![
        ("Record".to_owned(), detail.row.sequence.to_string()),
        (
            "Time".to_owned(),
            format!("{} UTC", times::moment(detail.row.logged_ms)),
        ),
        ("Who".to_owned(), detail.row.who.clone()),
        ("Did".to_owned(), detail.row.did.clone()),
    ];
    facts.extend(detail.fields.iter().map(|row| (row.label.clone(), row.value.clone())));
    facts.push(("Fingerprint".to_owned(), detail.fingerprint.clone()));
    let holds = detail.fingerprint == detail.recomputed;
    let why = if holds {
        "the bytes give this fingerprint"
    } else {
        "the bytes give another one: it was altered"
    };
    facts.push(("Recomputed".to_owned(), why.to_owned()));
    let sealed = match detail.sealed_in {
        Some(size) => format!("in the checkpoint over {size} records"),
        None => "by no checkpoint yet".to_owned(),
    };
    facts.push(("Sealed".to_owned(), sealed));
    page.facts(&facts);
    if !detail.story.is_empty() {
        let rows: Vec<_> = detail
            .story
            .iter()
            .map(|step| {
                vec![
                    step.sequence.to_string(),
                    times::moment(step.logged_ms),
                    step.title.clone(),
                    step.note.clone(),
                ]
            })
            .collect();
        page.gap()
            .line("The story it belongs to:")
            .table(&["Record", "Time (UTC)", "Step", "Who or how"], &rows);
    }
}
