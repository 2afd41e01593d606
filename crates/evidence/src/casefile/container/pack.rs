//! Writes the one zip that the profile allows for a set of entries.

use std::io::{self, Read, Write};

use super::crc::Crc32;
use super::layout::{Central, Common, End, Local};
use super::names;

/// Why a set of entries can't be packed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// A name outside the profile.
    #[error("`{0}` can't name an entry of a case file: use A-Z a-z 0-9 . _ - joined by `/`")]
    Name(String),
    /// Two names that are equal, or differ in case only.
    #[error("two entries would be called `{0}`, give or take case")]
    Duplicate(String),
    /// The archive would need zip64.
    #[error("the case file would pass 4 GiB or 65,534 entries: choose a shorter time range")]
    TooLarge,
}

/// Why an archive isn't written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritten {
    /// The profile has no such archive.
    #[error(transparent)]
    Refused(#[from] PackError),
    /// Its bytes can't be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// An entry to be written, summed already.
pub(crate) struct Part<'a> {
    pub(crate) name: &'a str,
    pub(crate) crc32: u32,
    pub(crate) length: u64,
    pub(crate) bytes: Box<dyn Read + 'a>,
}

impl<'a> Part<'a> {
    /// An entry of these bytes.
    pub(crate) fn of(name: &'a str, bytes: &'a [u8]) -> Self {
        Self {
            name,
            crc32: Crc32::of(bytes),
            length: bytes.len() as u64,
            bytes: Box::new(bytes),
        }
    }
}

/// Packs `entries` (name, bytes) into the profile's zip. Order doesn't matter: equal sets give equal bytes.
///
/// # Errors
/// A name that the profile forbids, names that collide, or a size beyond 4 GiB.
pub fn pack<'a>(entries: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Vec<u8>, PackError> {
    let parts = entries.into_iter().map(|(name, bytes)| Part::of(name, bytes)).collect();
    let mut out = Vec::new();
    match pack_into(parts, &mut out) {
        Ok(()) => Ok(out),
        Err(Unwritten::Refused(error)) => Err(error),
        // Bytes in memory can be read and written.
        Err(Unwritten::Io(_)) => Err(PackError::TooLarge),
    }
}

/// As [`pack`], entry by entry.
pub(crate) fn pack_into(mut parts: Vec<Part<'_>>, out: &mut impl Write) -> Result<(), Unwritten> {
    parts.sort_unstable_by_key(|part| part.name);
    check_names(&parts)?;
    let count = u16::try_from(parts.len()).ok().filter(|count| *count < u16::MAX);
    let count = count.ok_or(PackError::TooLarge)?;
    let mut at = 0u64;
    let mut directory = Vec::new();
    for part in parts {
        let size = u32::try_from(part.length).map_err(|_| PackError::TooLarge)?;
        let offset = u32::try_from(at).map_err(|_| PackError::TooLarge)?;
        let name_length = u16::try_from(part.name.len()).map_err(|_| PackError::TooLarge)?;
        let common = Common::stored(part.crc32, size);
        Central::print_plain(&common, part.name, name_length, offset, &mut directory);
        let mut header = Vec::new();
        Local {
            common,
            name_length,
            extra_length: 0,
        }
        .print(&mut header);
        header.extend_from_slice(part.name.as_bytes());
        out.write_all(&header)?;
        let mut bytes = part.bytes;
        if io::copy(&mut bytes, out)? != part.length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        at = at.saturating_add(header.len() as u64).saturating_add(part.length);
    }
    let directory_offset = u32::try_from(at).ok().filter(|at| *at < u32::MAX);
    let directory_offset = directory_offset.ok_or(PackError::TooLarge)?;
    let directory_size = u32::try_from(directory.len()).map_err(|_| PackError::TooLarge)?;
    End {
        disks: (0, 0),
        counts: (count, count),
        directory_size,
        directory_offset,
        comment_length: 0,
    }
    .print(&mut directory);
    Ok(out.write_all(&directory)?)
}

fn check_names(sorted: &[Part<'_>]) -> Result<(), PackError> {
    let mut folded = std::collections::HashSet::new();
    for Part { name, .. } in sorted {
        if name.ends_with('/') || !names::is_plain(name.as_bytes()) {
            return Err(PackError::Name((*name).to_owned()));
        }
        if !folded.insert(name.to_ascii_lowercase()) {
            return Err(PackError::Duplicate((*name).to_owned()));
        }
    }
    Ok(())
}
