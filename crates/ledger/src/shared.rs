//! What the writer tells everybody else: where the log stands, and whether it goes on.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use evidence::Stream;
use parking_lot::RwLock;
use tokio::sync::watch;

use crate::core::{Streams, Tip};
use crate::{AppendError, Head, StreamHead};

/// Whether the writer accepts records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriterState {
    /// It does.
    Running,
    /// It was closed.
    Closed,
    /// The disk failed, for this reason: nothing is accepted until the file could be opened again and verified, which is
    /// tried as records come.
    Failing(String),
    /// It stopped for good, for this reason.
    Stopped(String),
}

/// The durable head and streams, and the writer's state. Written by the writer alone, after each commit.
pub(crate) struct Shared {
    head: RwLock<Head>,
    streams: RwLock<HashMap<Stream, StreamHead>>,
    state: RwLock<WriterState>,
    closing: AtomicBool,
    turned_away: AtomicU64,
    recovered: RwLock<Option<String>>,
    grown: watch::Sender<u64>,
    sealed: watch::Sender<u64>,
}

impl Shared {
    pub(crate) fn new(head: Head, streams: &Streams) -> Self {
        let grown = watch::Sender::new(head.size);
        let streams = streams
            .iter()
            .map(|(stream, state)| (stream.clone(), state.head))
            .collect();
        Self {
            head: RwLock::new(head),
            streams: RwLock::new(streams),
            state: RwLock::new(WriterState::Running),
            closing: AtomicBool::new(false),
            turned_away: AtomicU64::new(0),
            recovered: RwLock::new(None),
            grown,
            sealed: watch::Sender::new(0),
        }
    }

    /// Shows what was committed. Nothing is shown before that.
    pub(crate) fn publish<'a>(&self, tip: &Tip, streams: impl Iterator<Item = (&'a Stream, StreamHead)>) {
        let Some(head) = tip.head() else { return };
        let size = head.size;
        {
            let mut known = self.streams.write();
            for (stream, at) in streams {
                match known.get_mut(stream) {
                    Some(head) => *head = at,
                    None => drop(known.insert(stream.clone(), at)),
                }
            }
        }
        *self.head.write() = head;
        self.grown
            .send_if_modified(|known| std::mem::replace(known, size) != size);
    }

    pub(crate) fn head(&self) -> Head {
        self.head.read().clone()
    }

    pub(crate) fn size(&self) -> u64 {
        self.head.read().size
    }

    pub(crate) fn stream_head(&self, stream: &Stream) -> Option<StreamHead> {
        self.streams.read().get(stream).copied()
    }

    pub(crate) fn grown(&self) -> watch::Receiver<u64> {
        self.grown.subscribe()
    }

    pub(crate) fn sealed(&self) -> watch::Receiver<u64> {
        self.sealed.subscribe()
    }

    /// Says that a checkpoint of this size is stored.
    pub(crate) fn seal(&self, size: u64) {
        self.sealed
            .send_if_modified(|known| std::mem::replace(known, size) != size);
    }

    /// The first reason stays.
    pub(crate) fn stop(&self, why: &str) {
        let mut state = self.state.write();
        if !matches!(*state, WriterState::Stopped(_)) {
            *state = WriterState::Stopped(why.to_owned());
        }
    }

    /// The disk failed.
    pub(crate) fn fail(&self, why: &str) {
        let mut state = self.state.write();
        if matches!(*state, WriterState::Running | WriterState::Failing(_)) {
            *state = WriterState::Failing(why.to_owned());
        }
    }

    /// The file was opened again and verified: says what was found, and goes on unless somebody stopped the log.
    pub(crate) fn recover(&self, found: String) {
        let mut state = self.state.write();
        if matches!(*state, WriterState::Failing(_)) {
            *state = WriterState::Running;
        }
        *self.recovered.write() = Some(found);
    }

    /// What was found when the file was last opened again after an error.
    pub(crate) fn recovered(&self) -> Option<String> {
        self.recovered.read().clone()
    }

    /// Counts a caller who waited for the queue in vain.
    pub(crate) fn turned_away(&self) -> AppendError {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        AppendError::Busy
    }

    pub(crate) fn how_many_turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }

    pub(crate) fn closed(&self) {
        let mut state = self.state.write();
        if *state == WriterState::Running {
            *state = WriterState::Closed;
        }
    }

    /// Asks the writer to end after what it is at.
    pub(crate) fn close_soon(&self) {
        self.closing.store(true, Ordering::Release);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    pub(crate) fn state(&self) -> WriterState {
        self.state.read().clone()
    }

    /// What an append is answered when the writer doesn't run.
    pub(crate) fn refusal(&self) -> AppendError {
        AppendError::Stopped(match self.state() {
            WriterState::Stopped(why) | WriterState::Failing(why) => why,
            WriterState::Running | WriterState::Closed => "it was closed".to_owned(),
        })
    }
}
