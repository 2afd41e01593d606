//! Components of one valid file put into another: one, and every two together. Each is refused by a finding that names it.

use std::collections::BTreeMap;

use evidence::verifier::{Finding, Pins, Report, Status, Verdict, ids};
use evidence::{Role, SigningKey};
use serde_json::Value;

use crate::attackers::Who;
use crate::export::signed;
use crate::fixture::{Log, key, other_bot};
use crate::tamper::{ATTESTATIONS, Files, brief, open, remanifest, report, resign};

const RECORDS: &str = "records with their proofs";
const SKELETON: &str = "skeleton";
const MANIFEST: &str = "manifest with the attestation";
const CHECKPOINT: &str = "checkpoint.txt";
const BUNDLE: &str = ATTESTATIONS[1];

/// A component, the findings that name it where it is another file's (each of them fails), and those that may fail with
/// them, because what they are about rests on it.
type Binding = (&'static str, &'static [&'static str], &'static [&'static str]);

/// What binds each component to the rest, if the operator signs the whole anew.
const BINDINGS: [Binding; 10] = [
    (
        MANIFEST,
        &[ids::SIGNATURE, ids::MANIFEST],
        // Of another agent: that one's records aren't here, and these contents weren't asked for.
        &[ids::EXPORT, ids::COMPLETE, ids::DISCLOSURE],
    ),
    (
        CHECKPOINT,
        &[ids::INCLUSION, ids::CHECKPOINT],
        // Nothing that isn't in the sealed log is judged as signed.
        &[
            ids::FINGERPRINT,
            ids::ORDER,
            ids::COMPLETE,
            ids::EXPORT,
            ids::SIGNATURE,
            ids::COPIES,
            ids::APPROVALS,
            ids::RELEASES,
            ids::CONTENTS,
            ids::MANIFEST,
            ids::FORMAT,
        ],
    ),
    (
        RECORDS,
        &[ids::INCLUSION, ids::EXPORT],
        &[
            ids::FINGERPRINT,
            ids::ORDER,
            ids::COMPLETE,
            ids::CHECKPOINT,
            ids::SIGNATURE,
            ids::COPIES,
            ids::APPROVALS,
            ids::RELEASES,
            ids::CONTENTS,
            ids::MANIFEST,
        ],
    ),
    (SKELETON, &[ids::FORMAT], &[]),
    ("approvals/8.dsse.json", &[ids::APPROVALS], &[ids::RELEASES]),
    ("approvals/15.dsse.json", &[ids::APPROVALS], &[]),
    ("keys.json", &[ids::MANIFEST], &[]),
    ("case-key.pem", &[ids::COPIES], &[]),
    ("single proof", &[ids::COPIES], &[]),
    ("contents", &[ids::CONTENTS], &[ids::DISCLOSURE]),
];

/// A component that may be another file's where the signer of the case file signs it, the finding that then isn't
/// established (if any is about it), and why it is no failure.
type Unbound = (&'static str, Option<&'static str>, &'static str);

const UNBOUND: [Unbound; 5] = [
    ("README.txt", Some(ids::PAGES), "it isn't checked, which is said"),
    ("report.html", Some(ids::PAGES), "it isn't checked, which is said"),
    (BUNDLE, None, "it is made anew with each signature"),
    ("single proof left out", None, "it is a copy, which needn't be there"),
    ("contents left out", Some(ids::DISCLOSURE), "they read withheld"),
];

/// A component's files in either file.
struct Component {
    name: String,
    own: Files,
    others: Files,
}

/// What a file belongs to.
fn component(name: &str, bytes: &[u8], files: &Files) -> String {
    let slot = |text: &[u8]| {
        let opening: Value = serde_json::from_slice(text).unwrap();
        format!("contents in slot {}", opening["slot"].as_str().unwrap())
    };
    match name {
        "records.jsonl" | "proofs/inclusion.jsonl" => RECORDS.to_owned(),
        "proofs/range.json" | "proofs/skeleton.bin" => SKELETON.to_owned(),
        "manifest.json" | "attestation.dsse.json" => MANIFEST.to_owned(),
        _ if name.starts_with("contents/") && name.ends_with(".json") => slot(bytes),
        _ if name.starts_with("contents/") => slot(&files[&name.replace(".bin", ".json")]),
        _ => name.to_owned(),
    }
}

/// Those that differ between the two files.
fn components(own: &Files, others: &Files) -> Vec<Component> {
    let mut found: BTreeMap<String, (Files, Files)> = BTreeMap::new();
    for (name, bytes) in own {
        let (own, _) = found.entry(component(name, bytes, own)).or_default();
        own.insert(name.clone(), bytes.clone());
    }
    for (name, bytes) in others {
        let (_, others) = found.entry(component(name, bytes, others)).or_default();
        others.insert(name.clone(), bytes.clone());
    }
    let differ = found.into_iter().filter(|(_, (own, others))| own != others);
    differ
        .map(|(name, (own, others))| Component { name, own, others })
        .collect()
}

impl Component {
    /// The file with the other's component in place of its own.
    fn swap_into(&self, files: &mut Files) {
        for name in self.own.keys() {
            files.remove(name);
        }
        files.extend(self.others.clone());
    }

    fn is_single_proof(&self) -> bool {
        self.name.ends_with(".tlog-proof")
    }

    /// What it is in the two lists above.
    fn kind(&self) -> &str {
        match () {
            () if self.is_single_proof() && self.others.is_empty() => "single proof left out",
            () if self.is_single_proof() => "single proof",
            () if self.name.starts_with("contents") && self.others.is_empty() => "contents left out",
            () if self.name.starts_with("contents") => "contents",
            () => &self.name,
        }
    }

    /// Its row among the bindings; nothing where it is bound by no finding.
    fn binding(&self) -> Option<&'static Binding> {
        BINDINGS.iter().find(|(name, ..)| *name == self.kind())
    }

    /// Asserts that it is known to be bound by nothing, and that what is said of it is said.
    fn assert_unbound(&self, report: &Report) {
        let (_, said, _) = UNBOUND.iter().find(|(name, ..)| *name == self.kind()).unwrap();
        if let Some(id) = said {
            assert_eq!(
                report.finding(id).unwrap().status,
                Status::NotEstablished,
                "{}",
                self.name
            );
        }
    }

    /// Whether a finding names one of its files, or is about nothing but what they hold.
    fn is_named_by(&self, finding: &Finding) -> bool {
        let stands_for = match finding.id {
            ids::INCLUSION => [RECORDS, CHECKPOINT].contains(&self.name.as_str()),
            ids::EXPORT => [RECORDS, MANIFEST].contains(&self.name.as_str()),
            // One that isn't here is named by its record.
            ids::APPROVALS => finding
                .records
                .iter()
                .any(|at| self.name == format!("approvals/{at}.dsse.json")),
            _ => false,
        };
        let said = [Some(&finding.sentence), finding.detail.as_ref(), finding.file.as_ref()];
        let says = |name: &str| said.into_iter().flatten().any(|said| said.contains(name));
        let uid = |name: &str| {
            name.trim_start_matches("contents/")
                .replace(".bin", "")
                .replace(".json", "")
        };
        let mut names = self.own.keys().chain(self.others.keys());
        stands_for
            || names.any(|name| match finding.id {
                ids::CONTENTS => says(&uid(name)),
                _ => says(name),
            })
    }
}

fn failing(report: &Report) -> BTreeMap<&'static str, &Finding> {
    let failing = report.findings.iter().filter(|finding| finding.status == Status::Fail);
    failing.map(|finding| (finding.id, finding)).collect()
}

/// The report if the swapped file is packed again so.
fn reported(who: Who, swapped: &[&Component], base: &Base) -> (Report, String) {
    let mut files = base.own.clone();
    for component in swapped {
        component.swap_into(&mut files);
    }
    match who {
        Who::Nobody => {}
        Who::Repacker => remanifest(&mut files),
        Who::Operator => resign(&mut files, &base.key),
    }
    let names: Vec<&str> = swapped.iter().map(|component| component.name.as_str()).collect();
    let report = report(&files, &base.pins);
    let what = format!("{}: {}", names.join(" and "), brief(&report));
    (report, what)
}

/// Whoever can't sign: `attestation.files` names every component; where the attestation came with it, its own words do.
fn unsigned_is_refused(who: Who, swapped: &[&Component], base: &Base) {
    let (report, what) = reported(who, swapped, base);
    assert_eq!(report.verdict, Verdict::Failed, "{what}");
    let failing = failing(&report);
    if swapped.iter().any(|component| component.name == MANIFEST) {
        assert_eq!(failing[ids::SIGNATURE].file.as_deref(), Some(ATTESTATIONS[0]), "{what}");
        return;
    }
    for component in swapped {
        let finding = if component.name == BUNDLE {
            ids::COPIES
        } else {
            ids::FILES
        };
        let named = failing
            .get(finding)
            .is_some_and(|finding| component.is_named_by(finding));
        assert!(named, "{finding} doesn't name {} of {what}", component.name);
    }
}

/// The operator signs it all: no digest differs any more, and what is left are the bindings.
fn signed_anew_is_refused(swapped: &[&Component], base: &Base) {
    let (report, what) = reported(Who::Operator, swapped, base);
    let bound = swapped
        .iter()
        .filter_map(|component| Some((*component, component.binding()?)));
    let bound: Vec<(&Component, &Binding)> = bound.collect();
    if bound.is_empty() {
        assert_eq!(report.verdict, Verdict::Verified, "{what}");
        return swapped.iter().for_each(|component| component.assert_unbound(&report));
    }
    assert_eq!(report.verdict, Verdict::Failed, "{what}");
    let failing = failing(&report);
    let may_fail = |id| {
        bound
            .iter()
            .any(|(_, (_, name, rest))| name.contains(id) || rest.contains(id))
    };
    assert!(failing.keys().all(may_fail), "{what}");
    for (component, (_, name, _)) in &bound {
        let naming = name
            .iter()
            .filter(|id| failing.get(**id).is_some_and(|finding| component.is_named_by(finding)));
        match (naming.count(), swapped) {
            (0, [one, other]) => base.assert_hidden(component, one, other),
            (0, _) => panic!("nothing names {} of {what}", component.name),
            (all, [_]) => assert_eq!(all, name.len(), "not each of {name:?} names {what}"),
            _ => {}
        }
    }
    // Where neither is named, since each fits the other, the manifest is: it fits none of them.
    let is_named = |component: &&Component| failing.values().any(|finding| component.is_named_by(finding));
    if !swapped.iter().any(is_named) {
        assert_eq!(failing[ids::MANIFEST].file.as_deref(), Some("manifest.json"), "{what}");
    }
}

/// A component that isn't named where this other one came with it, and why. The other one is, or the manifest that fits
/// neither.
type Hidden = (&'static str, &'static str, &'static str);

/// A file, and what it takes to sign and verify it.
struct Base {
    own: Files,
    pins: Pins,
    key: SigningKey,
    hidden: &'static [Hidden],
}

impl Base {
    fn assert_hidden(&self, component: &Component, one: &Component, other: &Component) {
        let beside = if one.name == component.name { other } else { one };
        let known = |(it, by, _): &Hidden| component.name.starts_with(it) && *by == beside.name;
        let (it, by) = (&component.name, &beside.name);
        assert!(
            self.hidden.iter().any(known),
            "{it} isn't named where {by} came with it"
        );
    }
}

/// Each component, and every two of them, by each attacker. Gives how many files that made.
fn each_is_refused(log: &mut Log, others: &Files, hidden: &'static [Hidden]) -> u32 {
    let base = Base {
        own: open(&log.case().unwrap()),
        pins: log.pins(),
        key: key(Role::Case, 2),
        hidden,
    };
    let components = components(&base.own, others);
    let mut tried = 0;
    for (at, one) in components.iter().enumerate() {
        let alone = [one].to_vec();
        let pairs = components.iter().skip(at + 1).map(|other| vec![one, other]);
        for swapped in std::iter::once(alone).chain(pairs) {
            unsigned_is_refused(Who::Nobody, &swapped, &base);
            unsigned_is_refused(Who::Repacker, &swapped, &base);
            signed_anew_is_refused(&swapped, &base);
            tried += 3;
        }
    }
    tried
}

#[test]
fn components_of_an_earlier_file_of_the_same_log() {
    let mut log = Log::scripted(1);
    let earlier = open(&log.case().unwrap());
    let tried = each_is_refused(
        &mut log,
        &earlier,
        &[
            (CHECKPOINT, RECORDS, "they are in the log that it seals"),
            (SKELETON, CHECKPOINT, "it leads to that root"),
        ],
    );
    assert_eq!(tried, 165);
}

#[test]
fn components_of_another_agents_file_of_the_same_log() {
    let mut log = Log::scripted(1);
    let input = log.export(&other_bot(), None, None);
    let others = open(&signed(input, &log.keys.case).unwrap());
    let tried = each_is_refused(
        &mut log,
        &others,
        &[
            (CHECKPOINT, RECORDS, "they are in the log that it seals"),
            (SKELETON, CHECKPOINT, "it leads to that root"),
            ("approvals/", CHECKPOINT, "no decision is proved that would want one"),
            ("approvals/", RECORDS, "no decision is here that would want one"),
            (
                "contents",
                RECORDS,
                "those records commit to them; export.disclosure does",
            ),
        ],
    );
    assert_eq!(tried, 459);
}

#[test]
fn components_of_a_file_of_another_log() {
    let others = open(&Log::scripted(9).case().unwrap());
    let tried = each_is_refused(
        &mut Log::scripted(1),
        &others,
        &[
            (CHECKPOINT, RECORDS, "they are in the log that it seals"),
            (RECORDS, CHECKPOINT, "they are in the log that it seals"),
            (SKELETON, CHECKPOINT, "it leads to that root"),
            ("keys.json", CHECKPOINT, "the manifest comes first in that finding"),
            ("keys.json", MANIFEST, "the manifest comes first in that finding"),
        ],
    );
    assert_eq!(tried, 459);
}
