//! The ways in which a zip departs from the case file's profile.

/// One departure from the profile. Its text is a whole sentence for the report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Breach {
    /// Bytes stand before the first entry.
    #[error("{0} bytes stand before the archive begins")]
    LeadingBytes(u64),
    /// Bytes stand after the end record.
    #[error("{0} bytes stand after the archive ends")]
    TrailingBytes(u64),
    /// The archive has a comment.
    #[error("the archive carries a comment of {0} bytes")]
    Comment(u16),
    /// Bytes that belong to no entry stand between entries.
    #[error("{bytes} bytes that belong to no entry stand before `{name}`")]
    Gap {
        /// The entry after the gap, or `the directory`.
        name: String,
        /// How many.
        bytes: u64,
    },
    /// A header's field isn't the fixed value.
    #[error("`{name}` has `{field}` = {found}, where the format fixes {fixed}")]
    Field {
        /// The entry.
        name: String,
        /// APPNOTE's name of the field.
        field: &'static str,
        /// What is there.
        found: u32,
        /// What must be there.
        fixed: u32,
    },
    /// An entry is compressed, though it can be read.
    #[error("`{0}` is compressed; a case file stores its entries as they are")]
    Deflated(String),
    /// An entry stands for a directory.
    #[error("`{0}` stands for a folder; a case file has files only")]
    Directory(String),
    /// Entries aren't in ascending order of their names.
    #[error("`{0}` isn't in its place: entries go by ascending name")]
    Order(String),
    /// An entry's checksum doesn't fit its bytes.
    #[error("`{0}` is damaged: its bytes don't have its checksum")]
    Checksum(String),

    /// The end record points somewhere else than to the directory.
    #[error("the archive's directory isn't where its end record says")]
    Misplaced,
    /// The directory can't be read as one.
    #[error("the archive's directory is damaged at entry {0}")]
    Directories(u64),
    /// More entries than are read.
    #[error("the archive has {found} entries; at most {limit} are read")]
    TooMany {
        /// How many it says it has.
        found: u64,
        /// How many are read.
        limit: u64,
    },
    /// More bytes than are read.
    #[error("`{name}` is {bytes} bytes long; at most {limit} are read")]
    TooLarge {
        /// The entry.
        name: String,
        /// Its length, or where reading it was broken off.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// An entry expands beyond all measure, or beyond what it declares.
    #[error("`{0}` expands to more than it declares, or beyond all measure")]
    Bomb(String),
    /// Two entries have the same name.
    #[error("two entries are called `{0}`: readers would differ on which one counts")]
    Duplicate(String),
    /// Two names differ in case only.
    #[error("`{0}` and `{1}` differ in case only: on some systems one would replace the other")]
    CaseFolded(String, String),
    /// A name that leaves the folder, or that systems read differently.
    #[error(
        "the name `{0}` isn't allowed: it is absolute, climbs out of its folder, or has characters outside A-Z a-z 0-9 . _ - /"
    )]
    Name(String),
    /// Local header and directory disagree.
    #[error("`{name}` is described in two ways: its `{field}` differs between the entry and the directory")]
    Disagree {
        /// The entry, as the directory names it.
        name: String,
        /// APPNOTE's name of the field.
        field: &'static str,
    },
    /// Two entries share bytes.
    #[error("`{0}` overlaps another entry")]
    Overlap(String),
    /// An entry is encrypted.
    #[error("`{0}` is encrypted")]
    Encrypted(String),
    /// An entry is a link, a device or the like.
    #[error("`{0}` is a link or a special file")]
    Link(String),
    /// Zip64, or several disks.
    #[error("the archive uses zip64 or several volumes")]
    Zip64,
    /// A compression method that isn't read.
    #[error("`{name}` is packed by method {method}, which isn't read")]
    Method {
        /// The entry.
        name: String,
        /// APPNOTE 4.4.5.
        method: u16,
    },
    /// An extra field gives the entry another name or can't be read.
    #[error("`{0}` carries an extra field that gives it another name, or that is damaged")]
    Extra(String),
    /// The entry's bytes can't be expanded.
    #[error("`{0}` can't be unpacked")]
    Damaged(String),
}

impl Breach {
    /// Whether nothing of the archive is read any further, because another reader might read something else.
    #[must_use]
    pub fn ends_reading(&self) -> bool {
        !matches!(
            self,
            Self::LeadingBytes(_)
                | Self::TrailingBytes(_)
                | Self::Comment(_)
                | Self::Gap { .. }
                | Self::Field { .. }
                | Self::Deflated(_)
                | Self::Directory(_)
                | Self::Order(_)
                | Self::Checksum(_)
        )
    }
}
