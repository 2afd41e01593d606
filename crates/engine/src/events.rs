//! The one stream of what happens.

use std::collections::VecDeque;

use contract::{Event, EventStream, Happening};
use futures_util::StreamExt as _;
use parking_lot::Mutex;
use tokio::sync::broadcast;
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

/// How many events a reader may be behind before it has to refetch.
const KEPT: usize = 1024;

/// Hands events to every reader, and the last [`KEPT`] to one that comes back.
pub(crate) struct Events {
    past: Mutex<Past>,
    live: broadcast::Sender<Event>,
}

struct Past {
    next: u64,
    events: VecDeque<Event>,
}

impl Events {
    pub(crate) fn new() -> Self {
        Self {
            past: Mutex::new(Past {
                next: 1,
                events: VecDeque::with_capacity(KEPT),
            }),
            live: broadcast::channel(KEPT).0,
        }
    }

    /// Tells every reader.
    pub(crate) fn tell(&self, happening: Happening) {
        let mut past = self.past.lock();
        let event = Event {
            cursor: past.next,
            happening,
        };
        past.next += 1;
        if past.events.len() == KEPT {
            past.events.pop_front();
        }
        past.events.push_back(event.clone());
        // Sent under the lock, so that a reader's past and present join without a gap. No reader is no error.
        drop(self.live.send(event));
    }

    /// What happened after `since`, then what happens. From now on where `since` is absent.
    pub(crate) fn since(&self, since: Option<u64>) -> EventStream {
        let (missed, live) = {
            let past = self.past.lock();
            (past.after(since), self.live.subscribe())
        };
        let live = BroadcastStream::new(live).map(|next| match next {
            Ok(event) => event,
            Err(BroadcastStreamRecvError::Lagged(_)) => Event {
                cursor: 0,
                happening: Happening::Lagged,
            },
        });
        futures_util::stream::iter(missed).chain(live).boxed()
    }
}

impl Past {
    fn after(&self, since: Option<u64>) -> Vec<Event> {
        let Some(since) = since else { return Vec::new() };
        let oldest = self.events.front().map_or(self.next, |event| event.cursor);
        if since.saturating_add(1) < oldest || since >= self.next {
            return vec![Event {
                cursor: self.next.saturating_sub(1),
                happening: Happening::Lagged,
            }];
        }
        self.events
            .iter()
            .filter(|event| event.cursor > since)
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]
    use super::*;

    #[tokio::test]
    async fn a_reader_that_comes_back_gets_what_it_missed_then_what_happens() {
        let events = Events::new();
        events.tell(Happening::Agents);
        events.tell(Happening::Policy);
        let mut stream = events.since(Some(1));
        events.tell(Happening::Chain);
        assert_eq!(
            stream.next().await.unwrap(),
            Event {
                cursor: 2,
                happening: Happening::Policy
            }
        );
        assert_eq!(
            stream.next().await.unwrap(),
            Event {
                cursor: 3,
                happening: Happening::Chain
            }
        );
    }

    #[tokio::test]
    async fn a_reader_from_before_what_is_kept_or_from_another_run_must_refetch() {
        let events = Events::new();
        for _ in 0..KEPT + 5 {
            events.tell(Happening::Agents);
        }
        assert_eq!(events.since(Some(1)).next().await.unwrap().happening, Happening::Lagged);
        assert_eq!(
            events.since(Some(99_999)).next().await.unwrap().happening,
            Happening::Lagged
        );
    }
}
