//! Where a log may lie: not on a network's file system.
//!
//! SQLite's WAL needs memory that all of its processes share, and locks and syncs that mean what they say; over a network
//! neither holds (<https://sqlite.org/wal.html>, "Use Of WAL Without Shared-Memory"), and a FUSE file system can answer
//! whatever its program likes. Where the kind can't be told, nothing is refused: the journal's own check
//! (`journal_mode`) still stands.

use std::path::Path;

/// The network's or program's file system that the directory is on, by its name; none where it is the machine's own, or
/// nothing can be told.
#[cfg(target_os = "linux")]
pub(crate) fn foreign(directory: &Path) -> Option<&'static str> {
    // f_type's width differs between architectures; the magic numbers are 32 bits wide.
    let kind = rustix::fs::statfs(directory).ok()?.f_type;
    u32::try_from(kind & 0xffff_ffff).ok().and_then(named)
}

/// `statfs(2)` and `linux/magic.h`: the kinds whose files are kept by another machine, or by a program.
#[cfg(target_os = "linux")]
fn named(magic: u32) -> Option<&'static str> {
    Some(match magic {
        0x0000_6969 => "NFS",
        0xff53_4d42 => "CIFS",
        0xfe53_4d42 => "SMB",
        0x0000_517b => "SMB",
        0x6573_5546 => "FUSE",
        0x5346_414f => "AFS",
        0x6b41_4653 => "AFS",
        0x00c3_6400 => "Ceph",
        0x7375_7245 => "Coda",
        0x0000_564c => "NCP",
        0x0102_1997 => "9P",
        0x0bd0_0bd0 => "Lustre",
        0x0116_1970 => "GFS2",
        0x7461_636f => "OCFS2",
        0x786f_4256 => "VirtualBox shared folder",
        0xbacb_acbc => "VMware shared folder",
        _ => return None,
    })
}

/// On Windows a share is told by its path, `\\server\share`; a drive letter that stands for one can't be told without
/// `unsafe`.
#[cfg(windows)]
pub(crate) fn foreign(directory: &Path) -> Option<&'static str> {
    use std::path::{Component, Prefix};
    let whole = directory.canonicalize().ok()?;
    match whole.components().next()? {
        Component::Prefix(prefix) => match prefix.kind() {
            Prefix::UNC(..) | Prefix::VerbatimUNC(..) => Some("network share"),
            _ => None,
        },
        _ => None,
    }
}

/// Elsewhere nothing is told.
#[cfg(not(any(target_os = "linux", windows)))]
pub(crate) fn foreign(_: &Path) -> Option<&'static str> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn file_systems_of_a_network_or_a_program_are_told_from_the_machines_own() {
        for (magic, name) in [
            (0x6969, "NFS"),
            (0xff53_4d42, "CIFS"),
            (0xfe53_4d42, "SMB"),
            (0x6573_5546, "FUSE"),
            (0x0102_1997, "9P"),
        ] {
            assert_eq!(named(magic), Some(name));
        }
        // ext4, xfs, btrfs, tmpfs, overlayfs, zfs, f2fs.
        for own in [
            0xef53u32,
            0x5846_5342,
            0x9123_683e,
            0x0102_1994,
            0x794c_7630,
            0x2fc1_2fc1,
            0xf2f5_2010,
        ] {
            assert_eq!(named(own), None, "{own:#x}");
        }
    }
}
