//! What the records commit to: of each content that isn't in the file some 30 bytes, of those that are all there is to
//! know.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::names::{Name, Names};
use crate::hash::Digest;

/// How many contents are named one by one where many are spoken of.
const NAMED: usize = 50;
/// How many contents that are lacking are kept.
const MOST: usize = 1000;

/// A commitment, in 32 bytes. A content is known by a part of its uid's hash, and its commitment by half of its own: to
/// put another in its place takes a collision of 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    uid: u64,
    /// The line of the record that carries it.
    at: u32,
    slot: Option<Name>,
    half: [u8; 16],
}

/// A content that a record says was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Gone {
    uid: u64,
    at: u32,
    half: [u8; 16],
}

/// The commitment to a content that is in the file.
#[derive(Debug, Clone)]
pub(super) struct Committed {
    pub(super) slot: String,
    pub(super) c: Digest,
    /// The sequence of the record that carries it.
    pub(super) record: u64,
    /// Whether it is to be disclosed, by what the record of the export says.
    pub(super) meant: bool,
}

/// Contents that were erased, as records say.
#[derive(Debug, Default)]
pub(super) struct Erased {
    pub(super) count: u64,
    /// The lines of the records that say so.
    pub(super) records: BTreeSet<usize>,
    /// Some of them, with the line of the record that says it.
    pub(super) named: BTreeMap<String, usize>,
}

/// A content that a later record commits to otherwise than an earlier one did: the lines of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Twofold {
    pub(super) first: usize,
    pub(super) other: usize,
}

/// A content that is to be disclosed, and isn't in the file.
#[derive(Debug)]
pub(super) struct Lacking {
    /// The line of the record that carries it.
    pub(super) at: usize,
    /// Its uid, where it is among the first of them.
    pub(super) uid: Option<String>,
}

/// Everything that the records commit to.
#[derive(Debug, Default)]
pub(super) struct Commitments {
    /// By uid, those of which the file has an entry; nothing until a record commits to one.
    here: HashMap<String, Option<Committed>>,
    rows: Vec<Row>,
    /// Rows that are meant to be disclosed, and aren't here: by their uids and lines.
    meant: Vec<(u64, u32)>,
    gone: Vec<Gone>,
    /// The uids' texts, of some.
    texts: HashMap<u64, String>,
    distinct: u64,
    twofold: Vec<Twofold>,
    erased: Erased,
    lacking: Vec<Lacking>,
    lacking_in_all: u64,
    withheld: u64,
}

fn known_by(uid: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *Digest::sha256(uid.as_bytes()).as_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

fn half(c: &Digest) -> [u8; 16] {
    let hash = Digest::sha256(c.as_bytes());
    let mut half = [0; 16];
    half.copy_from_slice(hash.as_bytes().split_at(16).0);
    half
}

fn index(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

impl Commitments {
    /// Says that the file has an entry of this content.
    pub(super) fn expect(&mut self, uid: &str) {
        self.here.insert(uid.to_owned(), None);
    }

    /// About how many bytes of memory they take.
    pub(super) fn bytes(&self) -> u64 {
        let rows = (self.rows.len() as u64).saturating_mul(32);
        let gone = (self.gone.len() as u64).saturating_mul(32);
        rows.saturating_add(gone)
            .saturating_add((self.meant.len() as u64).saturating_mul(16))
    }

    /// Takes in a commitment of the record in this line, which is as signed. The first one counts.
    pub(super) fn commit(&mut self, at: usize, uid: &str, committed: Committed, names: &mut Names) {
        let (known, at) = (known_by(uid), u32::try_from(at).unwrap_or(u32::MAX));
        self.rows.push(Row {
            uid: known,
            at,
            slot: Some(names.take(&committed.slot)),
            half: half(&committed.c),
        });
        match self.here.get_mut(uid) {
            Some(Some(_)) => {}
            Some(free) => *free = Some(committed),
            None if committed.meant => {
                self.meant.push((known, at));
                if self.texts.len() < NAMED {
                    self.texts.insert(known, uid.to_owned());
                }
            }
            None => {}
        }
    }

    /// Takes in that the record in this line, which is as signed, says that a content was erased.
    pub(super) fn erase(&mut self, at: usize, uid: &str, c: &Digest) {
        let known = known_by(uid);
        if self.texts.len() < 2 * NAMED {
            self.texts.insert(known, uid.to_owned());
        }
        self.gone.push(Gone {
            uid: known,
            at: u32::try_from(at).unwrap_or(u32::MAX),
            half: half(c),
        });
    }

    /// Holds them against each other, once all records are read. `before` says whether the record in the one line stands
    /// before that in the other, in the log.
    pub(super) fn settle(&mut self, before: impl Fn(usize, usize) -> bool) {
        self.rows.sort_unstable_by_key(|row| (row.uid, row.at));
        self.rows.dedup_by(|next, first| {
            if next.uid != first.uid {
                return false;
            }
            if (next.half, next.slot) != (first.half, first.slot) {
                self.twofold.push(Twofold {
                    first: index(first.at),
                    other: index(next.at),
                });
            }
            true
        });
        self.twofold.sort_unstable_by_key(|twofold| twofold.other);
        self.distinct = self.rows.len() as u64;
        let here: BTreeSet<u64> = self.here.keys().map(|uid| known_by(uid)).collect();
        self.gone.sort_unstable_by_key(|gone| (gone.uid, gone.at));
        let rows = &self.rows;
        self.gone.retain(|gone| {
            let row = rows.binary_search_by_key(&gone.uid, |row| row.uid).ok();
            let row = row.and_then(|at| rows.get(at));
            row.is_some_and(|row| row.half == gone.half && before(index(row.at), index(gone.at)))
                && !here.contains(&gone.uid)
        });
        self.gone.dedup_by_key(|gone| gone.uid);
        self.erased.count = self.gone.len() as u64;
        for gone in &self.gone {
            self.erased.records.insert(index(gone.at));
            if let Some(uid) = self.texts.get(&gone.uid) {
                self.erased.named.insert(uid.clone(), index(gone.at));
            }
        }
        self.find_lacking();
        self.withheld = {
            let beside = (self.here().count() as u64).saturating_add(self.meant.len() as u64);
            self.distinct.saturating_sub(beside)
        };
        // All is told of them now.
        (self.rows, self.gone, self.meant) = (Vec::new(), Vec::new(), Vec::new());
    }

    fn find_lacking(&mut self) {
        let rows = &self.rows;
        // The first record that commits to a content decides whether it is meant.
        self.meant
            .retain(|(uid, at)| rows.binary_search_by_key(&(*uid, *at), |row| (row.uid, row.at)).is_ok());
        self.meant.sort_unstable();
        self.meant.dedup();
        let mut lacking: Vec<(u32, u64)> = self
            .meant
            .iter()
            .filter(|(uid, _)| self.gone.binary_search_by_key(uid, |gone| gone.uid).is_err())
            .map(|(uid, at)| (*at, *uid))
            .collect();
        lacking.sort_unstable();
        self.lacking_in_all = lacking.len() as u64;
        let texts = &self.texts;
        let named = lacking.into_iter().take(MOST).map(|(at, uid)| Lacking {
            at: index(at),
            uid: texts.get(&uid).cloned(),
        });
        self.lacking = named.collect();
        self.lacking.sort_by(|a, b| (a.at, &a.uid).cmp(&(b.at, &b.uid)));
    }

    /// The commitment to a content of which the file has an entry.
    pub(super) fn to(&self, uid: &str) -> Option<&Committed> {
        self.here.get(uid)?.as_ref()
    }

    /// The contents of which the file has an entry and a record the commitment.
    pub(super) fn here(&self) -> impl Iterator<Item = (&str, &Committed)> {
        let here = self.here.iter();
        here.filter_map(|(uid, committed)| Some((uid.as_str(), committed.as_ref()?)))
    }

    /// How many contents the records commit to.
    pub(super) fn distinct(&self) -> u64 {
        self.distinct
    }

    /// The contents that were committed to in two ways, by the lines of the later records.
    pub(super) fn twofold(&self) -> &[Twofold] {
        &self.twofold
    }

    /// The contents that aren't here because a record says that they were erased. It has to name the commitment that the
    /// content's own record carries; anything else is withheld.
    pub(super) fn erased(&self) -> &Erased {
        &self.erased
    }

    /// The contents that are to be disclosed, aren't in the file, and weren't erased: the first of them, and how many.
    pub(super) fn lacking(&self) -> (&[Lacking], u64) {
        (&self.lacking, self.lacking_in_all)
    }

    /// How many contents aren't here and aren't meant to be.
    pub(super) fn withheld(&self) -> u64 {
        self.withheld
    }
}
