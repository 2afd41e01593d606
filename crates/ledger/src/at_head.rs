//! The log as it stands when a record that speaks of its head is made.

use evidence::{Record, Stream};

use crate::inner::Inner;
use crate::{AppendError, Head, StreamHead, read};

/// The head that a record will follow, and what stands before it. Nothing is written while it is held.
pub struct AtHead<'a> {
    head: &'a Head,
    inner: &'a Inner,
}

impl std::fmt::Debug for AtHead<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AtHead")
            .field("head", &self.head)
            .finish_non_exhaustive()
    }
}

impl<'a> AtHead<'a> {
    pub(crate) fn new(head: &'a Head, inner: &'a Inner) -> Self {
        Self { head, inner }
    }

    /// Where the log stands: the record will be number `size`.
    #[must_use]
    pub fn head(&self) -> &Head {
        self.head
    }

    /// Where a stream stands; none where it has no record yet.
    #[must_use]
    pub fn stream_head(&self, stream: &Stream) -> Option<StreamHead> {
        self.inner.shared.stream_head(stream)
    }

    /// A stream's records from this sequence on, oldest first: meant for the few that came since they were last read.
    ///
    /// # Errors
    /// They can't be read: nothing should be appended then.
    pub fn since(&self, stream: &Stream, sequence: u64) -> Result<Vec<Record>, AppendError> {
        let within = sequence..self.head.size;
        let records = self.inner.readers.with(|db| read::of_stream(db, stream, &within));
        records.map_err(|error| AppendError::Invalid(error.to_string()))
    }
}
