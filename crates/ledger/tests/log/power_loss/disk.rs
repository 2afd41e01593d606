//! A disk that loses its power: what was synced is there, and of the rest whatever happened to be written.
//!
//! Files are written in sectors of 512 bytes, in any order; each sector is old or new, never half. Names are changed in
//! the order in which they were (a journal), so some first part of those that weren't synced is there. Syncing a file
//! doesn't make its name durable; syncing the directory does.

use std::collections::BTreeMap;

use super::trace::Event;

const SECTOR: usize = 512;

/// Files by their names.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Random enough, and the same each time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `limit`. Steele, Lea and Flood's SplitMix64.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }
}

/// What of the unsynced changes is there after the power came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Survives {
    Nothing,
    Everything,
    /// The first so many, the last of them torn.
    First,
    /// Each sector of each write by itself, so often in ten.
    Sectors(usize),
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

#[derive(Default)]
struct Inode {
    durable: Vec<u8>,
    /// What came after, each with the event that it came from.
    since: Vec<(usize, Change)>,
    length: usize,
}

enum NameChange {
    Made(String, usize),
    Renamed(String, String),
    Gone(String),
}

/// The disk as the events so far left it.
#[derive(Default)]
pub(crate) struct Disk {
    inodes: Vec<Inode>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    since: Vec<(usize, NameChange)>,
    at: usize,
}

impl Disk {
    /// The next event takes effect. Syncs of the files that `deaf` picks aren't made.
    pub(crate) fn take(&mut self, event: &Event, deaf: fn(&str) -> bool) {
        let at = self.at;
        self.at += 1;
        match event {
            Event::Open { name, emptied } => {
                if !self.names.contains_key(name) {
                    self.inodes.push(Inode::default());
                    self.names.insert(name.clone(), self.inodes.len() - 1);
                    self.since
                        .push((at, NameChange::Made(name.clone(), self.inodes.len() - 1)));
                } else if *emptied {
                    self.change(at, name, Change::Length(0));
                }
            }
            Event::Write { name, offset, bytes } => {
                let Some(offset) = offset.or_else(|| self.names.get(name).map(|n| self.inodes[*n].length)) else {
                    return;
                };
                self.change(at, name, Change::Write(offset, bytes.clone()));
            }
            Event::Length { name, length } => self.change(at, name, Change::Length(*length)),
            Event::Sync { name, begun } => {
                if let Some(n) = self.names.get(name)
                    && !deaf(name)
                {
                    self.inodes[*n].sync(*begun);
                }
            }
            Event::SyncNames { begun } => {
                let rest = self.since.partition_point(|(at, _)| at < begun);
                for (_, change) in self.since.drain(..rest) {
                    change.make(&mut self.durable_names);
                }
            }
            Event::Rename { from, to } => {
                let change = NameChange::Renamed(from.clone(), to.clone());
                change.make(&mut self.names);
                self.since.push((at, change));
            }
            Event::Unlink { name } => {
                let change = NameChange::Gone(name.clone());
                change.make(&mut self.names);
                self.since.push((at, change));
            }
            Event::Told(_) => {}
        }
    }

    fn change(&mut self, at: usize, name: &str, change: Change) {
        // A file without a name is nobody's any more.
        let Some(n) = self.names.get(name) else { return };
        let inode = &mut self.inodes[*n];
        inode.length = match &change {
            Change::Write(offset, bytes) => inode.length.max(offset + bytes.len()),
            Change::Length(length) => *length,
        };
        inode.since.push((at, change));
    }

    /// The files as they might be found after the power was lost now.
    pub(crate) fn after_power_loss(&self, survives: Survives, dice: &mut Dice) -> Files {
        let changes = self.since.len();
        let kept = match survives {
            Survives::Nothing => 0,
            Survives::Everything => changes,
            Survives::First | Survives::Sectors(_) => dice.below(changes + 1),
        };
        let mut names = self.durable_names.clone();
        self.since
            .iter()
            .take(kept)
            .for_each(|(_, change)| change.make(&mut names));
        names
            .into_iter()
            .map(|(name, n)| (name, self.inodes[n].after_power_loss(survives, dice)))
            .collect()
    }
}

impl NameChange {
    fn make(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Made(name, inode) => drop(names.insert(name.clone(), *inode)),
            Self::Renamed(from, to) => {
                let inode = names.remove(from).unwrap();
                names.insert(to.clone(), inode);
            }
            Self::Gone(name) => drop(names.remove(name)),
        }
    }
}

impl Inode {
    fn sync(&mut self, begun: usize) {
        let rest = self.since.partition_point(|(at, _)| *at < begun);
        for (_, change) in self.since.drain(..rest) {
            change.make(&mut self.durable, 0);
        }
    }

    fn after_power_loss(&self, survives: Survives, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        // Between what was written, a file that grew holds nothing, or what the disk held there before.
        let fill = [0, 0, 0xa5][dice.below(3)];
        let whole = match survives {
            Survives::Nothing | Survives::Sectors(_) => 0,
            Survives::Everything => self.since.len(),
            Survives::First => dice.below(self.since.len() + 1),
        };
        for (n, (_, change)) in self.since.iter().enumerate() {
            let often = match survives {
                _ if n < whole => 10,
                Survives::First if n == whole => 5,
                Survives::Sectors(often) => often,
                _ => 0,
            };
            match change {
                Change::Write(offset, written) if often < 10 => {
                    for (at, sector) in sectors(*offset, written) {
                        if dice.below(10) < often {
                            Change::Write(at, sector.to_vec()).make(&mut bytes, fill);
                        }
                    }
                }
                _ if dice.below(10) < often => change.make(&mut bytes, fill),
                _ => {}
            }
        }
        bytes
    }
}

impl Change {
    fn make(&self, file: &mut Vec<u8>, fill: u8) {
        match self {
            Self::Write(offset, bytes) => {
                let end = offset + bytes.len();
                if file.len() < end {
                    file.resize(end, fill);
                }
                file[*offset..end].copy_from_slice(bytes);
            }
            Self::Length(length) => file.resize(*length, 0),
        }
    }
}

/// The parts of a write that lie in one sector each.
fn sectors(offset: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let first = (SECTOR - offset % SECTOR).min(bytes.len());
    let (head, rest) = bytes.split_at(first);
    std::iter::once((offset, head)).chain(
        rest.chunks(SECTOR)
            .enumerate()
            .map(move |(n, chunk)| (offset + first + n * SECTOR, chunk)),
    )
}

#[test]
fn what_was_synced_is_there_and_nothing_else_has_to_be() {
    let name = || "log".to_owned();
    let write = |offset, byte| Event::Write {
        name: name(),
        offset: Some(offset),
        bytes: vec![byte; 1024],
    };
    let mut disk = Disk::default();
    let mut dice = Dice(1);
    let none = |_: &str| false;
    disk.take(
        &Event::Open {
            name: name(),
            emptied: false,
        },
        none,
    );
    disk.take(&write(0, 1), none);
    disk.take(&Event::Sync { name: name(), begun: 2 }, none);
    assert!(
        disk.after_power_loss(Survives::Nothing, &mut dice).is_empty(),
        "it has no durable name"
    );
    disk.take(&Event::SyncNames { begun: 3 }, none);
    disk.take(&write(1024, 2), none);
    disk.take(&write(0, 3), none);
    let found = disk.after_power_loss(Survives::Nothing, &mut dice);
    assert_eq!(found[&name()], [1; 1024]);
    let found = disk.after_power_loss(Survives::Everything, &mut dice);
    assert_eq!(found[&name()], [[3; 1024], [2; 1024]].concat());
    let mut torn = 0;
    for _ in 0..64 {
        let found = disk
            .after_power_loss(Survives::Sectors(5), &mut dice)
            .remove("log")
            .unwrap();
        for sector in found.chunks(SECTOR) {
            assert!(sector.iter().all(|byte| *byte == sector[0]), "a sector is old or new");
        }
        assert!(found[0] == 1 || found[0] == 3);
        torn += usize::from(found[0] != found[512]);
    }
    assert!(torn > 0);
    // Told that it is synced, and it isn't: what a setting of synchronous=OFF comes to.
    disk.take(&Event::Sync { name: name(), begun: 6 }, |_| true);
    assert_eq!(disk.after_power_loss(Survives::Nothing, &mut dice)[&name()], [1; 1024]);
}
