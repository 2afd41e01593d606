//! The log as it stands when a record that speaks of its head is made.

use evidence::Stream;

use crate::inner::Inner;
use crate::{AppendError, Filter, Head, Place, StreamHead, read};

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

    /// Where the matching records stand from this sequence on: meant for the few that came since they were last read.
    ///
    /// # Errors
    /// They can't be read: nothing should be appended then.
    pub fn since(&self, filter: &Filter, sequence: u64) -> Result<Vec<Place>, AppendError> {
        let within = sequence..self.head.size;
        let places = self.inner.readers.with(|db| read::places(db, filter, &within, -1));
        places.map_err(|error| AppendError::Invalid(error.to_string()))
    }
}
