//! Reads an entry of the case file line by line, hashing all of it on the way.

use std::io::{Read, Seek};

use sha2::{Digest as _, Sha256};

use crate::casefile::{Container, ReadError, Window};
use crate::hash::Digest;

const CHUNK: u64 = 1 << 18;

/// One line, without its line feed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The line.
    Whole(Vec<u8>),
    /// A line longer than is read; the rest of it was skipped.
    TooLong,
    /// The last line, which isn't ended by a line feed.
    Unended(Vec<u8>),
}

/// An entry being read line by line.
#[derive(Debug)]
pub(super) struct Lines {
    window: Window,
    buffer: Vec<u8>,
    at: usize,
    longest: usize,
    hasher: Sha256,
    length: u64,
}

impl Lines {
    pub(super) fn new(window: Window, longest: usize) -> Self {
        Self {
            window,
            buffer: Vec::new(),
            at: 0,
            longest,
            hasher: Sha256::new(),
            length: 0,
        }
    }

    /// The next line; nothing at the entry's end. The number is how many bytes were read for it.
    pub(super) fn next<R: Read + Seek>(&mut self, zip: &mut Container<R>) -> Result<Option<Line>, ReadError> {
        let mut too_long = false;
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            if let Some(length) = rest.iter().position(|byte| *byte == b'\n') {
                let line = rest.get(..length).unwrap_or_default().to_vec();
                self.at = self.at.saturating_add(length).saturating_add(1);
                let too_long = too_long || line.len() > self.longest;
                return Ok(Some(if too_long { Line::TooLong } else { Line::Whole(line) }));
            }
            if self.window.left() == 0 {
                let line = rest.to_vec();
                self.at = self.buffer.len();
                return Ok(match (too_long, line.is_empty()) {
                    (true, _) => Some(Line::TooLong),
                    (false, true) => None,
                    (false, false) => Some(Line::Unended(line)),
                });
            }
            // What can't become a line any more isn't kept: memory stays bounded.
            if rest.len() > self.longest {
                too_long = true;
                self.at = self.buffer.len();
            }
            self.fill(zip)?;
        }
    }

    fn fill<R: Read + Seek>(&mut self, zip: &mut Container<R>) -> Result<(), ReadError> {
        self.buffer.drain(..self.at.min(self.buffer.len()));
        self.at = 0;
        let before = self.buffer.len();
        zip.read(&mut self.window, CHUNK, &mut self.buffer)?;
        let new = self.buffer.get(before..).unwrap_or_default();
        self.hasher.update(new);
        self.length = self.length.saturating_add(new.len() as u64);
        Ok(())
    }

    /// Length and SHA-256 of what was read; of the whole entry once [`next`](Self::next) has given nothing.
    pub(super) fn finish(self) -> (u64, Digest) {
        (self.length, Digest::new(self.hasher.finalize().into()))
    }
}
