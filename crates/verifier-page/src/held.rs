//! Verified files that the page holds, within its memory: beside them there must be room for the one that is verified next.

use std::sync::Arc;

use contract::{Report, TimelineEntry};
use web_sys::File;

/// What happened, record by record, is nearly all of a report; so many bytes of it are kept of all files together. The
/// open file's stays, whatever it takes.
const MOST: usize = 32 << 20;

/// A file that was verified.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    /// The file, to verify it once more.
    pub(crate) file: File,
    /// What was found.
    pub(crate) report: Arc<Report>,
    /// Whether the report still says what happened.
    pub(crate) whole: bool,
}

impl Held {
    pub(crate) fn new(file: File, report: Report) -> Self {
        Self {
            file,
            report: Arc::new(report),
            whole: true,
        }
    }

    /// About how many bytes of memory what happened takes.
    fn size(&self) -> usize {
        let of = |entry: &TimelineEntry| {
            let path = entry.proof.as_ref().map_or(0, |proof| proof.path.len());
            // A digest in hex, with what a string takes beside its letters; and the proof's other digests.
            entry.ocsf.len() + entry.text.len() + (path + 8) * 88
        };
        self.report.timeline.iter().map(of).sum()
    }

    /// Keeps all but what happened.
    fn lighten(&mut self) {
        self.report = Arc::new(Report {
            timeline: Vec::new(),
            ..Report::clone(&self.report)
        });
        self.whole = false;
    }
}

/// Lets go of what happened in the files furthest down the list until the rest keeps within the bound. The open one's stays.
pub(crate) fn lighten(held: &mut [Held], open: usize) {
    let sizes: Vec<_> = held.iter().map(Held::size).collect();
    let mut left = MOST.saturating_sub(sizes.get(open).copied().unwrap_or_default());
    for (at, (held, size)) in held.iter_mut().zip(sizes).enumerate() {
        if at == open || size == 0 {
            continue;
        }
        match left.checked_sub(size) {
            Some(rest) => left = rest,
            None => held.lighten(),
        }
    }
}
