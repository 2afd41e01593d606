//! The three structures of a zip, as bytes and as fields (APPNOTE 6.3.10, 4.3.7, 4.3.12, 4.3.16).

pub(super) const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
pub(super) const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
pub(super) const END_SIGNATURE: u32 = 0x0605_4b50;
pub(super) const ZIP64_LOCATOR_SIGNATURE: u32 = 0x0706_4b50;

pub(super) const LOCAL_LENGTH: u64 = 30;
pub(super) const CENTRAL_LENGTH: u64 = 46;
pub(super) const END_LENGTH: u64 = 22;

/// Version 2.0, made on a system without file modes.
pub(super) const VERSION: u16 = 20;
/// 1 January 1980, the first day that a zip can name.
pub(super) const DATE: u16 = 0x0021;

/// Reads little-endian integers off the front of a slice.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(front)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        let (front, rest) = self.0.split_first_chunk::<2>()?;
        self.0 = rest;
        Some(u16::from_le_bytes(*front))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        let (front, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*front))
    }
}

/// What a local header and a directory entry both say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Common {
    pub(super) version_needed: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) time: u16,
    pub(super) date: u16,
    pub(super) crc32: u32,
    pub(super) packed: u32,
    pub(super) size: u32,
}

impl Common {
    /// What the profile fixes for an entry of this checksum and size.
    pub(super) fn stored(crc32: u32, size: u32) -> Self {
        Self {
            version_needed: VERSION,
            flags: 0,
            method: 0,
            time: 0,
            date: DATE,
            crc32,
            packed: size,
            size,
        }
    }

    fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            version_needed: fields.u16()?,
            flags: fields.u16()?,
            method: fields.u16()?,
            time: fields.u16()?,
            date: fields.u16()?,
            crc32: fields.u32()?,
            packed: fields.u32()?,
            size: fields.u32()?,
        })
    }

    fn print(&self, out: &mut Vec<u8>) {
        for value in [self.version_needed, self.flags, self.method, self.time, self.date] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        for value in [self.crc32, self.packed, self.size] {
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
}

/// A local header, without the name and extra field that follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Local {
    pub(super) common: Common,
    pub(super) name_length: u16,
    pub(super) extra_length: u16,
}

impl Local {
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        if fields.u32()? != LOCAL_SIGNATURE {
            return None;
        }
        Some(Self {
            common: Common::parse(&mut fields)?,
            name_length: fields.u16()?,
            extra_length: fields.u16()?,
        })
    }

    pub(super) fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&LOCAL_SIGNATURE.to_le_bytes());
        self.common.print(out);
        out.extend_from_slice(&self.name_length.to_le_bytes());
        out.extend_from_slice(&self.extra_length.to_le_bytes());
    }
}

/// A directory entry with its name, extra field and the length of its comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Central {
    pub(super) made_by: u16,
    pub(super) common: Common,
    pub(super) disk: u16,
    pub(super) internal: u16,
    pub(super) external: u32,
    pub(super) offset: u32,
    pub(super) name: Vec<u8>,
    pub(super) extra: Vec<u8>,
    pub(super) comment_length: u16,
}

impl Central {
    /// Takes one entry off the front.
    pub(super) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        if fields.u32()? != CENTRAL_SIGNATURE {
            return None;
        }
        let made_by = fields.u16()?;
        let common = Common::parse(fields)?;
        let (name_length, extra_length, comment_length) = (fields.u16()?, fields.u16()?, fields.u16()?);
        let (disk, internal, external, offset) = (fields.u16()?, fields.u16()?, fields.u32()?, fields.u32()?);
        let name = fields.take(name_length.into())?.to_vec();
        let extra = fields.take(extra_length.into())?.to_vec();
        fields.take(comment_length.into())?;
        Some(Self {
            made_by,
            common,
            disk,
            internal,
            external,
            offset,
            name,
            extra,
            comment_length,
        })
    }

    /// The profile's directory entry: no extra field, no comment, no attributes.
    pub(super) fn print_plain(common: &Common, name: &str, name_length: u16, offset: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(&CENTRAL_SIGNATURE.to_le_bytes());
        out.extend_from_slice(&VERSION.to_le_bytes());
        common.print(out);
        out.extend_from_slice(&name_length.to_le_bytes());
        // Extra length, comment length, disk, internal attributes: 2 bytes each; external attributes: 4.
        out.extend_from_slice(&[0; 12]);
        out.extend_from_slice(&offset.to_le_bytes());
        out.extend_from_slice(name.as_bytes());
    }
}

/// The end record, without the comment that may follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) disks: (u16, u16),
    pub(super) counts: (u16, u16),
    pub(super) directory_size: u32,
    pub(super) directory_offset: u32,
    pub(super) comment_length: u16,
}

impl End {
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        if fields.u32()? != END_SIGNATURE {
            return None;
        }
        Some(Self {
            disks: (fields.u16()?, fields.u16()?),
            counts: (fields.u16()?, fields.u16()?),
            directory_size: fields.u32()?,
            directory_offset: fields.u32()?,
            comment_length: fields.u16()?,
        })
    }

    pub(super) fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&END_SIGNATURE.to_le_bytes());
        for value in [self.disks.0, self.disks.1, self.counts.0, self.counts.1] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        out.extend_from_slice(&self.directory_size.to_le_bytes());
        out.extend_from_slice(&self.directory_offset.to_le_bytes());
        out.extend_from_slice(&self.comment_length.to_le_bytes());
    }
}
