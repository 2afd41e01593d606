//! The long files of a case file while they are made: written to wherever the caller keeps them, summed on the way, and
//! read again when the archive is put together.

use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest as _, Sha256};

use super::container::Crc32;
use crate::hash::Digest;

/// How much is written at a time.
const PIECE: usize = 1 << 18;

/// A file being made.
#[derive(Debug)]
pub(super) struct Spool<S> {
    kept: S,
    waiting: Vec<u8>,
    sha256: Sha256,
    crc: Crc32,
    length: u64,
}

/// A file that is made.
#[derive(Debug)]
pub(super) struct Spooled<S> {
    kept: S,
    pub(super) sha256: Digest,
    pub(super) crc32: u32,
    pub(super) length: u64,
}

impl<S: Read + Write + Seek> Spool<S> {
    /// An empty file, kept in `kept`, which is empty.
    pub(super) fn new(kept: S) -> Self {
        Self {
            kept,
            waiting: Vec::with_capacity(PIECE),
            sha256: Sha256::new(),
            crc: Crc32::new(),
            length: 0,
        }
    }

    /// Appends a line, with its line feed.
    pub(super) fn line(&mut self, line: &[u8]) -> io::Result<()> {
        self.waiting.extend_from_slice(line);
        self.waiting.push(b'\n');
        if self.waiting.len() >= PIECE {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sha256.update(&self.waiting);
        self.crc.update(&self.waiting);
        self.length = self.length.saturating_add(self.waiting.len() as u64);
        self.kept.write_all(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    /// Nothing follows.
    pub(super) fn end(mut self) -> io::Result<Spooled<S>> {
        self.flush()?;
        Ok(Spooled {
            kept: self.kept,
            sha256: Digest::new(self.sha256.finalize().into()),
            crc32: self.crc.finish(),
            length: self.length,
        })
    }
}

impl<S: Read + Seek> Spooled<S> {
    /// Its bytes, from the first on.
    pub(super) fn bytes(&mut self) -> io::Result<impl Read + '_> {
        self.kept.seek(SeekFrom::Start(0))?;
        Ok(self.kept.by_ref().take(self.length))
    }
}
