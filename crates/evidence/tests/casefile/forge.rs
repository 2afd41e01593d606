//! Archives written by hand, so that every header can lie.

use std::io::{Cursor, Write as _};

/// One entry of a forged archive; what isn't set stays as the profile wants it.
#[derive(Clone)]
pub(crate) struct Piece {
    pub(crate) name: Vec<u8>,
    pub(crate) local_name: Option<Vec<u8>>,
    pub(crate) data: Vec<u8>,
    pub(crate) size: Option<u32>,
    pub(crate) local_size: Option<u32>,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) time: u16,
    pub(crate) made_by: u16,
    pub(crate) external: u32,
    pub(crate) extra: Vec<u8>,
    pub(crate) comment: Vec<u8>,
    pub(crate) crc: Option<u32>,
    pub(crate) offset: Option<u32>,
    pub(crate) gap: Vec<u8>,
}

/// An entry as the profile wants it.
pub(crate) fn piece(name: &str, data: &[u8]) -> Piece {
    Piece {
        name: name.as_bytes().to_vec(),
        local_name: None,
        data: data.to_vec(),
        size: None,
        local_size: None,
        method: 0,
        flags: 0,
        time: 0,
        made_by: 20,
        external: 0,
        extra: Vec::new(),
        comment: Vec::new(),
        crc: None,
        offset: None,
        gap: Vec::new(),
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                0xEDB8_8320 ^ (crc >> 1)
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

fn put(out: &mut Vec<u8>, values: &[(u32, u8)]) {
    for (value, width) in values {
        out.extend_from_slice(&value.to_le_bytes()[..usize::from(*width)]);
    }
}

/// The archive of these entries, in this order, lies and all.
pub(crate) fn forge(pieces: &[Piece]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for p in pieces {
        out.extend_from_slice(&p.gap);
        let at = p.offset.unwrap_or(out.len() as u32);
        let crc = p.crc.unwrap_or_else(|| crc32(&p.data));
        let packed = p.data.len() as u32;
        let size = p.size.unwrap_or(packed);
        let name = p.local_name.as_ref().unwrap_or(&p.name);
        let (flags, method, time, extra) = (
            u32::from(p.flags),
            u32::from(p.method),
            u32::from(p.time),
            p.extra.len() as u32,
        );
        put(
            &mut out,
            &[
                (0x0403_4b50, 4),
                (20, 2),
                (flags, 2),
                (method, 2),
                (time, 2),
                (0x21, 2),
                (crc, 4),
                (packed, 4),
            ],
        );
        put(
            &mut out,
            &[(p.local_size.unwrap_or(size), 4), (name.len() as u32, 2), (extra, 2)],
        );
        out.extend_from_slice(name);
        out.extend_from_slice(&p.extra);
        out.extend_from_slice(&p.data);
        put(
            &mut directory,
            &[
                (0x0201_4b50, 4),
                (p.made_by.into(), 2),
                (20, 2),
                (flags, 2),
                (method, 2),
                (time, 2),
            ],
        );
        put(
            &mut directory,
            &[
                (0x21, 2),
                (crc, 4),
                (packed, 4),
                (size, 4),
                (p.name.len() as u32, 2),
                (extra, 2),
            ],
        );
        put(
            &mut directory,
            &[(p.comment.len() as u32, 2), (0, 2), (0, 2), (p.external, 4), (at, 4)],
        );
        directory.extend_from_slice(&p.name);
        directory.extend_from_slice(&p.extra);
        directory.extend_from_slice(&p.comment);
    }
    let (at, length, count) = (out.len() as u32, directory.len() as u32, pieces.len() as u32);
    out.append(&mut directory);
    put(
        &mut out,
        &[
            (0x0605_4b50, 4),
            (0, 4),
            (count, 2),
            (count, 2),
            (length, 4),
            (at, 4),
            (0, 2),
        ],
    );
    out
}

/// An archive of one compressed entry, as other tools write it.
pub(crate) fn deflated(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    writer.start_file(name, options).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap().into_inner()
}
