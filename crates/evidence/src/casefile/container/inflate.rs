//! Expands the entries of an archive that another tool packed again.

use std::io::{self, Read};

use zip::read::read_zipfile_from_stream;

use super::layout::{Common, Local, VERSION};

/// Expands the deflated bytes that `packed` reads, to at most `size` bytes and no fewer.
///
/// The headers were checked already; the decoder gets a local header made from what was checked, so there is nothing in
/// it that a second parser could read differently.
///
/// # Errors
/// Bytes that don't expand, or not to exactly `size` bytes of this checksum.
pub(super) fn inflate(common: &Common, packed: impl Read) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    let plain = Common {
        version_needed: VERSION,
        flags: 0,
        time: 0,
        ..common.clone()
    };
    Local {
        common: plain,
        name_length: 1,
        extra_length: 0,
    }
    .print(&mut header);
    header.push(b'x');
    let mut stream = header.as_slice().chain(packed.take(common.packed.into()));
    let mut entry = read_zipfile_from_stream(&mut stream)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?
        .ok_or(io::ErrorKind::InvalidData)?;
    let mut bytes = Vec::new();
    // The cap is on what comes out, not on what the header promises.
    (&mut entry)
        .take(u64::from(common.size).saturating_add(1))
        .read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).ok() == Some(common.size.into()) {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::InvalidData.into())
    }
}
