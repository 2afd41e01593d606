//! The event stream: one JSON event a line.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use contract::{Event, EventStream, OperatorError};
use futures_util::{StreamExt, stream};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

use crate::wire::{collect, failure};
use crate::{Client, place};

/// The longest line that is taken.
const LONGEST_LINE: usize = 1 << 20;

/// A gateway sends at least a blank line every 15 s; silence this long means that it is gone.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

impl Client {
    /// Subscribes to what happens after `since`.
    pub(crate) async fn subscribe(&self, since: Option<u64>) -> Result<EventStream, OperatorError> {
        let path = match since {
            Some(cursor) => format!("{}?since={cursor}", place::EVENTS_PATH),
            None => place::EVENTS_PATH.to_owned(),
        };
        let response = self.send(Request::get(path).body(Full::new(Bytes::new()))).await?;
        let status = response.status();
        if status != StatusCode::OK {
            return Err(failure(status, &collect(response).await?));
        }
        let lines = Lines {
            body: response.into_body(),
            read: BytesMut::new(),
        };
        Ok(stream::unfold(
            lines,
            |mut lines| async move { Some((lines.next_event().await?, lines)) },
        )
        .boxed())
    }
}

struct Lines {
    body: Incoming,
    read: BytesMut,
}

impl Lines {
    /// The next event; nothing when the gateway has gone, or says what can't be read.
    async fn next_event(&mut self) -> Option<Event> {
        loop {
            while let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line = self.read.split_to(end + 1);
                if line.len() > 1 {
                    return serde_json::from_slice(&line).ok();
                }
            }
            if self.read.len() > LONGEST_LINE {
                return None;
            }
            let frame = tokio::time::timeout(LONGEST_SILENCE, self.body.frame())
                .await
                .ok()??
                .ok()?;
            if let Ok(data) = frame.into_data() {
                self.read.extend_from_slice(&data);
            }
        }
    }
}
