//! The event stream on the wire: one JSON event a line, and a blank line whenever nothing happened for a while.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use contract::EventStream;
use futures_util::{Stream, StreamExt as _, stream};

/// How often a quiet stream shows that it lives; also how soon the gateway notices a reader that has gone.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// The lines of a stream. It ends with the events.
pub(super) fn lines(events: EventStream) -> impl Stream<Item = Result<Bytes, Infallible>> {
    // At once, so that a reader knows that it is subscribed.
    let first = stream::once(async { Ok(Bytes::from_static(b"\n")) });
    first.chain(stream::unfold(events, |mut events| async move {
        let line = match tokio::time::timeout(SIGN_OF_LIFE, events.next()).await {
            Ok(None) => return None,
            // An event that can't be written can't be: they are plain data. A blank line keeps the reader going.
            Ok(Some(event)) => serde_json::to_vec(&event).unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        Some((Ok([line.as_slice(), b"\n"].concat().into()), events))
    }))
}
