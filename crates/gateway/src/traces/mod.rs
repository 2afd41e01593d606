//! Traces, where the administrator names a collector: calls that have ended are put into batches and sent to it.
//!
//! No call waits for it. What comes while the queue is full is dropped, what the collector doesn't take isn't sent again,
//! and both are counted; how it goes is said once for each time that it changes.

mod otlp;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::{TracedCall, Traces, TracesCounted};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::egress::{Collector, NotTaken};

/// So many calls may wait to be sent.
const QUEUE: usize = 2048;

/// So many are sent at once, and the first of them waits no longer than this for the others.
const BATCH: usize = 256;
const GATHERING: Duration = Duration::from_secs(1);

/// How long a stop waits for what is still to be sent.
const FLUSH: Duration = Duration::from_secs(3);

/// Sends traces to a collector, on a task of its own.
pub(crate) struct Exporter {
    queue: mpsc::Sender<TracedCall>,
    counts: Arc<Counts>,
    stop: CancellationToken,
    sending: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Counts {
    exported: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
}

impl Traces for Exporter {
    fn ended(&self, call: TracedCall) {
        if self.queue.try_send(call).is_err() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn counted(&self) -> TracesCounted {
        TracesCounted {
            exported: self.counts.exported.load(Ordering::Relaxed),
            dropped: self.counts.dropped.load(Ordering::Relaxed),
            failed: self.counts.failed.load(Ordering::Relaxed),
        }
    }
}

impl Exporter {
    /// Begins to send to this collector.
    pub(crate) fn to(collector: Collector) -> Self {
        let (queue, ended) = mpsc::channel(QUEUE);
        let (counts, stop) = (Arc::<Counts>::default(), CancellationToken::new());
        let sender = Sender {
            ended,
            collector,
            counts: Arc::clone(&counts),
            stop: stop.clone(),
            fails: false,
        };
        Self {
            queue,
            counts,
            stop,
            sending: Mutex::new(Some(tokio::spawn(sender.run()))),
        }
    }

    /// Takes no more, and sends what is there, for a few seconds at most.
    pub(crate) async fn finish(&self) {
        self.stop.cancel();
        let sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut sending) = sending else { return };
        if tokio::time::timeout(FLUSH, &mut sending).await.is_err() {
            sending.abort();
            tracing::warn!("the last traces couldn't be sent in time, and are gone");
        }
    }
}

struct Sender {
    ended: mpsc::Receiver<TracedCall>,
    collector: Collector,
    counts: Arc<Counts>,
    stop: CancellationToken,
    /// Whether the last batch wasn't taken.
    fails: bool,
}

impl Sender {
    /// Sends until it is told to stop, or nobody is left to hand anything over; then what is there.
    async fn run(mut self) {
        loop {
            let batch = self.gather().await;
            if batch.is_empty() {
                return;
            }
            self.send(&batch).await;
        }
    }

    /// The next batch; an empty one at the end.
    async fn gather(&mut self) -> Vec<TracedCall> {
        let mut batch = Vec::new();
        let stop = self.stop.clone();
        tokio::select! {
            _ = self.ended.recv_many(&mut batch, BATCH) => {}
            () = stop.cancelled() => self.ended.close(),
        }
        let gathering = async {
            while let missing @ 1.. = BATCH - batch.len()
                && self.ended.recv_many(&mut batch, missing).await > 0
            {}
        };
        tokio::select! {
            () = gathering => {}
            () = tokio::time::sleep(GATHERING) => {}
            () = stop.cancelled() => {}
        }
        if self.stop.is_cancelled() {
            self.ended.close();
            while batch.len() < BATCH
                && let Ok(call) = self.ended.try_recv()
            {
                batch.push(call);
            }
        }
        batch
    }

    async fn send(&mut self, batch: &[TracedCall]) {
        let calls = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let brought = self.collector.bring(otlp::request(batch)).await;
        let taken = brought.and_then(|answer| match otlp::takes_all(&answer) {
            true => Ok(()),
            false => Err(NotTaken::Answer),
        });
        let count = match &taken {
            Ok(()) => &self.counts.exported,
            Err(_) => &self.counts.failed,
        };
        count.fetch_add(calls, Ordering::Relaxed);
        match (&taken, self.fails) {
            (Err(error), false) => {
                tracing::warn!(%error, "the collector doesn't take traces; calls go on, and what it doesn't take is counted");
            }
            (Ok(()), true) => tracing::info!("the collector takes traces again"),
            _ => {}
        }
        self.fails = taken.is_err();
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]
    use std::time::SystemTime;

    use super::*;

    fn a_call() -> TracedCall {
        TracedCall {
            trace_id: [1; 16],
            parent: None,
            span_id: [2; 8],
            began: SystemTime::UNIX_EPOCH,
            took: Duration::ZERO,
            request_uid: String::new(),
            operation: "chat.completions".to_owned(),
            agent_uid: String::new(),
            agent_name: String::new(),
            model: String::new(),
            upstream: String::new(),
            kind: None,
            decision: None,
            approval_uid: None,
            sequence: None,
            ended: None,
            steps: Vec::new(),
            sent: None,
        }
    }

    #[tokio::test]
    async fn what_comes_while_the_queue_is_full_is_dropped_and_counted() {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let exporter = Exporter::to(Collector::at("http://127.0.0.1:9", None).unwrap());
        // Nothing is sent before this test waits for something.
        for _ in 0..QUEUE + 5 {
            exporter.ended(a_call());
        }
        assert_eq!(exporter.counted().dropped, 5);
        exporter.finish().await;
        exporter.ended(a_call());
        assert_eq!(exporter.counted().dropped, 6, "after the stop nothing is taken");
    }
}
