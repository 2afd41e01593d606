//! Server-sent events, cut out of whatever pieces they come in (WHATWG HTML, 9.2.6).
//!
//! ```text
//! event: message_stop\n          a frame is the lines up to an empty one; a line ends with LF, CR LF or CR
//! data: {"type":"message_stop"}\n
//! \n
//! ```

use std::mem;

/// The longest event that is read, in bytes; of a longer one only the name is.
pub(super) const LONGEST: usize = 1 << 20;

/// The longest name of an event that is kept.
const LONGEST_NAME: usize = 128;

/// What is kept for the next event although this one was longer.
const KEPT: usize = 1 << 16;

/// An event.
#[derive(Debug)]
pub(super) struct Event<'a> {
    /// Its `event:` field; empty without one.
    pub(super) name: &'a [u8],
    /// Its `data:` lines, joined by line feeds.
    pub(super) data: &'a [u8],
    /// Whether it is longer than is read: `data` isn't all of it.
    pub(super) too_long: bool,
    /// At which byte its first line begins.
    pub(super) begins: u64,
}

/// Finds the events.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// How many bytes have come.
    at: u64,
    /// Where the frame under way begins.
    frame_at: u64,
    /// What has come of a line that isn't complete.
    line: Vec<u8>,
    line_too_long: bool,
    /// A carriage return ended the last line: a line feed that follows belongs to it.
    after_cr: bool,
    /// The first line was looked at: a byte order mark may only stand before it.
    began: bool,
    /// The frame has a line.
    open: bool,
    name: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    too_long: bool,
}

impl Frames {
    /// Takes the next bytes, and gives each event that they complete.
    pub(super) fn push(&mut self, chunk: &[u8], mut event: impl FnMut(Event<'_>)) {
        let mut rest = chunk;
        if self.after_cr
            && let [first, after @ ..] = rest
        {
            self.after_cr = false;
            if *first == b'\n' {
                rest = after;
                self.pass(1);
            }
        }
        while let Some(length) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, ended) = rest.split_at(length);
            let end = if ended.starts_with(b"\r\n") { 2 } else { 1 };
            self.after_cr = ended == b"\r";
            self.end_line(line, end, &mut event);
            rest = ended.get(end..).unwrap_or_default();
        }
        self.at += rest.len() as u64;
        self.keep(rest);
    }

    /// The event that no empty line has ended.
    pub(super) fn finish(mut self, mut event: impl FnMut(Event<'_>)) {
        if !self.line.is_empty() {
            self.end_line(b"", 0, &mut event);
        }
        self.end_frame(&mut event);
    }

    /// Goes on to the next line, `bytes` further.
    fn pass(&mut self, bytes: usize) {
        self.at += bytes as u64;
        if !self.open {
            self.frame_at = self.at;
        }
    }

    /// Keeps a piece of a line, as far as lines are kept.
    fn keep(&mut self, piece: &[u8]) {
        let room = LONGEST.saturating_sub(self.line.len());
        self.line_too_long |= piece.len() > room;
        self.line.extend_from_slice(piece.get(..room).unwrap_or(piece));
    }

    /// A line is complete with this piece, and `end` bytes that end it.
    fn end_line(&mut self, piece: &[u8], end: usize, event: &mut impl FnMut(Event<'_>)) {
        if self.line.is_empty() && piece.len() <= LONGEST {
            self.line(piece, event);
        } else {
            self.keep(piece);
            let mut line = mem::take(&mut self.line);
            self.line(&line, event);
            line.clear();
            line.shrink_to(KEPT);
            self.line = line;
        }
        self.line_too_long = false;
        self.pass(piece.len() + end);
    }

    fn line(&mut self, line: &[u8], event: &mut impl FnMut(Event<'_>)) {
        let line = match line.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) if !self.began => rest,
            _ => line,
        };
        self.began = true;
        if line.is_empty() {
            self.end_frame(event);
            return;
        }
        self.open = true;
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => self.name = value.get(..LONGEST_NAME).unwrap_or(value).to_vec(),
            b"data" => self.data(value),
            // Comments, ids, and what else there may be.
            _ => {}
        }
    }

    fn data(&mut self, value: &[u8]) {
        self.too_long |= self.line_too_long || self.data.len() + value.len() >= LONGEST;
        if !self.too_long {
            if self.has_data {
                self.data.push(b'\n');
            }
            self.data.extend_from_slice(value);
        }
        self.has_data = true;
    }

    fn end_frame(&mut self, event: &mut impl FnMut(Event<'_>)) {
        if self.has_data || !self.name.is_empty() {
            event(Event {
                name: &self.name,
                data: &self.data,
                too_long: self.too_long,
                begins: self.frame_at,
            });
        }
        self.name.clear();
        self.data.clear();
        self.data.shrink_to(KEPT);
        (self.has_data, self.too_long, self.open) = (false, false, false);
    }
}
