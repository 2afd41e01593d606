//! What a report's page shows, to hold it against a report.

use contract::Report;
use serde::Deserialize;
use serde_json::json;

/// What the page shows of a report, read from its elements: a script that defines the function `shown`.
pub const SHOWN: &str = r#"
const text = (element, part) => { const found = element.querySelector(part); return found ? found.textContent : null; };
const shown = () => {
  const verdict = document.querySelector('[data-test="verdict"]');
  return {
    verdict: verdict.dataset.verdict, headline: text(verdict, 'h1'), sentence: text(verdict, '.verdict-says'),
    findings: [...document.querySelectorAll('[data-test="finding"]')].map((finding) => ({
      id: finding.dataset.id, status: finding.dataset.status, title: text(finding, '.strong'),
      sentence: text(finding, '.finding-says'), detail: text(finding, '.detail'), file: text(finding, '.finding-file code'),
    })),
    timeline: [...document.querySelectorAll('[data-test="timeline-entry"]')].map((entry) => ({
      sequence: Number(entry.dataset.seq), status: entry.dataset.status, text: text(entry, '.happened-says'),
    })),
  };
};
"#;

/// A report, as far as its page shows it.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Shown {
    /// The verdict's name.
    pub verdict: String,
    /// It, in a few words.
    pub headline: String,
    /// What was found.
    pub sentence: String,
    /// In their order.
    pub findings: Vec<ShownFinding>,
    /// In the log's order.
    pub timeline: Vec<ShownRecord>,
}

/// A finding, in words.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct ShownFinding {
    /// Which check it is.
    pub id: String,
    /// How it ended, by name.
    pub status: String,
    /// What was asked.
    pub title: String,
    /// What was found.
    pub sentence: String,
    /// The technical detail.
    pub detail: Option<String>,
    /// The file that it is about.
    pub file: Option<String>,
}

/// A record of the timeline.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct ShownRecord {
    /// Its place in the log.
    pub sequence: u64,
    /// How it ended, by name.
    pub status: String,
    /// What it says.
    pub text: String,
}

/// The name that a value of an enumeration has on the wire.
pub fn named(value: impl serde::Serialize) -> String {
    json!(value).as_str().unwrap_or_default().to_owned()
}

impl From<Report> for Shown {
    fn from(report: Report) -> Self {
        let findings = report.findings.into_iter().map(|finding| ShownFinding {
            id: finding.id,
            status: named(finding.status),
            title: finding.title,
            sentence: finding.sentence,
            detail: finding.detail,
            file: finding.file,
        });
        let timeline = report.timeline.into_iter().map(|entry| ShownRecord {
            sequence: entry.sequence,
            status: named(entry.status),
            text: entry.text,
        });
        Self {
            verdict: named(report.verdict),
            headline: report.headline,
            sentence: report.sentence,
            findings: findings.collect(),
            timeline: timeline.collect(),
        }
    }
}
