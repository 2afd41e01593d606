//! `countersign verify`: a case file, checked with public keys alone. Needs no gateway, no keychain and no log.

use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::path::PathBuf;

use contract::{Finding, FindingStatus, Report, Verdict};
use evidence::verifier::{Pin, Pins};
use reviewer::{PinBook, domain_pins, parse_pins, verify_file};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Page, aside};
use crate::times;

/// What to verify.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The case file
    file: PathBuf,
    /// Trust the keys of this file too, as `export-pin` writes it
    #[arg(long = "pin", value_name = "FILE")]
    pins: Vec<PathBuf>,
    /// Also what happened, record by record
    #[arg(long)]
    timeline: bool,
}

pub(crate) fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let mut pins: Vec<Pin> = PinBook::open(&context.data_dir)?.domain();
    for file in &args.pins {
        let unread = |error| Failure::new(format!("cannot read `{}` ({error})", file.display()));
        pins.extend(domain_pins(&parse_pins(&std::fs::read(file).map_err(unread)?)?));
    }
    let talk = !context.output.json && std::io::stderr().is_terminal();
    let report = verify_file(&args.file, &Pins::new(pins), |progress| {
        if talk {
            aside(&format!(
                "{}: {} of {} MB",
                progress.stage,
                progress.done >> 20,
                progress.of >> 20
            ));
        }
        ControlFlow::Continue(())
    })?;
    context.output.show(&report, |page| {
        say_verdict(page, &report);
        say_facts(page, &report);
        if args.timeline {
            say_timeline(page, &report);
        }
    })?;
    Ok(match report.verdict {
        Verdict::Verified => Exit::Done,
        Verdict::Failed => Exit::Failed,
        Verdict::NotACaseFile => Exit::NotThat,
        Verdict::SignerNotEstablished => Exit::SignerNotEstablished,
    })
}

/// The verdict and the findings, those that fail first.
pub(crate) fn say_verdict(page: &mut Page, report: &Report) {
    page.line(&report.headline).line(format!("  {}", report.sentence)).gap();
    for status in [FindingStatus::Fail, FindingStatus::NotEstablished, FindingStatus::Pass] {
        for finding in report.findings.iter().filter(|finding| finding.status == status) {
            say_finding(page, finding);
        }
    }
}

fn say_finding(page: &mut Page, finding: &Finding) {
    let status = match finding.status {
        FindingStatus::Pass => "pass",
        FindingStatus::Fail => "FAIL",
        FindingStatus::NotEstablished => "not established",
    };
    let count = match (finding.passed, finding.of) {
        (Some(passed), Some(of)) => format!("  ({passed} of {of})"),
        _ => String::new(),
    };
    page.line(format!("  {status:<15}  {}{count}", finding.title));
    page.line(format!("  {:<15}  {}", "", finding.sentence));
    if finding.status == FindingStatus::Fail {
        for line in finding.detail.iter().flat_map(|detail| detail.lines()) {
            page.line(format!("  {:<15}    {line}", ""));
        }
    }
}

fn say_facts(page: &mut Page, report: &Report) {
    let mut facts = vec![
        ("File", format!("{}, {} bytes", report.file, report.bytes)),
        ("SHA-256", report.sha256.clone()),
    ];
    facts.extend(report.subject.iter().map(|subject| ("About", subject.clone())));
    facts.extend(report.origin.iter().map(|origin| ("Log", origin.clone())));
    facts.extend(report.key_id.iter().map(|key| ("Signed by", key.clone())));
    page.gap().facts(&facts);
}

fn say_timeline(page: &mut Page, report: &Report) {
    let rows: Vec<_> = report
        .timeline
        .iter()
        .map(|entry| {
            let status = match entry.status {
                FindingStatus::Pass => "",
                FindingStatus::Fail => "ALTERED",
                FindingStatus::NotEstablished => "not established",
            };
            vec![
                entry.sequence.to_string(),
                times::moment(entry.logged_ms),
                entry.text.clone(),
                status.to_owned(),
            ]
        })
        .collect();
    page.gap()
        .table(&["Record", "Time claimed (UTC)", "What happened", ""], &rows);
}
