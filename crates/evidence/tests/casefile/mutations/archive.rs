//! Mutations of the zip's structure: entries, names, headers, and where they stand.

use super::random::Random;
use crate::forge::{Piece, forge, piece};
use crate::tamper::Files;

/// A few of them, one after another, in an archive whose other checksums are right.
pub(super) fn mutate(files: &Files, random: &mut Random) -> Vec<u8> {
    let mut pieces: Vec<Piece> = files.iter().map(|(name, bytes)| piece(name, bytes)).collect();
    for _ in 0..=random.below(2) {
        if random.chance(2) {
            entries(&mut pieces, random);
        } else {
            let at = random.below(pieces.len());
            header(&mut pieces[at], random);
        }
    }
    forge(&pieces)
}

fn entries(pieces: &mut Vec<Piece>, random: &mut Random) {
    let (one, other) = (random.below(pieces.len()), random.below(pieces.len()));
    match random.below(8) {
        0 if pieces.len() > 1 => {
            pieces.remove(one);
        }
        1 => pieces.insert(other, pieces[one].clone()),
        2 => pieces.swap(one, other),
        3 => {
            let data = pieces[one].data.clone();
            pieces[one].data = std::mem::replace(&mut pieces[other].data, data);
        }
        4 => {
            let name = pieces[one].name.clone();
            pieces[one].name = std::mem::replace(&mut pieces[other].name, name);
        }
        5 => {
            let names = [
                "README.TXT",
                "approvals/9.dsse.json",
                "contents/x.bin",
                "records.jsonl",
                "../x",
                "x/",
                "z",
            ];
            let name: &&str = random.of(&names);
            let new = piece(name, &random.bytes(20));
            pieces.insert(one, new);
        }
        6 => {
            let keep = random.below(pieces[one].data.len());
            pieces[one].data.truncate(keep);
        }
        _ => {
            let new = random.bytes(60);
            pieces[one].data.extend(new);
        }
    }
}

fn header(piece: &mut Piece, random: &mut Random) {
    let number = u32::try_from(random.next() >> 32).unwrap();
    let short = number.to_le_bytes()[0];
    match random.below(14) {
        0 => piece.flags = u16::from(short) << random.below(8),
        1 => piece.method = u16::from(short),
        2 => piece.time = u16::from(short),
        3 => piece.made_by = u16::from(short) << 8 | 20,
        4 => piece.external = number,
        5 => piece.size = Some(number),
        6 => piece.local_size = Some(number),
        7 => piece.crc = Some(number),
        8 => piece.offset = Some(number % 100_000),
        9 => piece.gap = random.bytes(30),
        10 => piece.extra = random.bytes(20),
        11 => piece.comment = random.bytes(20),
        12 => piece.local_name = Some(random.bytes(20)),
        _ => {
            let at = random.below(piece.name.len());
            piece.name[at] ^= *random.of(&[1, 2, 0x20, 0x80]);
        }
    }
}
