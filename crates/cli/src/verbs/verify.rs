//! `countersign verify`: a case file, checked with public keys alone. Needs no gateway, no keychain and no log.

use std::io::{IsTerminal as _, Read as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use contract::{Finding, FindingStatus, Report, Verdict};
use evidence::casefile::ContainerLimits;
use evidence::verifier::{Pin, Pins};
use evidence::{Origin, PublicKey, Role};
use reviewer::{Memory, PinBook, case_files, domain_pins, parse_pins, verify_file_from};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Output, Page, aside, sentence};
use crate::times;

/// What to verify.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Case files, or folders of them; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Trust the keys of this file too, as `export-pin` writes it
    #[arg(long = "pin", value_name = "FILE")]
    pins: Vec<PathBuf>,
    /// Trust only this public key (PEM) for case files, whichever log they are of and whatever is pinned: what the signer
    /// gave you, not the one in a file
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// Neither hold files against what was seen of their logs at this machine, nor keep it
    #[arg(long)]
    no_memory: bool,
    /// Also what happened, record by record
    #[arg(long)]
    timeline: bool,
    /// What happened from this record of the file on, by its line
    #[arg(long, value_name = "RECORD", requires = "timeline", default_value_t = 1)]
    from: u64,
}

/// What the person at the command line trusts.
struct Trusted {
    pins: Vec<Pin>,
    keys: Vec<(String, PublicKey)>,
    /// What was seen of logs, and is to be kept; nothing where nobody wants that.
    memory: Option<Memory>,
    /// The record that what happened is told from.
    from: u64,
}

impl Trusted {
    fn read(context: &Context, args: &Args) -> Result<Self, Failure> {
        let mut pins: Vec<Pin> = PinBook::open(&context.data_dir)?.domain();
        for file in &args.pins {
            pins.extend(domain_pins(&parse_pins(&bytes(file)?)?));
        }
        let key = |file: &PathBuf| {
            let text = String::from_utf8(bytes(file)?).map_err(|_| not_a_key(file))?;
            let key = PublicKey::from_pem(&text).map_err(|_| not_a_key(file))?;
            Ok::<_, Failure>((file.display().to_string(), key))
        };
        let keys = args.keys.iter().map(key).collect::<Result<_, _>>()?;
        let memory = (!args.no_memory).then(|| Memory::open(&context.data_dir));
        let memory = memory.transpose()?;
        let from = args.from;
        Ok(Self {
            pins,
            keys,
            memory,
            from,
        })
    }

    /// The pins that the keys are for a file of this log.
    fn of(&self, origin: &str) -> Vec<Pin> {
        let Ok(origin) = origin.parse::<Origin>() else {
            return Vec::new();
        };
        let pin = |(name, key): &(String, PublicKey)| Pin {
            origin,
            role: Role::Case,
            key: *key,
            name: name.clone(),
        };
        self.keys.iter().map(pin).collect()
    }

    /// A file's report. Files that come after it are held against what it shows of its log.
    fn verify(&mut self, file: &Path, talk: bool) -> Result<Report, Failure> {
        let report = self.looked(file, talk)?;
        if let Some(memory) = &mut self.memory {
            memory.learn(&report);
        }
        Ok(report)
    }

    /// Where keys were given, they alone say whose a file is: no pin may let one pass that none of them signed. Which log
    /// they are for, only the file says; so they count in a second look.
    fn looked(&self, file: &Path, talk: bool) -> Result<Report, Failure> {
        if self.keys.is_empty() {
            return look(file, self.from, &self.knowing(self.pins.clone()), talk);
        }
        let report = look(file, self.from, &self.knowing(Vec::new()), talk)?;
        let keys = report
            .origin
            .as_deref()
            .map(|origin| self.of(origin))
            .unwrap_or_default();
        if keys.is_empty() {
            return Ok(report);
        }
        // What happened in it takes memory, and the second look finds that out too.
        drop(report);
        look(file, self.from, &self.knowing(keys), talk)
    }

    /// These pins, with what was seen of logs.
    fn knowing(&self, pins: Vec<Pin>) -> Pins {
        let seen = self.memory.as_ref().map(Memory::remembered).unwrap_or_default();
        Pins::new(pins).remembering(seen.to_vec())
    }

    /// Keeps what was seen. A verdict stands also where that can't be written.
    fn keep(&mut self) {
        if let Some(Err(error)) = self.memory.as_mut().map(Memory::save) {
            aside(&sentence(&format!(
                "what was seen of logs wasn't kept, and later files aren't held against it: {error}"
            )));
        }
    }
}

fn bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    let unread = |error| Failure::with(Exit::NotThat, format!("cannot read `{}` ({error})", file.display()));
    std::fs::read(file).map_err(unread)
}

fn not_a_key(file: &Path) -> Failure {
    let file = file.display();
    let message =
        format!("`{file}` isn't a P-256 public key in PEM; such a file begins with -----BEGIN PUBLIC KEY-----");
    Failure::with(Exit::NotThat, message)
}

fn look(file: &Path, from: u64, pins: &Pins, talk: bool) -> Result<Report, Failure> {
    let report = verify_file_from(file, from, pins, |progress| {
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
    Ok(report)
}

/// Standard input, as a file that can be read from any place, and no more of it than any case file has.
fn standard_input() -> Result<tempfile::NamedTempFile, Failure> {
    let most = ContainerLimits::default().total_bytes;
    let mut file = tempfile::Builder::new().prefix("stdin-").suffix(".zip").tempfile()?;
    let read = std::io::copy(&mut std::io::stdin().lock().take(most + 1), &mut file)?;
    if read > most {
        let message = format!("standard input is longer than any case file ({} MB)", most >> 20);
        return Err(Failure::with(Exit::NotThat, message));
    }
    Ok(file)
}

/// How bad an end is: a file that fails comes before one that can't be read, and that before one whose signer is unknown.
fn gravity(exit: Exit) -> u8 {
    match exit {
        Exit::Failed => 3,
        Exit::SignerNotEstablished => 1,
        Exit::Done => 0,
        _ => 2,
    }
}

fn exit_of(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Verified => Exit::Done,
        Verdict::Failed => Exit::Failed,
        Verdict::NotACaseFile => Exit::NotThat,
        Verdict::SignerNotEstablished => Exit::SignerNotEstablished,
    }
}

/// What is printed, file by file. No report is kept: each may take 32 MB, and a folder may have a thousand files.
struct Answer {
    output: Output,
    timeline: bool,
    /// Whether there is one file only; of several the JSON is an array.
    alone: bool,
    begun: bool,
}

impl Answer {
    fn say(&mut self, report: Report) -> Result<(), Failure> {
        let begun = std::mem::replace(&mut self.begun, true);
        if self.is_array() {
            // Written as an array of one, it is set in as in one of many; the brackets are written once for all.
            let text = serde_json::to_string_pretty(std::slice::from_ref(&report))?;
            drop(report);
            self.output.lines(if begun { "," } else { "[" })?;
            return self.output.lines(text.trim_start_matches('[').trim_end_matches("\n]"));
        }
        let timeline = self.timeline;
        self.output.show(&report, |page| {
            if begun {
                page.gap();
            }
            say_verdict(page, &report);
            say_facts(page, &report);
            if timeline {
                say_timeline(page, &report);
            }
        })
    }

    fn end(self) -> Result<(), Failure> {
        match (self.is_array(), self.begun) {
            (false, _) => Ok(()),
            (true, true) => self.output.lines("\n]\n"),
            (true, false) => self.output.lines("[]\n"),
        }
    }

    fn is_array(&self) -> bool {
        self.output.json && !self.alone
    }
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let mut trusted = Trusted::read(context, args)?;
    let mut input = None;
    let mut files = Vec::new();
    for named in &args.files {
        if named.as_os_str() == "-" {
            let file = standard_input()?;
            files.push(file.path().to_owned());
            input = Some(file);
        } else {
            files.extend(case_files(named)?);
        }
    }
    let talk = !context.output.json && std::io::stderr().is_terminal();
    let alone = files.len() == 1;
    let mut worst = Exit::Done;
    let mut answer = Answer {
        output: context.output,
        timeline: args.timeline,
        alone,
        begun: false,
    };
    for file in &files {
        let exit = match trusted.verify(file, talk) {
            // One that can't be read keeps nobody from the others.
            Err(failure) if !alone => {
                aside(&sentence(&failure.message));
                failure.exit
            }
            other => {
                let mut report = other?;
                if input.as_ref().is_some_and(|input| input.path() == file) {
                    "standard input".clone_into(&mut report.file);
                }
                let exit = exit_of(report.verdict);
                answer.say(report)?;
                exit
            }
        };
        if gravity(exit) > gravity(worst) {
            worst = exit;
        }
    }
    trusted.keep();
    answer.end()?;
    Ok(worst)
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
    if let Some(next) = report.next {
        page.line(format!(
            "And any later one that was altered. `--timeline --from {next}` goes on."
        ));
    }
}
