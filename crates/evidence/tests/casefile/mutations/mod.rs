//! Seeded mutations of valid files: one seed gives one file, everywhere.

mod archive;
mod bytes;
mod random;
mod text;

use evidence::casefile::unpack;
use evidence::verifier::{Pins, Report, Verdict, verify};

use self::random::Random;
use crate::export::signed;
use crate::fixture::{Log, START_MS, bot};
use crate::tamper::{Files, brief, close, open};

/// What a mutation is made to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bytes,
    Archive,
    Json,
}

pub(crate) const KINDS: [(Kind, &str); 3] = [
    (Kind::Bytes, "bytes"),
    (Kind::Archive, "zip structure"),
    (Kind::Json, "JSON structure"),
];

/// A valid file that is mutated.
pub(crate) struct Base {
    pub(crate) zip: Vec<u8>,
    files: Files,
    pub(crate) pins: Pins,
    report: Report,
}

impl Base {
    fn new(zip: Vec<u8>, pins: Pins) -> Self {
        let report = verify(&zip, "x", &pins);
        assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
        let files = open(&zip);
        assert_eq!(close(&files), zip);
        Self {
            zip,
            files,
            pins,
            report,
        }
    }

    fn mutated(&self, kind: Kind, random: &mut Random) -> Vec<u8> {
        match kind {
            Kind::Bytes => bytes::mutate(&self.zip, random),
            Kind::Archive => archive::mutate(&self.files, random),
            Kind::Json => text::mutate(&self.files, random),
        }
    }

    /// Whether a file that reads as intact is another than this one.
    pub(crate) fn is_another(&self, zip: &[u8], report: &Report) -> bool {
        let same_files = unpack(zip).is_ok_and(|files| files.into_iter().collect::<Files>() == self.files);
        !same_files || report.findings != self.report.findings || report.timeline != self.report.timeline
    }
}

/// A whole stream, an interval, and a log whose key was rotated.
pub(crate) fn bases() -> [Base; 3] {
    let mut log = Log::scripted(1);
    let whole = Base::new(log.case().unwrap(), log.pins());
    let input = log.export(&bot(), Some(START_MS + 7500), Some(START_MS + 12_500));
    let interval = signed(input, &log.keys.case).unwrap();
    let interval = Base::new(interval, log.pins());
    let mut rotated = Log::scripted(4);
    rotated.rotate(40);
    [whole, interval, Base::new(rotated.case().unwrap(), rotated.pins())]
}

/// A file that a seed made of a valid one.
pub(crate) struct Mutation<'a> {
    pub(crate) base: &'a Base,
    /// Its place among the [`KINDS`].
    pub(crate) kind: usize,
    pub(crate) zip: Vec<u8>,
}

/// The file of this seed.
pub(crate) fn of_seed(seed: u64, bases: &[Base]) -> Mutation<'_> {
    let mut random = Random::new(seed);
    let base = random.of(bases);
    let at = random.below(KINDS.len());
    let zip = base.mutated(KINDS[at].0, &mut random);
    Mutation { base, kind: at, zip }
}
