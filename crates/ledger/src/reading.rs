//! The log as it is read: blocking for microseconds to milliseconds, while the writer writes.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use evidence::content::Opening;
use evidence::json::JsonError;
use evidence::rotation::LogKeys;
use evidence::tree::RangeProof;
use evidence::{Digest, Envelope, KeyPossession, LogEntry, Origin, PublicKey, Record, Stream};

use crate::inner::Inner;
use crate::read::{self, Which};
use crate::{
    ContentFilter, Filter, Head, KeptContent, Ledger, ReadError, Sealed, StreamHead, VerifyOutcome, kept, proof, verify,
};

impl Ledger {
    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.inner.keys.origin
    }

    /// The log's public key: the one in use.
    #[must_use]
    pub fn log_key(&self) -> PublicKey {
        *self.inner.log_keys.read().newest()
    }

    /// The keys that the log has had, with the sizes from which on each signs its checkpoints.
    #[must_use]
    pub fn log_keys(&self) -> LogKeys {
        self.inner.log_keys.read().clone()
    }

    /// The log key's proof of possession, for the record that registers it under its holder.
    ///
    /// # Errors
    /// None in fact; the type is the canonical writer's.
    pub fn log_key_possession(&self, holder_uid: &str) -> Result<Envelope, JsonError> {
        KeyPossession::sign(self.inner.keys.origin, holder_uid, &self.inner.signer.lock().key)
    }

    /// How many records are on disk.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.inner.shared.size()
    }

    /// Where the log stands.
    #[must_use]
    pub fn head(&self) -> Head {
        self.inner.shared.head()
    }

    /// Where a stream stands; nothing where it has no record.
    #[must_use]
    pub fn stream_head(&self, stream: &Stream) -> Option<StreamHead> {
        self.inner.shared.stream_head(stream)
    }

    /// A record by its sequence, as it is stored: one whose fingerprint doesn't match is given all the same, and
    /// [`Record::is_intact`] tells.
    ///
    /// # Errors
    /// [`ReadError`], also where the bytes are no record at all.
    pub fn record(&self, sequence: u64) -> Result<Option<Record>, ReadError> {
        self.inner.readers.with(|db| read::record(db, sequence))
    }

    /// The records before `before` (from the head when absent) that match, newest first, at most `limit` and 1,000.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn page(&self, before: Option<u64>, limit: u32, filter: &Filter) -> Result<Vec<Record>, ReadError> {
        self.inner.readers.with(|db| read::page(db, before, limit, filter))
    }

    /// How many records match.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn count(&self, filter: &Filter) -> Result<u64, ReadError> {
        match filter {
            Filter {
                stream: None,
                correlation: None,
            } => Ok(self.size()),
            Filter {
                stream: Some(stream),
                correlation: None,
            } => Ok(self.stream_head(stream).map_or(0, |head| head.stream_seq + 1)),
            _ => self.inner.readers.with(|db| read::count(db, filter)),
        }
    }

    /// A stream's records with `from <= logged_time < to` (ms UTC), oldest first, all of them.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn by_time(&self, stream: &Stream, from: Option<i64>, to: Option<i64>) -> Result<Vec<Record>, ReadError> {
        let within = self.range_by_time(from, to)?;
        self.inner.readers.with(|db| read::of_stream(db, stream, &within))
    }

    /// The sequences of all records with `from <= logged_time < to`: contiguous, for times never fall.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn range_by_time(&self, from: Option<i64>, to: Option<i64>) -> Result<Range<u64>, ReadError> {
        self.inner
            .readers
            .with(|db| read::range_by_time(db, self.size(), from, to))
    }

    /// The log entries of the records `from..to`.
    ///
    /// # Errors
    /// [`ReadError::OutOfRange`] where the log hasn't all of them.
    pub fn entries(&self, from: u64, to: u64) -> Result<Vec<LogEntry>, ReadError> {
        self.within(from, to)?;
        self.inner.readers.with(|db| proof::entries(db, from, to))
    }

    /// The root over the first `size` records.
    ///
    /// # Errors
    /// [`ReadError::OutOfRange`] where the log hasn't so many.
    pub fn root(&self, size: u64) -> Result<Digest, ReadError> {
        self.within(0, size)?;
        self.inner.readers.with(|db| proof::root(db, size))
    }

    /// The audit path of a record in the tree of the first `size`.
    ///
    /// # Errors
    /// [`ReadError::OutOfRange`] where the record isn't among them, or the log hasn't so many.
    pub fn inclusion(&self, sequence: u64, size: u64) -> Result<Vec<Digest>, ReadError> {
        self.within(sequence.saturating_add(1), size)?;
        self.inner.readers.with(|db| proof::inclusion(db, sequence, size))
    }

    /// The audit paths of these records, in this order, in the tree of the first `size`.
    ///
    /// # Errors
    /// As [`inclusion`](Self::inclusion).
    pub fn inclusions(&self, sequences: &[u64], size: u64) -> Result<Vec<Vec<Digest>>, ReadError> {
        let last = sequences.iter().max().map_or(0, |last| last.saturating_add(1));
        self.within(last, size)?;
        self.inner.readers.with(|db| proof::inclusions(db, sequences, size))
    }

    /// That the tree of the first `earlier` records is the beginning of that of the first `size`.
    ///
    /// # Errors
    /// [`ReadError::OutOfRange`].
    pub fn consistency(&self, earlier: u64, size: u64) -> Result<Vec<Digest>, ReadError> {
        self.within(earlier, size)?;
        self.inner.readers.with(|db| proof::consistency(db, earlier, size))
    }

    /// What the entries `from..to` need to give the root over the first `size` records.
    ///
    /// # Errors
    /// [`ReadError::OutOfRange`].
    pub fn range_proof(&self, from: u64, to: u64, size: u64) -> Result<RangeProof, ReadError> {
        self.within(from, to)?;
        self.within(to, size)?;
        self.inner.readers.with(|db| proof::range(db, from, to, size))
    }

    fn within(&self, from: u64, to: u64) -> Result<(), ReadError> {
        let size = self.size();
        if from <= to && to <= size {
            Ok(())
        } else {
            Err(ReadError::OutOfRange {
                size,
                asked: format!("{from} to {to}"),
            })
        }
    }

    /// A value of the durable state.
    ///
    /// # Errors
    /// [`ReadError::Altered`] where it isn't what was written.
    pub fn state_get(&self, kind: &str, key: &str) -> Result<Option<Vec<u8>>, ReadError> {
        self.inner
            .readers
            .with(|db| read::state_get(db, &self.inner.keys, kind, key))
    }

    /// The values of one kind from the key `from_key` on, in the order of keys (bytes), at most `limit`.
    ///
    /// # Errors
    /// As [`state_get`](Self::state_get).
    pub fn state_list(&self, kind: &str, from_key: &str, limit: u32) -> Result<Vec<(String, Vec<u8>)>, ReadError> {
        self.inner
            .readers
            .with(|db| read::state_list(db, &self.inner.keys, kind, from_key, limit))
    }

    /// A content by its uid; nothing where there is none, or it is erased. Compare its commitment with the record's.
    ///
    /// # Errors
    /// [`ReadError::Altered`] where it isn't what was sealed.
    pub fn content(&self, uid: &str) -> Result<Option<Opening>, ReadError> {
        Ok(self.opened(Which::Uid(uid))?.pop())
    }

    /// The contents that came with a record, in their order, without the erased ones.
    ///
    /// # Errors
    /// As [`content`](Self::content).
    pub fn contents(&self, sequence: u64) -> Result<Vec<Opening>, ReadError> {
        self.opened(Which::Record(sequence))
    }

    fn opened(&self, which: Which<'_>) -> Result<Vec<Opening>, ReadError> {
        self.inner
            .readers
            .with(|db| read::contents(db, &self.inner.keys, &self.inner.content_keys, which))
    }

    /// How a content is kept: whether it is erased, and by which record. Opens nothing.
    ///
    /// # Errors
    /// [`ReadError::Altered`] where its row isn't what was written.
    pub fn kept_content(&self, uid: &str) -> Result<Option<KeptContent>, ReadError> {
        let row = self.inner.readers.with(|db| kept::by_uid(db, &self.inner.keys, uid))?;
        Ok(row.map(kept::Row::kept))
    }

    /// How the contents of a record are kept, in their order.
    ///
    /// # Errors
    /// As [`kept_content`](Self::kept_content).
    pub fn kept_with(&self, sequence: u64) -> Result<Vec<KeptContent>, ReadError> {
        let rows = self
            .inner
            .readers
            .with(|db| kept::of_record(db, &self.inner.keys, sequence))?;
        Ok(rows.into_iter().map(kept::Row::kept).collect())
    }

    /// The contents that match, after the row `after`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// As [`kept_content`](Self::kept_content).
    pub fn kept_after(&self, after: u64, limit: u32, filter: &ContentFilter) -> Result<Vec<KeptContent>, ReadError> {
        self.kept_page(kept::End::After(after), limit, filter)
    }

    /// The contents that match, before the row `before` (from the newest when absent), newest first, at most `limit`.
    ///
    /// # Errors
    /// As [`kept_content`](Self::kept_content).
    pub fn kept_before(
        &self,
        before: Option<u64>,
        limit: u32,
        filter: &ContentFilter,
    ) -> Result<Vec<KeptContent>, ReadError> {
        self.kept_page(kept::End::Before(before), limit, filter)
    }

    fn kept_page(&self, end: kept::End, limit: u32, filter: &ContentFilter) -> Result<Vec<KeptContent>, ReadError> {
        let keys = &self.inner.keys;
        let rows = self
            .inner
            .readers
            .with(|db| kept::page(db, keys, filter, end, limit.min(1_000)))?;
        Ok(rows.into_iter().map(kept::Row::kept).collect())
    }

    /// An envelope of a record, byte for byte.
    ///
    /// # Errors
    /// [`ReadError::Altered`] where it isn't what was written.
    pub fn envelope(&self, sequence: u64, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
        self.inner
            .readers
            .with(|db| read::envelope(db, &self.inner.keys, sequence, name))
    }

    /// The newest checkpoint.
    ///
    /// # Errors
    /// [`ReadError::Altered`] where it isn't what was stored.
    pub fn last_checkpoint(&self) -> Result<Option<Sealed>, ReadError> {
        self.inner
            .readers
            .with(|db| read::checkpoint(db, &self.inner.keys, None))
    }

    /// The size of the first checkpoint that covers a record.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn sealed_in(&self, sequence: u64) -> Result<Option<u64>, ReadError> {
        self.inner.readers.with(|db| read::sealed_in(db, sequence))
    }

    /// The first record that opening this log looked at: those before it were verified by an earlier process, which kept
    /// the head in the key store. 0 where all of them were verified.
    #[must_use]
    pub fn opened_from(&self) -> u64 {
        self.inner.opened_from
    }

    /// What was found when the file was last opened again after an error of the disk; nothing where there was none.
    #[must_use]
    pub fn recovered(&self) -> Option<String> {
        self.inner.shared.recovered()
    }

    /// How many callers waited for the queue in vain ([`AppendError::Busy`](crate::AppendError::Busy)).
    #[must_use]
    pub fn turned_away(&self) -> u64 {
        self.inner.shared.how_many_turned_away()
    }

    /// Verifies the whole log again, up to its size now; `progress(done, of)` is told every few hundred records, and
    /// setting `cancel` ends it there, or within a moment of looking at what stands beside the records. Blocking: run it on
    /// a thread of its own, and close the log only when it has ended: what it finds is kept with the head.
    ///
    /// Where something is broken, the log accepts no more records, and the next opening verifies everything.
    pub fn verify(&self, progress: impl FnMut(u64, u64), cancel: &Arc<AtomicBool>) -> VerifyOutcome {
        let Inner {
            readers, keys, shared, ..
        } = &*self.inner;
        let outcome = verify::verify(readers, keys, &shared.head(), progress, cancel);
        match &outcome {
            VerifyOutcome::Broken {
                sequence: Some(sequence),
                what,
            } => self.inner.doubt(&format!("record {sequence} doesn't verify: {what}")),
            VerifyOutcome::Broken { sequence: None, what } => self.inner.doubt(&format!("it doesn't verify: {what}")),
            VerifyOutcome::Verified { .. } | VerifyOutcome::Cancelled { .. } | VerifyOutcome::Unreadable(_) => {}
        }
        outcome
    }
}
