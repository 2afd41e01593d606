//! `countersign log check-export`: exported lines against the attestation beside them. Needs no gateway and no log.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use evidence::envelope::IN_TOTO;
use evidence::statement::LogExportStatement;
use evidence::tree::Frontier;
use evidence::verifier::Pin;
use evidence::{Digest, Envelope, Record, Role, Stream, Tag};
use reviewer::attestation_of;
use sha2::{Digest as _, Sha256};

use super::checked::{self, About, Wrong};
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// The longest line that is read, in bytes; no record is nearly as long.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;

const EXPORT: About = About {
    what: "The export",
    signed: "The attestation is signed by the case file key pinned for this log",
};

/// What to check.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The exported lines
    file: PathBuf,
    /// Their attestation [default: FILE.dsse.json]
    #[arg(long, value_name = "FILE")]
    attestation: Option<PathBuf>,
    /// Trust the keys of this file too, as `export-pin` writes it
    #[arg(long = "pin", value_name = "FILE")]
    pins: Vec<PathBuf>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let attestation = args.attestation.clone().unwrap_or_else(|| attestation_of(&args.file));
    let pins = checked::pins(context, &args.pins)?;
    let unread = |path: &Path, error: std::io::Error| {
        Failure::with(Exit::NotThat, format!("`{}` can't be read ({error})", path.display()))
    };
    let bytes = std::fs::read(&attestation).map_err(|error| unread(&attestation, error))?;
    let not_that = |why: String| {
        Failure::with(
            Exit::NotThat,
            format!("`{}` attests no export: {why}", attestation.display()),
        )
    };
    let envelope = Envelope::parse(&bytes).map_err(|error| not_that(error.to_string()))?;
    let statement =
        LogExportStatement::parse(envelope.unverified_payload()).map_err(|error| not_that(error.to_string()))?;
    let file = File::open(&args.file).map_err(|error| unread(&args.file, error))?;
    let lines = Lines::read(&statement, BufReader::new(file));
    let held = lines.and_then(|lines| Ok((signed(&envelope, &statement, &pins)?, lines.sentence(&statement))));
    checked::say(context, &EXPORT, held)
}

/// Whether a key that is pinned for this log's case files signed the attestation.
fn signed(envelope: &Envelope, statement: &LogExportStatement, pins: &[Pin]) -> Result<bool, Wrong> {
    let mut pinned = pins
        .iter()
        .filter(|pin| pin.origin == statement.origin && pin.role == Role::Case)
        .peekable();
    if pinned.peek().is_none() {
        return Ok(false);
    }
    if pinned.any(|pin| envelope.verify(IN_TOTO, &pin.key).is_ok()) {
        Ok(true)
    } else {
        Err("its attestation isn't signed by the case file key that is pinned for this log".to_owned())
    }
}

/// The lines, read once from the first to the last.
#[derive(Default)]
struct Lines {
    sha256: Sha256,
    count: u64,
    first_and_last: Option<(u64, u64)>,
    tags: HashMap<Stream, Tag>,
    /// The tree over the lines, as long as no record is left out between them.
    tree: Frontier,
}

impl Lines {
    fn read(statement: &LogExportStatement, mut file: BufReader<File>) -> Result<Self, Wrong> {
        let mut lines = Self::default();
        let mut line = Vec::new();
        loop {
            line.clear();
            let number = lines.count + 1;
            let read = std::io::Read::take(&mut file, LONGEST_LINE).read_until(b'\n', &mut line);
            if read.map_err(|error| format!("line {number} can't be read ({error})"))? == 0 {
                break;
            }
            lines.sha256.update(&line);
            let record = line
                .strip_suffix(b"\n")
                .ok_or_else(|| format!("line {number} doesn't end as a line does"))?;
            lines
                .take(statement, record)
                .map_err(|wrong| format!("line {number}: {wrong}"))?;
        }
        lines.compare(statement)?;
        Ok(lines)
    }

    fn take(&mut self, statement: &LogExportStatement, line: &[u8]) -> Result<(), Wrong> {
        let record = Record::parse(line).map_err(|error| error.to_string())?;
        if !record.is_intact() {
            return Err(format!(
                "record {} was altered: its bytes don't give the fingerprint that stands in it",
                record.sequence()
            ));
        }
        if *record.origin() != statement.origin {
            return Err("it is of another log than the attestation".to_owned());
        }
        let (first, last) = self.first_and_last.unwrap_or((record.sequence(), record.sequence()));
        if self.count > 0 && record.sequence() <= last {
            return Err(format!("record {} stands after record {last}", record.sequence()));
        }
        self.first_and_last = Some((first, record.sequence()));
        self.count += 1;
        if let Some(tag) = record.tag() {
            self.tags.insert(record.stream().clone(), *tag);
        }
        if let (true, Some(tag)) = (self.tree.size() == record.sequence(), self.tags.get(record.stream())) {
            self.tree.push(record.entry(*tag).leaf_hash());
        }
        Ok(())
    }

    /// Whether these are the lines that were attested, and no others.
    fn compare(&self, statement: &LogExportStatement) -> Result<(), Wrong> {
        if self.count != statement.count || self.first_and_last != statement.first_and_last {
            return Err(format!(
                "{} lines are here, {} were attested: lines were taken out or added",
                self.count, statement.count
            ));
        }
        if Digest::new(self.sha256.clone().finalize().into()) != statement.lines_sha256 {
            return Err("the lines aren't the attested ones: their SHA-256 is another".to_owned());
        }
        if self.is_whole(statement) && self.tree.root() != statement.root {
            return Err("the tree that these records give hasn't the attested root".to_owned());
        }
        Ok(())
    }

    /// Whether every record of the log is here, so that the tree itself could be built.
    fn is_whole(&self, statement: &LogExportStatement) -> bool {
        self.tree.size() == statement.tree_size
    }

    fn sentence(&self, statement: &LogExportStatement) -> String {
        let (count, size, origin) = (statement.count, statement.tree_size, &statement.origin);
        if self.is_whole(statement) {
            return format!(
                "The lines are the attested ones, all {count} records of the log {origin} up to its size of {size}: \
                 the tree that they give has the attested root {}",
                statement.root
            );
        }
        let filter = match statement.filter.as_str() {
            "" => "any filter".to_owned(),
            filter => format!("`{filter}`"),
        };
        format!(
            "The lines are the {count} attested ones, each intact, from the first {size} records of the log {origin}. \
             That no other record matches {filter} is the signer's word; that a line is in the log, `countersign log \
             prove` shows",
        )
    }
}
