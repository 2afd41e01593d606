//! Writes the one zip that the profile allows for a set of entries.

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

/// Packs `entries` (name, bytes) into the profile's zip. Order doesn't matter: equal sets give equal bytes.
///
/// # Errors
/// A name that the profile forbids, names that collide, or a size beyond 4 GiB.
pub fn pack<'a>(entries: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Vec<u8>, PackError> {
    let mut entries: Vec<_> = entries.into_iter().collect();
    entries.sort_unstable_by_key(|(name, _)| *name);
    check_names(&entries)?;

    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in &entries {
        let size = u32::try_from(bytes.len()).map_err(|_| PackError::TooLarge)?;
        let offset = u32::try_from(out.len()).map_err(|_| PackError::TooLarge)?;
        let name_length = u16::try_from(name.len()).map_err(|_| PackError::TooLarge)?;
        let common = Common::stored(Crc32::of(bytes), size);
        Central::print_plain(&common, name, name_length, offset, &mut directory);
        Local {
            common,
            name_length,
            extra_length: 0,
        }
        .print(&mut out);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(bytes);
    }

    let count = u16::try_from(entries.len())
        .ok()
        .filter(|count| *count < u16::MAX)
        .ok_or(PackError::TooLarge)?;
    let directory_offset = u32::try_from(out.len())
        .ok()
        .filter(|at| *at < u32::MAX)
        .ok_or(PackError::TooLarge)?;
    let directory_size = u32::try_from(directory.len()).map_err(|_| PackError::TooLarge)?;
    out.append(&mut directory);
    End {
        disks: (0, 0),
        counts: (count, count),
        directory_size,
        directory_offset,
        comment_length: 0,
    }
    .print(&mut out);
    Ok(out)
}

fn check_names(sorted: &[(&str, &[u8])]) -> Result<(), PackError> {
    let mut folded = std::collections::HashSet::new();
    for (name, _) in sorted {
        if name.ends_with('/') || !names::is_plain(name.as_bytes()) {
            return Err(PackError::Name((*name).to_owned()));
        }
        if !folded.insert(name.to_ascii_lowercase()) {
            return Err(PackError::Duplicate((*name).to_owned()));
        }
    }
    Ok(())
}
