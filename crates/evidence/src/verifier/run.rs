//! Goes through a case file in small steps, each file read once, and gives the report.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};

use sha2::{Digest as _, Sha256};

use super::case::Case;
use super::follow::Following;
use super::form::{self, Kind};
use super::lines::Lines;
use super::pins::Pins;
use super::report::{Finding, Report};
use super::seal::Rebuilding;
use super::timeline::Timeline;
use super::{
    judge_calls, judge_contents, judge_copies, judge_disclosure, judge_memory, judge_people, judge_records,
    judge_releases, judge_rotation, judge_seal, judge_selection, verdict,
};
use crate::casefile::{Container, ContainerLimits, OpenError, Window};
use crate::hash::Digest;

/// How much is read at a time.
pub(super) const CHUNK: u64 = 1 << 18;

/// How much of a file is read. The defaults are a program's: a case file of a million records passes, in less than 200 MB of
/// memory. A browser's page has less: [`Limits::page`].
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The archive's.
    pub container: ContainerLimits,
    /// Bytes of each of the smaller files.
    pub small_bytes: u64,
    /// Bytes of each statement about one decision or rotation.
    pub statement_bytes: u64,
    /// Bytes of each single proof for other tools: 63 hashes and a checkpoint are a third of it.
    pub proof_bytes: u64,
    /// Values in one of the smaller files: in memory each takes up to a kilobyte, in the file as little as two bytes.
    pub values: usize,
    /// Bytes of one record.
    pub record_bytes: usize,
    /// Records.
    pub records: u64,
    /// Bytes kept in mind of the records beside what each record takes: the texts by which they name agents, requests and
    /// items, the facts that others rest on, and whatever isn't as signed.
    pub beside_bytes: u64,
    /// Leaves of the skeleton.
    pub leaves: u64,
    /// Bytes of one disclosed content.
    pub content_bytes: u64,
    /// Records on the timeline.
    pub timeline: usize,
    /// Bytes of all records on the timeline.
    pub timeline_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            container: ContainerLimits::default(),
            small_bytes: 16 << 20,
            statement_bytes: 256 << 10,
            proof_bytes: 16 << 10,
            values: 400_000,
            record_bytes: 1 << 20,
            records: 1_050_000,
            beside_bytes: 160 << 20,
            leaves: 500_000,
            content_bytes: 32 << 20,
            timeline: 2000,
            timeline_bytes: 16 << 20,
        }
    }
}

impl Limits {
    /// What a page in a browser reads: it holds the file itself in memory too, and has 256 MB in all.
    #[must_use]
    pub fn page() -> Self {
        Self {
            container: ContainerLimits {
                entry_bytes: 512 << 20,
                total_bytes: 512 << 20,
                ..ContainerLimits::default()
            },
            records: 200_000,
            beside_bytes: 64 << 20,
            ..Self::default()
        }
    }
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done: "Reading the records".
    pub stage: &'static str,
    /// Bytes done.
    pub done: u64,
    /// Bytes in all, as far as is known yet.
    pub of: u64,
}

/// What a step came to.
#[derive(Debug)]
pub enum Step {
    /// There is more to do.
    Going(Progress),
    /// The whole result. A further step gives it again.
    Done(Box<Report>),
}

/// Where it stands, with what that part of the work needs.
pub(super) enum Stage<R> {
    Hashing(R, Sha256),
    Headers(Container<R>),
    Small(Container<R>),
    Skeleton(Container<R>, Window, Sha256, Option<Rebuilding>),
    Records(Container<R>, Lines, Option<Lines>),
    Rest(Container<R>),
    Whole(Container<R>, String, Window, Sha256),
    Following(Container<R>, Following),
    Done(Box<Report>),
}

/// A verification under way. Dropping it ends it.
pub struct Verifier<R> {
    pub(super) name: String,
    pub(super) limits: Limits,
    pub(super) case: Case,
    pub(super) stage: Option<Stage<R>>,
    pub(super) bytes: u64,
    pub(super) sha256: String,
    pub(super) done: u64,
    pub(super) of: u64,
    pub(super) timeline: Timeline,
    pub(super) waiting: VecDeque<String>,
    /// The steps of what was judged.
    pub(super) steps: u64,
}

impl<R: Read + Seek> Verifier<R> {
    /// A verification of this file under the default limits. Reads nothing yet.
    pub fn new(file: R, name: &str, pins: &Pins) -> Self {
        Self::with_limits(file, name, pins, Limits::default())
    }

    /// A verification under limits of the caller's own.
    pub fn with_limits(file: R, name: &str, pins: &Pins, limits: Limits) -> Self {
        Self {
            name: name.to_owned(),
            limits,
            case: Case {
                pins: pins.clone(),
                ..Case::default()
            },
            stage: Some(Stage::Hashing(file, Sha256::new())),
            bytes: 0,
            sha256: String::new(),
            done: 0,
            of: 0,
            timeline: Timeline::from(1),
            waiting: VecDeque::new(),
            steps: 0,
        }
    }

    /// The same, telling what happened from the record of this number on, by its line in the file. What is found doesn't
    /// depend on it.
    #[must_use]
    pub fn telling_from(self, number: u64) -> Self {
        Self {
            timeline: Timeline::from(number.max(1)),
            ..self
        }
    }

    /// Goes on until about `budget` bytes were worked on (at least one unit: a chunk, a record, a small file).
    ///
    /// # Errors
    /// Only where the file can't be read. Whatever is wrong with what was read is a finding.
    pub fn step(&mut self, budget: u64) -> io::Result<Step> {
        let goal = self.done.saturating_add(budget.max(1));
        loop {
            let stage = self.stage.take().ok_or(io::ErrorKind::BrokenPipe)?;
            let label = label(&stage);
            let next = self.advance(stage)?;
            if let Stage::Done(report) = &next {
                let report = report.clone();
                self.stage = Some(next);
                return Ok(Step::Done(report));
            }
            self.stage = Some(next);
            if self.done >= goal {
                return Ok(Step::Going(Progress {
                    stage: label,
                    done: self.done.min(self.of),
                    of: self.of,
                }));
            }
        }
    }

    /// How many records were gone to so far to judge what others say: at most a small number for each record, whatever
    /// the file says, since each question is one look-up.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps.saturating_add(self.case.index.steps())
    }

    pub(super) fn advance(&mut self, stage: Stage<R>) -> io::Result<Stage<R>> {
        match stage {
            Stage::Hashing(file, hasher) => self.hash(file, hasher),
            Stage::Headers(zip) => self.headers(zip),
            Stage::Small(zip) => self.small(zip),
            Stage::Skeleton(zip, window, hasher, rebuilding) => self.skeleton(zip, window, hasher, rebuilding),
            Stage::Records(zip, records, proofs) => self.record(zip, records, proofs),
            Stage::Rest(zip) => self.rest(zip),
            Stage::Whole(zip, entry, window, hasher) => self.whole(zip, entry, window, hasher),
            Stage::Following(zip, following) => Ok(self.follow(zip, following)),
            Stage::Done(report) => Ok(Stage::Done(report)),
        }
    }

    pub(super) fn work(&mut self, bytes: u64) {
        // Every unit counts for something, so that a thousand empty files are a step's work too.
        self.done = self.done.saturating_add(bytes).saturating_add(64);
    }

    pub(super) fn hash(&mut self, mut file: R, mut hasher: Sha256) -> io::Result<Stage<R>> {
        if self.bytes == 0 {
            self.of = file.seek(SeekFrom::End(0))?.saturating_mul(2);
            file.seek(SeekFrom::Start(0))?;
        }
        let mut chunk = Vec::new();
        file.by_ref().take(CHUNK).read_to_end(&mut chunk)?;
        hasher.update(&chunk);
        self.bytes = self.bytes.saturating_add(chunk.len() as u64);
        self.work(chunk.len() as u64);
        if !chunk.is_empty() {
            return Ok(Stage::Hashing(file, hasher));
        }
        self.sha256 = Digest::new(hasher.finalize().into()).to_string();
        match Container::open(file, self.limits.container) {
            Ok(zip) => Ok(Stage::Headers(zip)),
            Err(OpenError::Io(error)) => Err(error),
            Err(OpenError::NotAZip) => Ok(self.not_a_case("It is not a zip archive.")),
            Err(OpenError::CutOff) => {
                Ok(self.not_a_case("It begins like a zip archive and has no end: it is cut off or damaged."))
            }
        }
    }

    pub(super) fn headers(&mut self, mut zip: Container<R>) -> io::Result<Stage<R>> {
        let over = zip.check(256)?;
        self.work(256 * 64);
        if !over {
            return Ok(Stage::Headers(zip));
        }
        // A directory that can't be read may name anything: that is a breach of the profile, and is judged as one.
        if zip.is_listed() && !zip.names().any(form::is_telling) {
            let sentence = "It is an archive, but it has no manifest, records or attestation of a case file.";
            return Ok(self.not_a_case(sentence));
        }
        self.case.files = zip.names().map(|name| (name.to_owned(), None)).collect();
        for name in zip.names() {
            if let Kind::Opening(uid) | Kind::Content(uid) = Kind::of(name) {
                self.case.commitments.expect(&uid);
            }
        }
        if !zip.is_readable() {
            return Ok(self.judge(&zip));
        }
        Ok(Stage::Small(zip))
    }

    pub(super) fn not_a_case(&mut self, sentence: &str) -> Stage<R> {
        let report = verdict::not_a_case_file(&self.name, self.bytes, self.sha256.clone(), sentence);
        Stage::Done(Box::new(report))
    }

    pub(super) fn judge(&mut self, zip: &Container<R>) -> Stage<R> {
        let case = &self.case;
        let form = form::form(case, zip.breaches(), zip.more_breaches(), zip.is_readable());
        let findings = if zip.is_readable() { all(case, form) } else { vec![form] };
        let said = verdict::of(case, &findings);
        let signer = judge_seal::signer_key(case);
        let sealed = judge_seal::sealed(case);
        let subject = case.selection().map(judge_selection::about);
        let next = self.timeline.next();
        let report = Report {
            file: self.name.clone(),
            bytes: self.bytes,
            sha256: self.sha256.clone(),
            verdict: said.verdict,
            headline: said.headline.to_owned(),
            sentence: said.sentence,
            findings,
            timeline: std::mem::replace(&mut self.timeline, Timeline::from(1)).finish(case),
            next,
            origin: case.seal.as_ref().map(|seal| seal.checkpoint.origin.to_string()),
            key_id: signer.map(|key| key.key_id().to_string()),
            signer,
            subject,
            sealed,
        };
        // The report says it all: what was kept in mind for it isn't there beside it.
        self.steps = self.case.index.steps();
        self.case = Case::default();
        Stage::Done(Box::new(report))
    }
}

fn all(case: &Case, form: Finding) -> Vec<Finding> {
    let findings = [
        Some(judge_records::fingerprint(case)),
        Some(judge_calls::facts(case)),
        Some(judge_records::order(case)),
        Some(judge_selection::complete(case)),
        judge_selection::boundary(case),
        Some(judge_records::inclusion(case)),
        judge_rotation::rotations(case),
        Some(judge_seal::checkpoint(case)),
        Some(judge_selection::export(case)),
        Some(judge_seal::signature(case)),
        Some(judge_seal::pinned(case)),
        Some(judge_seal::files(case)),
        judge_copies::copies(case),
        judge_copies::consistency(case),
        judge_memory::remembered(case),
        judge_calls::calls(case),
        judge_people::approvals(case),
        judge_releases::releases(case),
        judge_contents::policies(case),
        judge_contents::contents(case),
        judge_disclosure::disclosure(case),
        Some(judge_seal::manifest(case)),
        Some(form),
        judge_copies::pages(case),
        Some(judge_contents::time()),
    ];
    findings.into_iter().flatten().collect()
}

fn label<R>(stage: &Stage<R>) -> &'static str {
    match stage {
        Stage::Hashing(..) => "Reading the file",
        Stage::Headers(..) => "Checking the archive",
        Stage::Small(..) => "Reading what it is about",
        Stage::Skeleton(..) => "Rebuilding the log's tree",
        Stage::Records(..) => "Checking the records",
        Stage::Rest(..) | Stage::Whole(..) => "Checking approvals and contents",
        Stage::Following(..) => "Following the log",
        Stage::Done(..) => "Done",
    }
}

/// Verifies a case file that is in memory, in one go.
pub fn verify(bytes: &[u8], name: &str, pins: &Pins) -> Report {
    let mut verifier = Verifier::new(io::Cursor::new(bytes), name, pins);
    loop {
        match verifier.step(u64::MAX) {
            Ok(Step::Done(report)) => return *report,
            Ok(Step::Going(_)) => {}
            // A cursor over bytes doesn't fail; if it did, nothing would have been shown.
            Err(error) => return verdict::not_a_case_file(name, bytes.len() as u64, String::new(), &error.to_string()),
        }
    }
}
