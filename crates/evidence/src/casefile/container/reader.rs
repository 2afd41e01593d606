//! Opens an archive, checks it against the profile, and reads its entries under caps.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};

use super::breach::Breach;
use super::crc::Crc32;
use super::inflate::inflate;
use super::layout::{END_LENGTH, LOCAL_LENGTH, LOCAL_SIGNATURE, ZIP64_LOCATOR_SIGNATURE};
use super::walk::{self, Entry};

/// How much of an archive is read.
#[derive(Debug, Clone, Copy)]
pub struct ContainerLimits {
    /// Entries in all.
    pub entries: u64,
    /// Bytes of one entry, expanded.
    pub entry_bytes: u64,
    /// Bytes of all entries, expanded.
    pub total_bytes: u64,
    /// Bytes of one compressed entry, expanded: such an entry breaks the profile and is read into memory whole.
    pub inflated_bytes: u64,
    /// How many times its size a compressed entry may grow.
    pub ratio: u64,
}

impl Default for ContainerLimits {
    fn default() -> Self {
        Self {
            entries: 65_534,
            entry_bytes: 4 << 30,
            total_bytes: 4 << 30,
            inflated_bytes: 64 << 20,
            ratio: 100,
        }
    }
}

/// Why a file can't be opened as an archive.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It has no end record and doesn't begin like a zip.
    #[error("this is not a zip archive")]
    NotAZip,
    /// It begins like a zip and has no end.
    #[error("this zip archive is cut off or damaged: its end is missing")]
    CutOff,
    /// Reading the file failed.
    #[error("the file can't be read: {0}")]
    Io(#[from] io::Error),
}

/// Why an entry can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is none of this name.
    #[error("`{0}` is missing")]
    Missing(String),
    /// The archive forbids reading it, or a cap was reached.
    #[error(transparent)]
    Breach(#[from] Breach),
    /// Reading the file failed.
    #[error("the file can't be read: {0}")]
    Io(#[from] io::Error),
}

/// How many breaches are kept; the rest is counted.
const KEPT: usize = 64;

#[derive(Debug, Default)]
struct Breaches {
    kept: Vec<Breach>,
    more: u64,
    ended: bool,
}

impl Breaches {
    fn note(&mut self, breach: Breach) {
        self.ended |= breach.ends_reading();
        if self.kept.contains(&breach) {
            return;
        }
        // One that ends the reading is never crowded out by those that don't.
        if self.kept.len() < KEPT || breach.ends_reading() && self.kept.len() < KEPT * 2 {
            self.kept.push(breach);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }
}

/// An archive under inspection. Nothing in it is trusted because it could be opened.
#[derive(Debug)]
pub struct Container<R> {
    file: R,
    limits: ContainerLimits,
    start: u64,
    directory_at: u64,
    entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
    checked: usize,
    listed: bool,
    breaches: Breaches,
}

/// A place in an entry, from which the entry is read on in order.
#[derive(Debug)]
pub(crate) struct Window {
    index: usize,
    at: u64,
    left: u64,
    expanded: Option<Vec<u8>>,
    crc: Crc32,
}

impl Window {
    /// How many bytes are still to be read.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }
}

impl<R: Read + Seek> Container<R> {
    /// Reads the directory. Nothing is checked against the entries themselves until [`check`](Self::check) has run to
    /// its end.
    ///
    /// # Errors
    /// A file that is no zip, or can't be read. Breaches of the profile are no errors here: see
    /// [`breaches`](Self::breaches).
    pub fn open(mut file: R, limits: ContainerLimits) -> Result<Self, OpenError> {
        let length = file.seek(SeekFrom::End(0))?;
        let tail_at = length.saturating_sub(END_LENGTH + u64::from(u16::MAX) + KEPT_TAIL);
        let tail = read_at(&mut file, tail_at, length.saturating_sub(tail_at))?;
        let Some((place, end)) = walk::find_end(&tail) else {
            let start = read_at(&mut file, 0, length.min(4))?;
            let begins = start == LOCAL_SIGNATURE.to_le_bytes();
            return Err(if begins { OpenError::CutOff } else { OpenError::NotAZip });
        };
        let end_at = tail_at.saturating_add(place as u64);
        let mut container = Self {
            file,
            limits,
            start: 0,
            directory_at: end_at,
            entries: Vec::new(),
            by_name: HashMap::new(),
            checked: 0,
            listed: false,
            breaches: Breaches::default(),
        };
        container.read_directory(&end, end_at, length, tail.get(..place).unwrap_or_default())?;
        Ok(container)
    }

    fn read_directory(
        &mut self,
        end: &super::layout::End,
        end_at: u64,
        length: u64,
        before_end: &[u8],
    ) -> Result<(), OpenError> {
        let breaches = &mut self.breaches;
        let mut note = |breach| breaches.note(breach);
        if end.comment_length > 0 {
            note(Breach::Comment(end.comment_length));
        }
        let after = length.saturating_sub(end_at + END_LENGTH + u64::from(end.comment_length));
        if after > 0 {
            note(Breach::TrailingBytes(after));
        }
        let locator = before_end.len().checked_sub(20).and_then(|at| before_end.get(at..));
        if walk::is_beyond_plain(end)
            || locator.is_some_and(|bytes| bytes.starts_with(&ZIP64_LOCATOR_SIGNATURE.to_le_bytes()))
        {
            note(Breach::Zip64);
            return Ok(());
        }
        let count = u64::from(end.counts.0);
        if count > self.limits.entries {
            note(Breach::TooMany {
                found: count,
                limit: self.limits.entries,
            });
            return Ok(());
        }
        let size = u64::from(end.directory_size);
        let placed = end_at
            .checked_sub(size)
            .filter(|_| size <= walk::directory_limit(count));
        let shift = placed.and_then(|at| at.checked_sub(end.directory_offset.into()));
        let (Some(directory_at), Some(shift)) = (placed, shift) else {
            note(Breach::Misplaced);
            return Ok(());
        };
        if shift > 0 {
            note(Breach::LeadingBytes(shift));
        }
        let bytes = read_at(&mut self.file, directory_at, size)?;
        self.entries = walk::directory(&bytes, end.counts.0, shift, &mut note);
        self.listed = !self
            .breaches
            .kept
            .iter()
            .any(|breach| matches!(breach, Breach::Directories(_)));
        (self.start, self.directory_at) = (shift, directory_at);
        self.index();
        Ok(())
    }

    /// Applies the caps on sizes, and makes the entries findable by name.
    fn index(&mut self) {
        let mut total = 0u64;
        for (index, entry) in self.entries.iter().enumerate() {
            let (size, packed) = (u64::from(entry.common.size), u64::from(entry.common.packed));
            total = total.saturating_add(size);
            let limit = if entry.common.method == 0 {
                self.limits.entry_bytes
            } else {
                self.limits.inflated_bytes
            };
            if size > limit {
                self.breaches.note(Breach::TooLarge {
                    name: entry.name.clone(),
                    bytes: size,
                    limit,
                });
            }
            // Short entries may be of one letter throughout; they can't do harm.
            if size > 1 << 20 && size > packed.saturating_mul(self.limits.ratio) {
                self.breaches.note(Breach::Bomb(entry.name.clone()));
            }
            self.by_name.insert(entry.name.clone(), index);
        }
        if total > self.limits.total_bytes {
            let (name, limit) = ("all entries together".to_owned(), self.limits.total_bytes);
            self.breaches.note(Breach::TooLarge {
                name,
                bytes: total,
                limit,
            });
        }
    }

    /// Compares the next `count` entries with their local headers; `true` once all are compared and their layout too.
    ///
    /// # Errors
    /// Only where the file can't be read.
    pub fn check(&mut self, count: usize) -> io::Result<bool> {
        let Self {
            file,
            entries,
            breaches,
            directory_at,
            checked,
            ..
        } = self;
        for entry in entries.iter_mut().skip(*checked).take(count) {
            *checked = checked.saturating_add(1);
            let mut note = |breach| breaches.note(breach);
            let room = directory_at.saturating_sub(entry.header_at);
            let header = read_at(file, entry.header_at, LOCAL_LENGTH.min(room))?;
            let lengths = header.get(26..30).and_then(|bytes| {
                let mut fields = super::layout::Fields(bytes);
                Some(u64::from(fields.u16()?).saturating_add(fields.u16()?.into()))
            });
            let after_at = entry.header_at.saturating_add(LOCAL_LENGTH);
            let wanted = lengths.unwrap_or_default().min(directory_at.saturating_sub(after_at));
            let after = read_at(file, after_at, wanted)?;
            walk::local(entry, &header, &after, &mut note);
            if entry.data_end() > *directory_at {
                note(Breach::Overlap(entry.name.clone()));
            }
        }
        if self.checked < self.entries.len() {
            return Ok(false);
        }
        if !self.breaches.ended {
            let breaches = &mut self.breaches;
            walk::layout(&self.entries, self.start, self.directory_at, &mut |breach| {
                breaches.note(breach)
            });
        }
        Ok(true)
    }

    /// How many entries the directory names, and how many of them were checked.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        (self.checked as u64, self.entries.len() as u64)
    }

    /// What departs from the profile, as far as it was read. Reading entries may add to it.
    #[must_use]
    pub fn breaches(&self) -> &[Breach] {
        &self.breaches.kept
    }

    /// How many breaches there are beyond those that [`breaches`](Self::breaches) lists.
    #[must_use]
    pub fn more_breaches(&self) -> u64 {
        self.breaches.more
    }

    /// Whether the entries may be read at all: every header was checked, and no breach ends the reading.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        !self.breaches.ended && self.checked == self.entries.len()
    }

    /// Whether the directory could be read to its end, so that [`names`](Self::names) has every name.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.listed
    }

    /// The entries' names, in the directory's order, folders left out.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries
            .iter()
            .filter(|entry| !entry.is_directory())
            .map(|entry| entry.name.as_str())
    }

    /// The size of the entry of this name, where there is one.
    #[must_use]
    pub fn size(&self, name: &str) -> Option<u64> {
        let index = self.by_name.get(name)?;
        self.entries.get(*index).map(|entry| entry.common.size.into())
    }

    /// The whole entry of this name, if it isn't longer than `limit`.
    ///
    /// # Errors
    /// A missing or too long entry, one whose bytes can't be had, an archive that isn't readable.
    pub fn load(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        if let Some(bytes) = self.size(name).filter(|size| *size > limit) {
            let breach = Breach::TooLarge {
                name: name.to_owned(),
                bytes,
                limit,
            };
            self.breaches.note(breach.clone());
            return Err(breach.into());
        }
        let mut window = self.window(name)?;
        let mut bytes = Vec::new();
        while window.left() > 0 {
            self.read(&mut window, 1 << 20, &mut bytes)?;
        }
        Ok(bytes)
    }

    /// Starts reading the entry of this name.
    pub(crate) fn window(&mut self, name: &str) -> Result<Window, ReadError> {
        let index = self.by_name.get(name).copied();
        let Some((index, entry)) = index.and_then(|index| Some((index, self.entries.get(index)?.clone()))) else {
            return Err(ReadError::Missing(name.to_owned()));
        };
        if !self.is_readable() {
            return Err(Breach::Damaged(entry.name).into());
        }
        let mut window = Window {
            index,
            at: entry.data_at,
            left: entry.common.size.into(),
            expanded: None,
            crc: Crc32::new(),
        };
        if entry.common.method != 0 {
            self.file.seek(SeekFrom::Start(entry.data_at))?;
            match inflate(&entry.common, &mut self.file) {
                Ok(bytes) => window.expanded = Some(bytes),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    self.breaches.note(Breach::Damaged(entry.name.clone()));
                    return Err(Breach::Damaged(entry.name).into());
                }
                Err(error) => return Err(error.into()),
            }
            window.at = 0;
        }
        if window.left == 0 {
            self.close(&window);
        }
        Ok(window)
    }

    /// Appends at most `most` of the entry's next bytes to `out`. At the entry's end its checksum is compared.
    pub(crate) fn read(&mut self, window: &mut Window, most: u64, out: &mut Vec<u8>) -> Result<(), ReadError> {
        let wanted = window.left.min(most);
        let before = out.len();
        match &window.expanded {
            Some(bytes) => {
                let from = usize::try_from(window.at).unwrap_or(usize::MAX);
                let to = from.saturating_add(usize::try_from(wanted).unwrap_or(usize::MAX));
                out.extend_from_slice(bytes.get(from..to).unwrap_or_default());
            }
            None => out.append(&mut read_at(&mut self.file, window.at, wanted)?),
        }
        let new = out.get(before..).unwrap_or_default();
        if new.len() as u64 != wanted {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        window.crc.update(new);
        window.at = window.at.saturating_add(wanted);
        window.left = window.left.saturating_sub(wanted);
        if window.left == 0 && wanted > 0 {
            self.close(window);
        }
        Ok(())
    }

    fn close(&mut self, window: &Window) {
        if let Some(entry) = self.entries.get(window.index)
            && entry.common.crc32 != window.crc.finish()
        {
            self.breaches.note(Breach::Checksum(entry.name.clone()));
        }
    }
}

/// How much further back than a comment can reach the end record is searched for: appended bytes are then named.
const KEPT_TAIL: u64 = 1 << 16;

fn read_at<R: Read + Seek>(file: &mut R, at: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.by_ref().take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads every entry of an archive that keeps to the profile, in ascending order of names: the inverse of
/// [`pack`](super::pack).
///
/// # Errors
/// The first breach of the profile, or that it is no archive.
pub fn unpack(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ReadError> {
    let mut container = Container::open(io::Cursor::new(bytes), ContainerLimits::default())
        .map_err(|error| ReadError::Io(io::Error::new(io::ErrorKind::InvalidData, error)))?;
    container.check(usize::MAX)?;
    let names: Vec<String> = container.names().map(str::to_owned).collect();
    let mut entries = Vec::new();
    for name in names {
        if let Some(breach) = container.breaches().first() {
            return Err(breach.clone().into());
        }
        let loaded = container.load(&name, u64::MAX)?;
        entries.push((name, loaded));
    }
    match container.breaches().first() {
        Some(breach) => Err(breach.clone().into()),
        None => Ok(entries),
    }
}
