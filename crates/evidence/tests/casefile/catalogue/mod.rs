//! Every attack in one list: its name, the file that makes it, and the finding that has to name it.
//!
//! The files are made by code. `COUNTERSIGN_ATTACKS=FOLDER cargo test --workspace --test casefile catalogue` writes them there
//! with the pins and our verdict on each, so that another verifier can be held against ours. `COUNTERSIGN_TRIAL_REPORTS=FILE`
//! writes a digest of each report, so that ours can be held against itself as built for a page.

mod archives;
mod calls;
mod copies;
mod disclosed;
mod earlier;
mod executions;
mod facts;
mod forks;
mod json;
mod places;
mod rotations;
mod signatures;
mod standing;
mod swaps;
mod whole;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::verifier::{Pins, Remembered, Report, Status, Verdict, ids, verify};
use evidence::{Checkpoint, Digest, SigningKey};
use serde_json::json;

use crate::attackers::{Who, dishonest_file};
use crate::fixture::{Log, START_MS};
use crate::mutations::{Base, bases};
use crate::tamper::{Files, brief, close, open, remanifest, resign};

/// One attack.
pub(crate) struct Attack {
    /// Its name.
    pub(crate) name: String,
    /// The file.
    pub(crate) zip: Vec<u8>,
    /// The key that the one who verifies has pinned: its log's origin, and the case key.
    pub(crate) pinned: (evidence::Origin, evidence::PublicKey),
    /// What the one who verifies saw of the log before.
    pub(crate) seen: Option<Checkpoint>,
    /// The finding that must not pass, and a part of its sentence.
    pub(crate) finding: &'static str,
    pub(crate) words: &'static str,
    /// What has to come of it.
    pub(crate) verdict: Verdict,
}

/// The files of the scripted run's case file, its zip, the case key and what is pinned.
pub(crate) struct Honest {
    pub(crate) files: Files,
    pub(crate) zip: Vec<u8>,
    pub(crate) key: SigningKey,
    pub(crate) pinned: (evidence::Origin, evidence::PublicKey),
}

impl Honest {
    pub(crate) fn new() -> Self {
        let mut log = Log::scripted(1);
        let zip = log.case().unwrap();
        Self::of(&log, zip)
    }

    /// Another case file, of a log whose case key is the scripted run's.
    pub(crate) fn of(log: &Log, zip: Vec<u8>) -> Self {
        let key = crate::fixture::key(evidence::Role::Case, 2);
        let pinned = (log.origin, key.public());
        assert_eq!(log.keys.case.public(), pinned.1);
        Self {
            files: open(&zip),
            zip,
            key,
            pinned,
        }
    }

    /// An attack by one who changes files, and packs them again as he can.
    pub(crate) fn by(
        &self,
        who: Who,
        name: &str,
        finding: &'static str,
        words: &'static str,
        change: impl FnOnce(&mut Files),
    ) -> Attack {
        let mut files = self.files.clone();
        change(&mut files);
        match who {
            Who::Nobody => {}
            Who::Repacker => remanifest(&mut files),
            Who::Operator => resign(&mut files, &self.key),
        }
        assert_ne!(files, self.files, "{name} changes nothing");
        self.bytes(name, finding, words, close(&files))
    }

    /// An attack on the file's bytes.
    pub(crate) fn bytes(&self, name: &str, finding: &'static str, words: &'static str, zip: Vec<u8>) -> Attack {
        Attack {
            name: name.to_owned(),
            zip,
            pinned: self.pinned,
            seen: None,
            finding,
            words,
            verdict: Verdict::Failed,
        }
    }
}

/// An attack by an operator who seals and signs whatever the log says.
pub(crate) fn told(name: &str, finding: &'static str, words: &'static str, log: Log) -> Attack {
    let pinned = (log.origin, log.keys.case.public());
    let (files, _) = dishonest_file(log);
    Attack {
        name: name.to_owned(),
        zip: close(&files),
        pinned,
        seen: None,
        finding,
        words,
        verdict: Verdict::Failed,
    }
}

impl Attack {
    pub(crate) fn pins(&self) -> Pins {
        let (origin, key) = self.pinned;
        Pins::new(vec![evidence::verifier::Pin {
            origin,
            role: evidence::Role::Case,
            key,
            name: "Norwind Trading".into(),
        }])
        .remembering(self.remembered().collect())
    }

    fn remembered(&self) -> impl Iterator<Item = Remembered> {
        let seen_ms = START_MS;
        self.seen
            .into_iter()
            .map(move |checkpoint| Remembered { checkpoint, seen_ms })
    }

    /// What isn't as it has to be.
    fn accepted(&self, report: &Report) -> Option<String> {
        let wanted = match self.verdict {
            Verdict::Failed => Status::Fail,
            _ => Status::NotEstablished,
        };
        let finding = report.finding(self.finding).filter(|finding| finding.status == wanted);
        let said =
            finding.map(|finding| format!("{}\n{}", finding.sentence, finding.detail.clone().unwrap_or_default()));
        let is_named = said.is_some_and(|said| said.contains(self.words));
        let as_wanted = is_named && report.verdict == self.verdict;
        (!as_wanted).then(|| format!("{}, `{}`: {}", self.name, self.words, brief(report)))
    }
}

/// All of them.
pub(crate) fn attacks() -> Vec<Attack> {
    let honest = Honest::new();
    [
        calls::attacks(),
        executions::attacks(),
        facts::attacks(),
        forks::attacks(),
        places::attacks(&honest),
        json::attacks(&honest),
        signatures::attacks(&honest),
        archives::attacks(&honest),
        whole::attacks(&honest),
        copies::attacks(&honest),
        disclosed::attacks(&honest),
        earlier::attacks(),
        rotations::attacks(),
        standing::attacks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn each_attack_is_refused_by_the_finding_that_names_it() {
    let attacks = attacks();
    let names: BTreeSet<&str> = attacks.iter().map(|attack| attack.name.as_str()).collect();
    assert_eq!(names.len(), attacks.len(), "two attacks of one name");
    let folder = std::env::var_os("COUNTERSIGN_ATTACKS");
    let (mut accepted, mut reports) = (Vec::new(), honest_reports());
    for attack in &attacks {
        let report = verify(&attack.zip, &attack.name, &attack.pins());
        accepted.extend(attack.accepted(&report));
        let failing = report.findings.iter().filter(|finding| finding.status == Status::Fail);
        assert!(failing.clone().all(|finding| !NEVER_FAIL.contains(&finding.id)));
        reports += &digested(&attack.name, &report);
        if let Some(folder) = &folder {
            write(Path::new(folder), attack, &report);
        }
    }
    assert!(
        accepted.is_empty(),
        "not refused as they should be:\n{}",
        accepted.join("\n")
    );
    assert!(attacks.len() >= 80, "{} attacks", attacks.len());
    if let Some(path) = std::env::var_os("COUNTERSIGN_TRIAL_REPORTS") {
        fs::write(path, reports).unwrap();
    }
    let list = list(&attacks);
    if let Some(folder) = &folder {
        fs::write(Path::new(folder).join("attacks.md"), &list).unwrap();
    }
    assert_eq!(
        list,
        include_str!("../../../../../docs/attacks.md"),
        "docs/attacks.md isn't up to date: COUNTERSIGN_ATTACKS=FOLDER writes it into that folder"
    );
}

/// A file's name, and the digest of the whole report on it.
fn digested(name: &str, report: &Report) -> String {
    format!("{name} {}\n", Digest::sha256(format!("{report:?}").as_bytes()))
}

/// The same of the files that the attacks begin from, by a pinned signer and by one that nobody pinned.
fn honest_reports() -> String {
    let names = ["a_whole_stream", "an_interval", "a_rotated_key"];
    let of_each = |(base, name): (&Base, &str)| {
        let unpinned = verify(&base.zip, name, &Pins::default());
        digested(name, &verify(&base.zip, name, &base.pins)) + &digested(&format!("{name}_unpinned"), &unpinned)
    };
    bases().iter().zip(names).map(of_each).collect()
}

/// What docs/attacks.md says.
fn list(attacks: &[Attack]) -> String {
    let mut text = format!(
        "# Attacks on case files\n\n\
         {} files, made by code (`crates/evidence/tests/casefile/catalogue`), each named by its attack. Each has to be refused,\n\
         and by the finding that names it (of a whole log under other keys, and of a content that was to be disclosed and isn't\n\
         here, it has to say: not established); a test holds this list against the files. What the findings are, section 17 of\n\
         [the format](evidence-format.md) says. The second verifier (`tests/independent`) says the same of each.\n",
        attacks.len()
    );
    for id in ids_used(attacks) {
        let mut names: Vec<&str> = attacks
            .iter()
            .filter(|attack| attack.finding == id)
            .map(|attack| attack.name.as_str())
            .collect();
        names.sort_unstable();
        text += &format!("\n## `{id}`: {}\n\n", names.len());
        for name in names {
            text += &format!("- {}\n", name.replace('_', " "));
        }
    }
    text
}

fn ids_used(attacks: &[Attack]) -> BTreeSet<&'static str> {
    attacks.iter().map(|attack| attack.finding).collect()
}

/// The file, the pins and what we say of it, for another verifier.
fn write(folder: &Path, attack: &Attack, report: &Report) {
    let (origin, key) = &attack.pinned;
    let pin = json!({
        "origin": origin, "role": "case", "spki": STANDARD.encode(key.spki_der()), "name": "Norwind Trading",
        "source": "the fixture", "pinned_ms": 0,
    });
    let word = |status| match status {
        Status::Pass => "pass",
        Status::Fail => "fail",
        Status::NotEstablished => "not_established",
    };
    let findings: serde_json::Map<String, serde_json::Value> = report
        .findings
        .iter()
        .map(|finding| (finding.id.to_owned(), json!(word(finding.status))))
        .collect();
    let verdict = match report.verdict {
        Verdict::Verified => "verified",
        Verdict::Failed => "failed",
        Verdict::NotACaseFile => "not_a_case_file",
        Verdict::SignerNotEstablished => "signer_not_established",
    };
    let seen: Vec<serde_json::Value> = attack
        .remembered()
        .map(|Remembered { checkpoint, seen_ms }| {
            json!({
                "origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root, "seen_ms": seen_ms,
            })
        })
        .collect();
    let said = json!({"verdict": verdict, "findings": findings, "pins": {"pins": [pin]}, "seen": seen});
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(format!("{}.case.zip", attack.name)), &attack.zip).unwrap();
    fs::write(folder.join(format!("{}.json", attack.name)), said.to_string()).unwrap();
}

/// What is established or isn't, and is never a failure.
const NEVER_FAIL: [&str; 4] = [ids::BOUNDARY, ids::POLICIES, ids::PAGES, ids::TIME];

#[test]
fn every_finding_that_can_fail_is_attacked() {
    let source = include_str!("../../../src/verifier/ids.rs");
    let all: BTreeSet<&str> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.strip_suffix("\";")?.split('"').nth(1))
        .collect();
    assert!(NEVER_FAIL.iter().all(|id| all.contains(id)));
    let can_fail: BTreeSet<&str> = all.into_iter().filter(|id| !NEVER_FAIL.contains(id)).collect();
    assert_eq!(ids_used(&attacks()), can_fail);
}
