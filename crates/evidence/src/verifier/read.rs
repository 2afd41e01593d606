//! The steps that read the smaller files, the skeleton and the records.

use std::io::{self, Read, Seek};

use sha2::{Digest as _, Sha256};

use super::examine;
use super::lines::{Line, Lines};
use super::run::{Stage, Verifier};
use super::seal::{Rebuilding, Seal};
use super::{timeline, words};
use crate::casefile::{
    ConsistencyFile, Container, InclusionLine, KeysFile, Manifest, RangeFile, ReadError, Selection, Window, name,
};
use crate::checkpoint::SignedCheckpoint;
use crate::envelope::Envelope;
use crate::hash::Digest;
use crate::record::Record;

impl<R: Read + Seek> Verifier<R> {
    /// Loads an entry and notes its digest; nothing where it is missing or can't be had, which is then noted.
    pub(super) fn load(&mut self, zip: &mut Container<R>, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        match zip.load(name, limit) {
            Ok(bytes) => {
                self.work(bytes.len() as u64);
                self.note(name, bytes.len() as u64, Digest::sha256(&bytes));
                Ok(Some(bytes))
            }
            Err(error) => refused(error).map(|()| None),
        }
    }

    pub(super) fn note(&mut self, name: &str, bytes: u64, digest: Digest) {
        self.case.files.insert(name.to_owned(), Some((bytes, digest)));
    }

    /// Reads a small file by its parser; a file that doesn't parse is a fault.
    pub(super) fn parsed<T, E: std::fmt::Display>(
        &mut self,
        zip: &mut Container<R>,
        name: &str,
        parse: impl FnOnce(&[u8]) -> Result<T, E>,
    ) -> io::Result<Option<T>> {
        let Some(bytes) = self.load(zip, name, self.limits.small_bytes)? else {
            return Ok(None);
        };
        let read = match self.has_few_values(&bytes) {
            true => parse(&bytes).map_err(|error| error.to_string()),
            false => Err(self.too_many_values()),
        };
        match read {
            Ok(value) => Ok(Some(value)),
            Err(why) => {
                self.case.faults.push((name.to_owned(), why));
                Ok(None)
            }
        }
    }

    /// Whether JSON has no more values than fit into memory. Counted by what begins or parts them, also where that stands
    /// in a text: reading it to count would be what is to be avoided.
    fn has_few_values(&self, json: &[u8]) -> bool {
        let parting = json.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{'));
        parting.take(self.limits.values.saturating_add(1)).count() <= self.limits.values
    }

    fn too_many_values(&self) -> String {
        format!("it has more than {} values", words::number(self.limits.values as u64))
    }

    /// The attestation, whose statement is a document of its own.
    fn attestation(&mut self, zip: &mut Container<R>) -> io::Result<Option<Envelope>> {
        let envelope = self.parsed(zip, name::ATTESTATION, Envelope::parse)?;
        if envelope
            .as_ref()
            .is_none_or(|envelope| self.has_few_values(envelope.unverified_payload()))
        {
            return Ok(envelope);
        }
        self.case
            .faults
            .push((name::ATTESTATION.to_owned(), self.too_many_values()));
        Ok(None)
    }

    pub(super) fn small(&mut self, mut zip: Container<R>) -> io::Result<Stage<R>> {
        self.case.manifest = self.parsed(&mut zip, name::MANIFEST, Manifest::parse)?;
        self.case.keys = self.parsed(&mut zip, name::KEYS, KeysFile::parse)?;
        self.case.attestation = self.attestation(&mut zip)?;
        self.case.checkpoint = self.parsed(&mut zip, name::CHECKPOINT, checkpoint)?;
        self.case.seal = self.case.checkpoint.as_ref().map(|signed| Seal::new(*signed.claimed()));
        let small = self.limits.small_bytes;
        self.case.bundle = self
            .load(&mut zip, name::BUNDLE, small)?
            .map(|bytes| (name::BUNDLE.to_owned(), bytes));
        self.case.pem = self
            .load(&mut zip, name::PEM, small)?
            .map(|bytes| (name::PEM.to_owned(), bytes));
        self.case.since_note = self.parsed(&mut zip, name::SINCE, checkpoint)?;
        self.case.consistency = self.parsed(&mut zip, name::CONSISTENCY, ConsistencyFile::parse)?;
        let range = self.parsed(&mut zip, name::RANGE, RangeFile::parse)?;
        let leaves = zip.size(name::SKELETON).unwrap_or_default() / 48;
        if leaves > self.limits.leaves {
            let sentence = format!("it has {leaves} leaves; at most {} are read", self.limits.leaves);
            self.case.faults.push((name::SKELETON.to_owned(), sentence));
            return self.start_records(zip);
        }
        match zip.window(name::SKELETON) {
            Ok(window) => {
                let rebuilding = range.map(|range| Rebuilding::new(&range));
                let rebuilding = match rebuilding {
                    Some(Err(error)) => {
                        self.case.faults.push((name::RANGE.to_owned(), error.to_string()));
                        None
                    }
                    other => other.and_then(Result::ok),
                };
                Ok(Stage::Skeleton(zip, window, Sha256::new(), rebuilding))
            }
            Err(error) => {
                refused(error)?;
                self.start_records(zip)
            }
        }
    }

    pub(super) fn skeleton(
        &mut self,
        mut zip: Container<R>,
        mut window: Window,
        mut hasher: Sha256,
        mut rebuilding: Option<Rebuilding>,
    ) -> io::Result<Stage<R>> {
        let mut chunk = Vec::new();
        if let Err(error) = zip.read(&mut window, 48 << 10, &mut chunk) {
            refused(error)?;
            return self.start_records(zip);
        }
        hasher.update(&chunk);
        if let Some(rebuilding) = &mut rebuilding {
            rebuilding.push(&chunk);
        }
        self.work(chunk.len() as u64);
        if window.left() > 0 {
            return Ok(Stage::Skeleton(zip, window, hasher, rebuilding));
        }
        let length = zip.size(name::SKELETON).unwrap_or_default();
        self.note(name::SKELETON, length, Digest::new(hasher.finalize().into()));
        if let (Some(rebuilding), Some(seal)) = (rebuilding, &mut self.case.seal)
            && let Err(why) = rebuilding.finish(seal)
        {
            self.case.faults.push((name::SKELETON.to_owned(), why));
        }
        self.start_records(zip)
    }

    pub(super) fn start_records(&mut self, mut zip: Container<R>) -> io::Result<Stage<R>> {
        let proofs = match zip.window(name::INCLUSION) {
            Ok(window) => Some(Lines::new(window, self.limits.record_bytes)),
            Err(error) => refused(error).map(|()| None)?,
        };
        match zip.window(name::RECORDS) {
            Ok(window) => Ok(Stage::Records(
                zip,
                Lines::new(window, self.limits.record_bytes),
                proofs,
            )),
            Err(error) => {
                refused(error)?;
                Ok(self.start_rest(zip))
            }
        }
    }

    pub(super) fn record(
        &mut self,
        mut zip: Container<R>,
        mut records: Lines,
        mut proofs: Option<Lines>,
    ) -> io::Result<Stage<R>> {
        let line = match records.next(&mut zip) {
            Ok(line) => line,
            Err(error) => {
                refused(error)?;
                return Ok(self.start_rest(zip));
            }
        };
        let proof = match proofs.as_mut().map(|proofs| proofs.next(&mut zip)) {
            Some(Ok(proof)) => proof,
            Some(Err(error)) => {
                refused(error)?;
                None
            }
            None => None,
        };
        let over = self.over();
        match line {
            Some(line) if over.is_none() => {
                self.examine(&line, proof);
                Ok(Stage::Records(zip, records, proofs))
            }
            line => {
                let unread = over.filter(|_| line.is_some());
                self.end_records(zip, unread, proof.is_some(), records, proofs)
            }
        }
    }

    /// Why no further record is read, if any is there.
    fn over(&self) -> Option<String> {
        if self.case.total() >= self.limits.records {
            return Some(format!("it has more than {} records", self.limits.records));
        }
        (self.case.bytes_beside() > self.limits.beside_bytes).then(|| {
            format!(
                "after {} records, what is to be kept in mind of them passes {} MB: they name too many different things, or \
                 too many aren't as signed",
                self.case.total(),
                self.limits.beside_bytes >> 20
            )
        })
    }

    pub(super) fn examine(&mut self, line: &Line, proof: Option<Line>) {
        let number = self.case.total().saturating_add(1);
        let proof = match proof {
            Some(Line::Whole(bytes)) => InclusionLine::parse(&bytes).map_err(|error| error.to_string()),
            Some(Line::TooLong | Line::Unended(_)) => Err("its line of proof isn't whole".to_owned()),
            None => Err("there is no proof for it".to_owned()),
        };
        let proof = proof.as_ref().map_err(String::as_str);
        let case = &mut self.case;
        let (seen, record) = examine::examine(line, proof, case.seal.as_ref(), &mut case.tags);
        if let Some(seal) = &case.seal {
            case.ending
                .follow(&seen, case.records.len(), proof.ok(), seal.checkpoint.size);
        }
        let (altered, place) = (!seen.is_as_signed(), seen.place);
        if let Some(record) = &record {
            let tenant = record
                .event()
                .pointer("/metadata/tenant_uid")
                .and_then(serde_json::Value::as_str);
            let named = case.manifest.as_ref().map(|manifest| manifest.tenant.uid.as_str());
            if tenant.is_some() && tenant != named {
                case.foreign = case.foreign.or(Some(number));
            }
            if case
                .selection()
                .is_some_and(|selection| names_otherwise(record, selection))
            {
                case.misnamed = case.misnamed.or(Some(number));
            }
        }
        let bytes: &[u8] = match line {
            Line::Whole(bytes) | Line::Unended(bytes) => bytes,
            Line::TooLong => &[],
        };
        let limits = (self.limits.timeline, self.limits.timeline_bytes);
        // The record of the export comes last, and tells what the file is.
        let end = case.seal.as_ref().map(|seal| seal.checkpoint.size.saturating_sub(1));
        let must = altered || place.is_some() && place == end;
        self.timeline.keep(number, must, limits, proof.ok(), || match &record {
            Some(record) => timeline::entry(record),
            None => timeline::unreadable(number, place, bytes),
        });
        case.take(seen, record.as_ref());
        self.work(bytes.len() as u64);
    }

    /// After the last record: nothing may be left over in either file.
    pub(super) fn end_records(
        &mut self,
        mut zip: Container<R>,
        unread: Option<String>,
        more_proofs: bool,
        records: Lines,
        proofs: Option<Lines>,
    ) -> io::Result<Stage<R>> {
        if let Some(why) = unread {
            self.case.faults.push((name::RECORDS.to_owned(), why));
        } else {
            let (length, digest) = records.finish();
            self.note(name::RECORDS, length, digest);
            if more_proofs {
                let sentence = "it has more proofs than there are records".to_owned();
                self.case.faults.push((name::INCLUSION.to_owned(), sentence));
            }
        }
        // Whatever is left of the proofs still counts for that file's digest.
        if let Some(mut proofs) = proofs {
            loop {
                match proofs.next(&mut zip) {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(error) => {
                        refused(error)?;
                        return Ok(self.start_rest(zip));
                    }
                }
            }
            let (length, digest) = proofs.finish();
            self.note(name::INCLUSION, length, digest);
        }
        Ok(self.start_rest(zip))
    }

    /// Every record that can be read was read: now they can be judged together, and the rest against them.
    pub(super) fn start_rest(&mut self, zip: Container<R>) -> Stage<R> {
        self.case.settle();
        let unread = self.case.files.iter().filter(|(_, read)| read.is_none());
        self.waiting = unread.map(|(name, _)| name.clone()).collect();
        Stage::Rest(zip)
    }
}

/// What an entry that can't be had comes to: one that is missing is reported by what lacks it, one that the archive
/// forbids by the archive's breaches. Only a file that can't be read ends the verification.
pub(super) fn refused(error: ReadError) -> io::Result<()> {
    match error {
        ReadError::Missing(_) | ReadError::Breach(_) => Ok(()),
        ReadError::Io(error) => Err(error),
    }
}

fn checkpoint(bytes: &[u8]) -> Result<SignedCheckpoint, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it isn't text".to_owned())?;
    SignedCheckpoint::parse(text).map_err(|error| error.to_string())
}

/// Whether a record is of the selected agent, and says another name of it: a title would then be about somebody else.
fn names_otherwise(record: &Record, selection: &Selection) -> bool {
    let Selection::Agent { agent, .. } = selection else {
        return false;
    };
    let said = |member| record.event().pointer(member).and_then(serde_json::Value::as_str);
    let is_of_it = record.stream().as_str() == agent.uid && said("/ai_agent/uid") == Some(agent.uid.as_str());
    is_of_it && said("/ai_agent/name") != Some(agent.name.as_str())
}
