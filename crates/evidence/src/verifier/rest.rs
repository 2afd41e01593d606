//! The steps that read what belongs to the records: approvals, policies, contents, and whatever else is there.

use std::io::{self, Read, Seek};

use sha2::{Digest as _, Sha256};

use super::follow::Following;
use super::form::Kind;
use super::judge_people;
use super::read::refused;
use super::run::{CHUNK, Stage, Verifier};
use crate::casefile::{Container, OpeningFile, Window, name};
use crate::content::Opening;
use crate::hash::Digest;

impl<R: Read + Seek> Verifier<R> {
    pub(super) fn rest(&mut self, mut zip: Container<R>) -> io::Result<Stage<R>> {
        let Some(entry) = self.waiting.pop_front() else {
            return Ok(Stage::Following(zip, Following::Keys(0)));
        };
        match Kind::of(&entry) {
            Kind::Approval(sequence) => {
                if let Some(bytes) = self.load(&mut zip, &entry, self.limits.statement_bytes)? {
                    let approval = judge_people::check_approval(&self.case, sequence, &bytes);
                    self.case.approvals.insert(sequence, approval);
                }
            }
            Kind::Rotation(sequence, by_new) => {
                let bytes = self.load(&mut zip, &entry, self.limits.statement_bytes)?;
                let envelopes = self.case.rotations.entry(sequence).or_default();
                let place = if by_new {
                    &mut envelopes.by_new
                } else {
                    &mut envelopes.by_old
                };
                *place = bytes.unwrap_or_default();
            }
            Kind::TlogProof(sequence) => {
                if let Some(bytes) = self.load(&mut zip, &entry, self.limits.proof_bytes)? {
                    self.case.tlog_proofs.insert(sequence, (entry, bytes));
                }
            }
            Kind::Policy(named) => {
                if let Some(bytes) = self.load(&mut zip, &entry, self.limits.small_bytes)? {
                    if Digest::sha256(&bytes) == named {
                        self.case.policies.insert(named);
                    } else {
                        self.case
                            .faults
                            .push((entry, "its SHA-256 isn't the one that it is called by".to_owned()));
                    }
                }
            }
            Kind::Opening(uid) => self.opening(&mut zip, &entry, &uid)?,
            // Read with its opening; alone it opens nothing.
            Kind::Content(uid) if !self.case.files.contains_key(&name::opening(&uid)) => {
                self.case.unopened.push((uid, "its salt isn't here".to_owned()));
                return self.start_whole(zip, entry);
            }
            Kind::Content(_) if self.case.files.get(&entry).is_some_and(Option::is_some) => {}
            _ => return self.start_whole(zip, entry),
        }
        Ok(Stage::Rest(zip))
    }

    pub(super) fn opening(&mut self, zip: &mut Container<R>, entry: &str, uid: &str) -> io::Result<()> {
        let file = self.parsed(zip, entry, OpeningFile::parse)?;
        let bytes = self.load(zip, &name::content(uid), self.limits.content_bytes)?;
        let (Some(file), Some(bytes)) = (file, bytes) else {
            self.case
                .unopened
                .push((uid.to_owned(), "it isn't here whole".to_owned()));
            return Ok(());
        };
        match self.opens(uid, &file, bytes) {
            Ok(()) => {
                self.case.opened.insert(uid.to_owned());
            }
            Err(why) => self.case.unopened.push((uid.to_owned(), why)),
        }
        Ok(())
    }

    pub(super) fn opens(&mut self, uid: &str, file: &OpeningFile, bytes: Vec<u8>) -> Result<(), String> {
        let (header, salt) = file.opened().map_err(|error| error.to_string())?;
        if !self.case.salts.insert(salt) {
            return Err("its salt is that of another content, too".to_owned());
        }
        let recorded = self.case.commitments.to(uid);
        let recorded = recorded.ok_or("no record here, as it was signed, commits to it")?;
        if header.content_uid != uid || header.slot != recorded.slot {
            return Err("it is called otherwise than the record calls it".to_owned());
        }
        Opening { header, salt, bytes }
            .open(&recorded.c)
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    pub(super) fn start_whole(&mut self, mut zip: Container<R>, entry: String) -> io::Result<Stage<R>> {
        match zip.window(&entry) {
            Ok(window) => Ok(Stage::Whole(zip, entry, window, Sha256::new())),
            Err(error) => {
                refused(error)?;
                Ok(Stage::Rest(zip))
            }
        }
    }

    /// Hashes an entry that nothing else reads.
    pub(super) fn whole(
        &mut self,
        mut zip: Container<R>,
        entry: String,
        mut window: Window,
        mut hasher: Sha256,
    ) -> io::Result<Stage<R>> {
        let mut chunk = Vec::new();
        if let Err(error) = zip.read(&mut window, CHUNK, &mut chunk) {
            refused(error)?;
            return Ok(Stage::Rest(zip));
        }
        hasher.update(&chunk);
        self.work(chunk.len() as u64);
        if window.left() > 0 {
            return Ok(Stage::Whole(zip, entry, window, hasher));
        }
        let length = zip.size(&entry).unwrap_or_default();
        self.note(&entry, length, Digest::new(hasher.finalize().into()));
        Ok(Stage::Rest(zip))
    }
}
