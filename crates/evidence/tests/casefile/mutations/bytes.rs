//! Mutations of the file's bytes, as accidents and clumsy hands make them.

use super::random::Random;

/// A few of them, one after another.
pub(super) fn mutate(file: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for _ in 0..=random.below(3) {
        once(&mut bytes, random);
    }
    bytes
}

fn once(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len());
    let length = (1 + random.below(24)).min(bytes.len() - at);
    match random.below(10) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.byte(),
        2 => {
            let new = random.bytes(8);
            bytes.splice(at..at, new);
        }
        3 => {
            bytes.drain(at..at + length);
        }
        4 => {
            let range = bytes[at..at + length].to_vec();
            bytes.splice(at..at, range);
        }
        5 => {
            let to = random.below(bytes.len() - length + 1);
            let range = bytes[at..at + length].to_vec();
            bytes[to..to + length].copy_from_slice(&range);
        }
        6 => bytes.truncate(at.max(1)),
        7 => bytes.extend(random.bytes(40)),
        8 => bytes[at..at + length].fill(0),
        _ => bytes[at..at + length].reverse(),
    }
    if bytes.is_empty() {
        bytes.push(0);
    }
}
