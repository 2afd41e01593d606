//! Verified files that the page holds, within its memory: beside them there must be room for the one that is verified next.

use std::sync::Arc;

use contract::Report;
use web_sys::File;

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

    /// Keeps all but what happened.
    fn lighten(&mut self) {
        self.report = Arc::new(self.report.without_timeline());
        self.whole = false;
    }
}

/// Lets go of what happened in the files furthest down the list until the rest keeps within memory. The open one's stays.
pub(crate) fn lighten(held: &mut [Held], open: usize) {
    let beyond = Report::beyond_memory(held.iter().map(|held| &*held.report), open);
    for (held, _) in held.iter_mut().zip(beyond).filter(|(_, is_beyond)| *is_beyond) {
        held.lighten();
    }
}
