//! The key-encryption keys of contents. They are in the key store, never in the database.
//!
//! Each wraps the keys of one group: up to [`GROUP`] contents of one stream, one after another. So erasing an agent, or
//! what is older than a day, takes whole groups with it; and erasing a single content wraps at most a group anew. A log
//! of n contents needs about one key for each stream and one for each 1,024 contents.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use evidence::{Origin, Stream};
use parking_lot::Mutex;
use vault::{KeyStore, KeyStoreError, Sealer};

/// How many contents share a key-encryption key.
pub(crate) const GROUP: u64 = 1024;

/// So many keys are kept at hand besides those of the groups that are being filled. Ready for use, one takes over 600
/// bytes, and a gateway under load fills a group in less than a second.
const MOST_KNOWN: usize = 256;

/// The names in the key store, of 32 bytes each. They are this log's: a log that was set aside keeps its own.
struct Names(String);

impl Names {
    fn new(origin: &Origin) -> Self {
        // Enough to tell the few logs of one key store apart.
        Self(origin.digest().to_string().chars().take(8).collect())
    }

    fn of(&self, group: u64) -> String {
        format!("content-key-{}-{group}", self.0)
    }
}

/// The keys as they are needed.
pub(crate) struct ContentKeys {
    store: Arc<dyn KeyStore>,
    names: Names,
    known: Mutex<HashMap<u64, Arc<Sealer>>>,
    /// Locked for a moment only, never while the key store is asked: that may wait for a person.
    filling: Mutex<Filling>,
    /// One at a time goes to the key store for a stream's next group.
    making: Mutex<()>,
}

/// Which group of each stream takes the next contents.
struct Filling {
    next: u64,
    groups: HashMap<Stream, Fill>,
}

/// A group, and how many contents it has.
#[derive(Clone, Copy)]
struct Fill {
    group: u64,
    has: u64,
}

impl ContentKeys {
    /// `next` is the first number that no group has had.
    pub(crate) fn new(store: Arc<dyn KeyStore>, origin: &Origin, next: u64) -> Self {
        Self {
            store,
            names: Names::new(origin),
            known: Mutex::default(),
            filling: Mutex::new(Filling {
                next,
                groups: HashMap::new(),
            }),
            making: Mutex::new(()),
        }
    }

    /// The key that wraps `count` more contents of a stream, where neither the key store nor the database has to be asked
    /// for it.
    pub(crate) fn at_hand(&self, stream: &Stream, count: u64) -> Option<(u64, Arc<Sealer>)> {
        let mut filling = self.filling.lock();
        let fill = filling.groups.get_mut(stream).filter(|fill| fill.has < GROUP)?;
        let sealer = self.known.lock().get(&fill.group).cloned()?;
        fill.has = fill.has.saturating_add(count);
        Some((fill.group, sealer))
    }

    /// The key that wraps `count` more contents of a stream. It may wait as long as the key store does. Where a stream
    /// wasn't met in this run, `newest` says which group it filled before.
    pub(crate) fn current<E: From<KeyStoreError>>(
        &self,
        stream: &Stream,
        count: u64,
        newest: impl FnOnce() -> Result<Option<(u64, u64)>, E>,
    ) -> Result<(u64, Arc<Sealer>), E> {
        let _making = self.making.lock();
        if let Some(key) = self.at_hand(stream, count) {
            return Ok(key);
        }
        let known = self.filling.lock().groups.get(stream).copied();
        let known = match known {
            Some(fill) => Some(fill),
            None => newest()?.map(|(group, has)| Fill { group, has }),
        };
        let fill = match known {
            Some(fill) if fill.has < GROUP => fill,
            _ => Fill {
                group: self.make()?,
                has: 0,
            },
        };
        let has = fill.has.saturating_add(count);
        let sealer = self.sealer(fill.group)?;
        self.filling.lock().groups.insert(stream.clone(), Fill { has, ..fill });
        Ok((fill.group, sealer))
    }

    /// Makes a key; when this returns, it is in the key store. Whoever calls this has [`making`](Self::making).
    fn make(&self) -> Result<u64, KeyStoreError> {
        let group = self.filling.lock().next;
        // A key of this number that is there already belongs to no content: its making was cut short.
        self.store.remove(&self.names.of(group))?;
        let sealer = Sealer::create_in(self.store.as_ref(), &self.names.of(group))?;
        self.filling.lock().next = group.saturating_add(1);
        self.keep(group, Arc::new(sealer));
        Ok(group)
    }

    /// A key that contents were sealed under.
    pub(crate) fn sealer(&self, group: u64) -> Result<Arc<Sealer>, KeyStoreError> {
        let known = self.known.lock().get(&group).cloned();
        if let Some(sealer) = known {
            return Ok(sealer);
        }
        let sealer = Arc::new(Sealer::from_store(self.store.as_ref(), &self.names.of(group))?);
        self.keep(group, Arc::clone(&sealer));
        Ok(sealer)
    }

    /// Keeps a key at hand, and where there are too many, no others but those that more contents go under.
    fn keep(&self, group: u64, sealer: Arc<Sealer>) {
        let filling = self.filling.lock();
        let mut known = self.known.lock();
        if known.len() >= MOST_KNOWN.saturating_add(filling.groups.len()) {
            let filled: HashSet<u64> = filling.groups.values().map(|fill| fill.group).collect();
            known.retain(|group, _| filled.contains(group));
        }
        known.insert(group, sealer);
    }

    /// Whether the stream's next contents would go into this group.
    pub(crate) fn fills(&self, stream: &Stream, group: u64) -> bool {
        let filling = self.filling.lock();
        filling.groups.get(stream).is_some_and(|fill| fill.group == group)
    }

    /// A new key in place of a group's: what stays of the group goes under it, and what comes if the group was being
    /// filled.
    pub(crate) fn replace(&self, stream: &Stream, group: u64, stay: u64) -> Result<(u64, Arc<Sealer>), KeyStoreError> {
        let making = self.making.lock();
        let new = self.make()?;
        let fill = Fill { group: new, has: stay };
        let mut filling = self.filling.lock();
        // A stream that wasn't met in this run yet would find the old group in the database.
        let known = filling.groups.entry(stream.clone()).or_insert(fill);
        if known.group == group {
            *known = fill;
        }
        drop(filling);
        drop(making);
        Ok((new, self.sealer(new)?))
    }

    /// Says that nothing may go into a group any more, because all of it is being erased.
    pub(crate) fn close(&self, stream: &Stream, group: u64) {
        let full = Fill { group, has: GROUP };
        self.filling.lock().groups.entry(stream.clone()).or_insert(full);
    }

    /// Destroys a key: what it wraps can never be opened again.
    pub(crate) fn destroy(&self, group: u64) -> Result<(), KeyStoreError> {
        self.known.lock().remove(&group);
        self.store.remove(&self.names.of(group))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that can't go on fails")]
mod tests {
    use vault::{Scope, StoreChoice};

    use super::*;

    #[test]
    fn keys_at_hand_stay_few_and_every_one_is_found_again() {
        let folder = tempfile::TempDir::new().unwrap();
        let choice = StoreChoice::SealedFile {
            passphrase: "a passphrase of several words".to_owned().into(),
        };
        let store = vault::open(&choice, folder.path(), Scope::Gateway).unwrap();
        let origin = Origin::new(b"a key", &[1; 16]);
        let keys = ContentKeys::new(store, &origin, 0);
        let (busy, quiet) = (Stream::agent("busy").unwrap(), Stream::agent("quiet").unwrap());
        let none = || Ok::<_, KeyStoreError>(None);
        let (quiet_group, _) = keys.current(&quiet, 1, none).unwrap();
        let (first, sealer) = keys.current(&busy, GROUP, none).unwrap();
        let sealed = sealer.seal_content(b"uid", &[7; 32], b"what an agent said").unwrap();
        for _ in 0..MOST_KNOWN + 4 {
            let _another = keys.current(&busy, GROUP, none).unwrap();
            assert!(keys.known.lock().len() <= MOST_KNOWN + 2);
        }
        assert!(!keys.known.lock().contains_key(&first), "it isn't at hand any more");
        let again = keys.sealer(first).unwrap();
        drop(again.open_content(b"uid", &sealed).unwrap());
        assert_eq!(keys.at_hand(&quiet, 1).map(|(group, _)| group), Some(quiet_group));
    }
}
