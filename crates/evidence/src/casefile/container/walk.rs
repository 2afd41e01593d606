//! Reads the headers of an archive and compares each with what the profile fixes.

use super::breach::Breach;
use super::layout::{
    CENTRAL_LENGTH, Central, Common, DATE, END_LENGTH, END_SIGNATURE, End, Fields, LOCAL_LENGTH, Local, VERSION,
};
use super::names;

const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
const DESCRIPTOR: u16 = 1 << 3;
const ZIP64_EXTRA: u16 = 0x0001;
const UNICODE_PATH_EXTRA: u16 = 0x7075;
const UNIX: u16 = 3;

/// One entry, as the directory describes it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) header_at: u64,
    /// Where its bytes begin; known once its local header was read.
    pub(super) data_at: u64,
    pub(super) common: Common,
    pub(super) described_after: bool,
}

impl Entry {
    pub(super) fn is_directory(&self) -> bool {
        self.name.ends_with('/')
    }

    /// Where its packed bytes end.
    pub(super) fn data_end(&self) -> u64 {
        self.data_at.saturating_add(u64::from(self.common.packed))
    }
}

/// The end record and where it stands, searched from the back of `tail`, which is the end of the file.
pub(super) fn find_end(tail: &[u8]) -> Option<(usize, End)> {
    let signature = END_SIGNATURE.to_le_bytes();
    let last = tail.len().checked_sub(usize::try_from(END_LENGTH).ok()?)?;
    (0..=last).rev().find_map(|at| {
        let candidate = tail.get(at..)?;
        if !candidate.starts_with(&signature) {
            return None;
        }
        let end = End::parse(candidate)?;
        let length = usize::try_from(END_LENGTH)
            .ok()?
            .checked_add(end.comment_length.into())?;
        (candidate.len() >= length).then_some((at, end))
    })
}

/// Whether the end record needs zip64 or several volumes to be understood.
pub(super) fn is_beyond_plain(end: &End) -> bool {
    end.disks != (0, 0)
        || end.counts.0 != end.counts.1
        || end.counts.0 == u16::MAX
        || end.directory_size == u32::MAX
        || end.directory_offset == u32::MAX
}

/// Takes the directory apart: its entries, and in `note` whatever the profile doesn't allow in it.
pub(super) fn directory(bytes: &[u8], count: u16, shift: u64, note: &mut impl FnMut(Breach)) -> Vec<Entry> {
    let mut fields = Fields(bytes);
    let mut entries = Vec::new();
    for index in 0..u64::from(count) {
        let Some(central) = Central::parse(&mut fields) else {
            note(Breach::Directories(index));
            return entries;
        };
        check_central(&central, note);
        entries.push(Entry {
            name: names::printable(&central.name),
            header_at: u64::from(central.offset).saturating_add(shift),
            data_at: 0,
            described_after: central.common.flags & DESCRIPTOR != 0,
            common: central.common,
        });
    }
    if !fields.0.is_empty() {
        note(Breach::Directories(count.into()));
    }
    check_names(&entries, note);
    entries
}

fn check_central(central: &Central, note: &mut impl FnMut(Breach)) {
    let name = names::printable(&central.name);
    if !names::is_plain(&central.name) {
        note(Breach::Name(name.clone()));
    }
    check_common(&central.common, &name, note);
    if central.disk != 0 || [central.common.packed, central.common.size, central.offset].contains(&u32::MAX) {
        note(Breach::Zip64);
    }
    if central.made_by >> 8 == UNIX && !is_ordinary(central.external >> 16) {
        note(Breach::Link(name.clone()));
    }
    check_extra(&central.extra, &name, note);
    let fixed = [
        ("version made by", u32::from(central.made_by), u32::from(VERSION)),
        ("internal file attributes", central.internal.into(), 0),
        ("external file attributes", central.external, 0),
        ("file comment length", central.comment_length.into(), 0),
    ];
    check_fixed(&fixed, &name, note);
}

/// Plain file, directory, or no type at all (POSIX `S_IFMT`).
fn is_ordinary(mode: u32) -> bool {
    matches!(mode & 0o170_000, 0 | 0o100_000 | 0o040_000)
}

fn check_common(common: &Common, name: &str, note: &mut impl FnMut(Breach)) {
    if common.flags & ENCRYPTED != 0 {
        note(Breach::Encrypted(name.to_owned()));
    }
    match common.method {
        0 if common.packed != common.size => {
            note(Breach::Disagree {
                name: name.to_owned(),
                field: "compressed size",
            });
        }
        0 => {}
        8 => note(Breach::Deflated(name.to_owned())),
        method => note(Breach::Method {
            name: name.to_owned(),
            method,
        }),
    }
    let fixed = [
        (
            "version needed to extract",
            u32::from(common.version_needed),
            u32::from(VERSION),
        ),
        ("general purpose bit flag", common.flags.into(), 0),
        ("last mod file time", common.time.into(), 0),
        ("last mod file date", common.date.into(), DATE.into()),
    ];
    check_fixed(&fixed, name, note);
}

fn check_fixed(fixed: &[(&'static str, u32, u32)], name: &str, note: &mut impl FnMut(Breach)) {
    for (field, found, fixed) in fixed.iter().copied().filter(|(_, found, fixed)| found != fixed) {
        note(Breach::Field {
            name: name.to_owned(),
            field,
            found,
            fixed,
        });
    }
}

/// Extra fields never belong here; some of them also change what other readers see.
fn check_extra(extra: &[u8], name: &str, note: &mut impl FnMut(Breach)) {
    if let Ok(length @ 1..) = u32::try_from(extra.len()) {
        note(Breach::Field {
            name: name.to_owned(),
            field: "extra field length",
            found: length,
            fixed: 0,
        });
    }
    let mut fields = Fields(extra);
    while !fields.0.is_empty() {
        let (Some(id), Some(length)) = (fields.u16(), fields.u16()) else {
            return note(Breach::Extra(name.to_owned()));
        };
        if fields.take(length.into()).is_none() || id == UNICODE_PATH_EXTRA {
            return note(Breach::Extra(name.to_owned()));
        }
        if id == ZIP64_EXTRA {
            return note(Breach::Zip64);
        }
    }
}

fn check_names(entries: &[Entry], note: &mut impl FnMut(Breach)) {
    let mut seen: std::collections::HashMap<String, &str> = std::collections::HashMap::new();
    for entry in entries {
        let folded = entry.name.trim_end_matches('/').to_ascii_lowercase();
        match seen.insert(folded, &entry.name) {
            Some(other) if other == entry.name => note(Breach::Duplicate(entry.name.clone())),
            Some(other) => note(Breach::CaseFolded(other.to_owned(), entry.name.clone())),
            None => {}
        }
        if entry.is_directory() {
            note(Breach::Directory(entry.name.clone()));
        }
    }
    if let Some((_, late)) = entries
        .iter()
        .zip(entries.iter().skip(1))
        .find(|(a, b)| a.name > b.name)
    {
        note(Breach::Order(late.name.clone()));
    }
}

/// Compares an entry's local header (with its name and extra field) with the directory, and learns where its bytes begin.
pub(super) fn local(entry: &mut Entry, header: &[u8], after: &[u8], note: &mut impl FnMut(Breach)) {
    let disagree = |field| Breach::Disagree {
        name: entry.name.clone(),
        field,
    };
    let Some(local) = Local::parse(header) else {
        return note(disagree("local file header signature"));
    };
    let Some((name, extra)) = after.split_at_checked(local.name_length.into()) else {
        return note(disagree("file name length"));
    };
    if names::printable(name) != entry.name {
        note(disagree("file name"));
    }
    let (here, there) = (&local.common, &entry.common);
    for (field, differs) in [
        ("version needed to extract", here.version_needed != there.version_needed),
        ("general purpose bit flag", here.flags != there.flags),
        ("compression method", here.method != there.method),
        ("last mod file time", (here.time, here.date) != (there.time, there.date)),
    ] {
        if differs {
            note(disagree(field));
        }
    }
    // With bit 3 the sizes follow the bytes, and the local header may have zeros.
    let later = entry.described_after && (here.crc32, here.packed, here.size) == (0, 0, 0);
    if !later && (here.crc32, here.packed, here.size) != (there.crc32, there.packed, there.size) {
        note(disagree("sizes and checksum"));
    }
    check_extra(extra, &entry.name, note);
    entry.data_at = entry
        .header_at
        .saturating_add(LOCAL_LENGTH)
        .saturating_add(local.name_length.into())
        .saturating_add(local.extra_length.into());
}

/// Checks that the entries follow each other without gap or overlap, from `start` to the directory at `end`.
pub(super) fn layout(entries: &[Entry], start: u64, end: u64, note: &mut impl FnMut(Breach)) {
    let mut by_place: Vec<&Entry> = entries.iter().collect();
    by_place.sort_by_key(|entry| entry.header_at);
    let mut at = start;
    for entry in by_place {
        gap(entry.header_at, at, &entry.name, note);
        at = entry.data_end();
        if entry.described_after {
            // The descriptor is 12 bytes, or 16 with a signature; which one it is shows by where the next entry is.
            at = at.saturating_add(12);
        }
    }
    gap(end, at, "the directory", note);
}

fn gap(found: u64, expected: u64, name: &str, note: &mut impl FnMut(Breach)) {
    if found < expected {
        note(Breach::Overlap(name.to_owned()));
    } else if found > expected {
        note(Breach::Gap {
            name: name.to_owned(),
            bytes: found.saturating_sub(expected),
        });
    }
}

/// The most bytes that a directory of this many entries with the longest names may have.
pub(super) fn directory_limit(entries: u64) -> u64 {
    // Extra fields and comments of other tools, within reason.
    entries.saturating_mul(CENTRAL_LENGTH.saturating_add(names::LONGEST as u64).saturating_add(256))
}
