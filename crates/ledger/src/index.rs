//! Finding records: an index in a file of its own, made from the log alone.
//!
//! The index is a pure function of the stored records. It is written behind the log, never in its transactions, and
//! nothing is refused because of it: it catches up from wherever it is, and where it doesn't belong to this log, or
//! says something else than the records do, it is made anew. It holds what records say (fields, words, ids) and never
//! a content. What it answers are sequences; the records themselves are always read from the log.

mod calls;
mod catch_up;
mod density;
mod extract;
mod file;
mod matches;
mod search;
mod sums;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
use rusqlite::Connection;
use tokio::sync::Notify;

use crate::read::Readers;
use crate::{Ledger, ReadError};
use matches::{Cache, Spine};

pub use density::{Density, Slot};
pub use file::INDEX_FILE;
pub use search::{Clause, Condition, Named, Search};
pub use sums::{Added, Part, QUARTER_MS, Row, Sums, Took};

/// The index of one log.
pub struct Index {
    path: std::path::PathBuf,
    /// The connection that writes, once it is open. One thread at a time brings the index forward.
    writing: Mutex<Option<Connection>>,
    readers: RwLock<Arc<Readers>>,
    /// How many records it knows.
    size: AtomicU64,
    /// How many wait for it to know more, and what wakes them.
    waiting: (Mutex<u32>, Condvar),
    wanted: Notify,
    stale: AtomicBool,
    closed: AtomicBool,
    cache: Mutex<Cache>,
    spine: RwLock<Spine>,
    /// When somebody last looked at what the spine is for; nothing while it isn't kept.
    looked: Mutex<Option<Instant>>,
    last_calls: Mutex<calls::LastFound>,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index")
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

/// Matching records, newest first, as of a size of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    /// The sequences asked for.
    pub sequences: Vec<u64>,
    /// How many match in all.
    pub of: u64,
}

impl Index {
    /// The index beside the log in a data directory. Nothing is read or written before [`catch_up`](Self::catch_up).
    #[must_use]
    pub fn new(data_dir: &Path) -> Self {
        let path = data_dir.join(INDEX_FILE);
        Self {
            readers: RwLock::new(Arc::new(Readers::new(path.clone()))),
            path,
            writing: Mutex::new(None),
            size: AtomicU64::new(0),
            waiting: (Mutex::new(0), Condvar::new()),
            wanted: Notify::new(),
            stale: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            cache: Mutex::new(Cache::default()),
            spine: RwLock::new(Spine::default()),
            looked: Mutex::new(None),
            last_calls: Mutex::new(calls::LastFound::default()),
        }
    }

    /// How many of the log's records it knows: the first so many.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size.load(Ordering::Acquire)
    }

    /// Waits until it knows the first `size` records, at most so long; whether it does.
    pub fn wait_for(&self, size: u64, patience: Duration) -> bool {
        if self.size() >= size {
            return true;
        }
        let until = Instant::now() + patience;
        let mut waiting = self.waiting.0.lock();
        *waiting += 1;
        self.wanted.notify_one();
        self.waiting.1.notify_all();
        while self.size() < size && !self.waiting.1.wait_until(&mut waiting, until).timed_out() {}
        *waiting -= 1;
        self.size() >= size
    }

    /// Whether somebody [waits](Self::wait_for) for what it doesn't know yet.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        *self.waiting.0.lock() > 0
    }

    /// Ends after so long, and as soon as somebody [waits](Self::wait_for) or it is closed.
    pub fn rest(&self, at_most: Duration) {
        let until = Instant::now() + at_most;
        let mut waiting = self.waiting.0.lock();
        while *waiting == 0 && !self.is_closed() && !self.waiting.1.wait_until(&mut waiting, until).timed_out() {}
    }

    /// Ends when somebody [waits](Self::wait_for) for what it doesn't know yet.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// The records that match among the first `size`, newest first: `limit` of them after the first `at`.
    ///
    /// # Errors
    /// [`ReadError`]: the index can't be read; it is made anew when the log is followed next.
    pub fn page(&self, search: &Search, size: u64, at: u64, limit: u64) -> Result<Matching, ReadError> {
        self.with_matches(search, size, |matches| Matching {
            sequences: matches.page(at, limit),
            of: matches.len(),
        })
    }

    /// The records that match among the first `size`, oldest first: `limit` of them after the first `at`.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn oldest(&self, search: &Search, size: u64, at: u64, limit: u64) -> Result<Matching, ReadError> {
        self.with_matches(search, size, |matches| Matching {
            sequences: matches.oldest(at, limit),
            of: matches.len(),
        })
    }

    /// Where a record stands among those that match, counted from the newest of the first `size`.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn place(&self, search: &Search, size: u64, sequence: u64) -> Result<Option<u64>, ReadError> {
        self.with_matches(search, size, |matches| matches.place(sequence))
    }

    /// How the matching records of the first `size` lie in `slots` equal parts of `from <= logged_time < to`.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn density(
        &self,
        search: &Search,
        size: u64,
        within: (Option<i64>, Option<i64>),
        slots: u32,
    ) -> Result<Option<Density>, ReadError> {
        let size = size.min(self.size());
        let spine = self.spine(size)?;
        let Some(layout) = self.read(|db| density::Layout::new(db, size, within, slots))? else {
            return Ok(None);
        };
        self.with_matches(search, size, |matches| layout.fill(&matches, &spine))
            .map(Some)
    }

    /// What happened in the quarters of an hour that begin in a stretch of time (ms UTC), as far as the index knows.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn added(&self, within: &std::ops::Range<i64>) -> Result<Added, ReadError> {
        self.read(|db| sums::added(db, within))
    }

    /// Values of a field that begin so, with what is known beside them, at most `limit`.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn values(&self, field: Named, prefix: &str, limit: u32) -> Result<Vec<(String, String)>, ReadError> {
        self.read(|db| search::values(db, field, prefix, limit))
    }

    /// Compares what it says of a record with the record. Where they disagree it is made anew when the log is followed
    /// next.
    pub fn compare(&self, sequence: u64, stored: &[u8]) {
        if sequence >= self.size() {
            return;
        }
        let agrees = self.read(|db| catch_up::agrees(db, sequence, stored));
        if !matches!(agrees, Ok(true)) {
            tracing::warn!(sequence, "the search index disagrees with the log; it is made anew");
            self.stale.store(true, Ordering::Release);
        }
    }

    /// Brings the index forward to the log's size, or until `go_on` says no. Blocking: some ten thousand records a
    /// second. Reads on, beside that, what density and the list of calls are told from, where somebody looks at them.
    ///
    /// # Errors
    /// The index can't be written or the log not be read, in words; calling again tries again.
    pub fn catch_up(&self, ledger: &Ledger, go_on: impl FnMut() -> bool) -> Result<(), ReadError> {
        catch_up::run(self, ledger, go_on)
    }

    /// Lets go of what density and the list of calls are told from, some nine bytes a record, unless somebody looked at them
    /// in the last while. Whoever looks next waits until it is read anew: a second for some millions of records.
    pub fn let_go(&self, unless_within: Duration) {
        let mut looked = self.looked.lock();
        if looked.is_some_and(|looked| looked.elapsed() >= unless_within) {
            *looked = None;
            *self.spine.write() = Spine::default();
        }
    }

    /// Closes the file. Searching later is an error.
    pub fn close(&self) {
        let waiting = self.waiting.0.lock();
        self.closed.store(true, Ordering::Release);
        self.waiting.1.notify_all();
        drop(waiting);
        *self.writing.lock() = None;
        self.readers.read().close();
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, ReadError> {
        let readers = Arc::clone(&self.readers.read());
        readers.with(|db| read(db).map_err(ReadError::from)).inspect_err(|_| {
            // A file that can't be read is made anew rather than mended.
            self.stale.store(self.size() > 0, Ordering::Release);
        })
    }

    /// The spine of the first `size` records. It is kept for whoever looks next.
    fn spine(&self, size: u64) -> Result<RwLockReadGuard<'_, Spine>, ReadError> {
        *self.looked.lock() = Some(Instant::now());
        let mut spine = self.spine.write();
        self.read(|db| spine.reach(db, size))?;
        if spine.len() < size {
            self.stale.store(true, Ordering::Release);
        }
        Ok(RwLockWriteGuard::downgrade(spine))
    }

    fn with_matches<T>(
        &self,
        search: &Search,
        size: u64,
        work: impl FnOnce(matches::View<'_>) -> T,
    ) -> Result<T, ReadError> {
        let size = size.min(self.size());
        if search.is_open() {
            return Ok(work(matches::View::all(size)));
        }
        let kept = self.cache.lock().of(search);
        let mut kept = kept.lock();
        if kept.upto < size {
            let upto = self.size();
            let more = self.read(|db| search::matching(db, search, kept.upto..upto))?;
            kept.extend(more, upto);
        }
        Ok(work(kept.view(size)))
    }

    fn forget(&self) {
        self.size.store(0, Ordering::Release);
        *self.cache.lock() = Cache::default();
        *self.last_calls.lock() = calls::LastFound::default();
    }

    fn knows(&self, size: u64) {
        let _guard = self.waiting.0.lock();
        self.size.store(size, Ordering::Release);
        self.waiting.1.notify_all();
    }
}
