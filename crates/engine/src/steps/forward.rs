//! Sending what was released, and giving the answer back only once its outcome is on disk.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream::BoxStream};
use ledger::Receipt;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use zeroize::Zeroizing;

use crate::{
    Credential, Engine, Released, Reply, SendError,
    refusal::{Refusal, RefusalKind},
    steps::{
        Outcome, Story,
        outcome::{Ending, Usage},
        read::new_content,
    },
};

/// The longest answer that is passed on, in bytes. A longer one is cut: it couldn't be recorded whole.
const LONGEST_ANSWER: usize = 32 * 1024 * 1024;

/// Chunks on their way to an agent that reads slowly.
const CHUNKS: usize = 16;

/// An upstream's answer on its way back to the agent.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The upstream's headers, already reduced to those an agent may see.
    pub headers: Vec<(String, String)>,
    /// The body. Its last bytes come only once the outcome is recorded; dropping it ends the call.
    pub body: BoxStream<'static, Result<Bytes, Cut>>,
    /// The record that let the call through.
    pub receipt: Receipt,
    /// Whether a person countersigned it.
    pub countersigned: bool,
    /// The request's id.
    pub request_uid: String,
}

/// The answer broke off: the agent must see a broken transfer, never a complete one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Cut(pub String);

impl Engine {
    /// Sends a released call with the upstream's credential on it.
    ///
    /// # Errors
    /// [`RefusalKind::NoCredential`], [`RefusalKind::UpstreamUnreachable`] or [`RefusalKind::UpstreamTimeout`], each
    /// after its outcome is recorded.
    pub async fn forward(&self, released: Released) -> Result<Answer, Refusal> {
        let started = Instant::now();
        let story = released.story.clone();
        let (receipt, countersigned) = (released.receipt.clone(), released.countersigned);
        let credential = match self.credential(&story.upstream) {
            Ok(credential) => credential,
            Err(message) => return Err(self.unanswered(&story, started, Ending::NotSent, message).await),
        };
        match Arc::clone(&self.egress).send(released, credential).await {
            Ok(reply) => Ok(self.passing_on(story, reply, receipt, countersigned, started)),
            Err(SendError::Timeout) => {
                let message = format!("The upstream `{}` took too long to answer.", story.upstream);
                Err(self.unanswered(&story, started, Ending::Timeout, message).await)
            }
            Err(SendError::Cut(why)) => {
                let message = format!(
                    "The answer of the upstream `{}` can't be passed on: {why}.",
                    story.upstream
                );
                Err(self.unanswered(&story, started, Ending::Cut, message).await)
            }
            Err(SendError::Unreachable(_)) => {
                let message = format!("The upstream `{}` can't be reached.", story.upstream);
                Err(self.unanswered(&story, started, Ending::Unreachable, message).await)
            }
        }
    }

    /// Takes the provider's key out of its seal, for this one call.
    fn credential(&self, upstream: &str) -> Result<Credential, String> {
        let books = self.books.read();
        let row = books.credentials.get(upstream).ok_or_else(|| {
            format!("No credential is sealed for the upstream `{upstream}`. The gateway's operator can set it.")
        })?;
        let unsealed = hex::decode(&row.sealed)
            .ok()
            .and_then(|sealed| self.sealer.open(credential_context(upstream).as_bytes(), &sealed).ok())
            .and_then(|secret| {
                std::str::from_utf8(&secret)
                    .ok()
                    .map(|text| Zeroizing::new(text.to_owned()))
            });
        unsealed.map(Credential::new).ok_or_else(|| {
            format!(
                "The credential of the upstream `{upstream}` can't be opened. The gateway's operator can set it again."
            )
        })
    }

    /// The SHA-256 digests of the keys that are sealed for the practice upstream: what it lets in, without being told
    /// a secret. A key that can't be opened isn't among them, and its calls are refused one by one.
    #[must_use]
    pub fn practice_key_hashes(&self) -> Vec<[u8; 32]> {
        let practice: Vec<_> = {
            let books = self.books.read();
            let rows = books.upstreams.values().filter(|upstream| upstream.practice);
            rows.map(|upstream| upstream.name.clone()).collect()
        };
        let keys = practice.iter().filter_map(|name| self.credential(name).ok());
        keys.map(|key| Sha256::digest(key.expose()).into()).collect()
    }

    async fn unanswered(&self, story: &Story, started: Instant, ending: Ending, message: String) -> Refusal {
        let kind = match ending {
            Ending::NotSent => RefusalKind::NoCredential,
            Ending::Timeout => RefusalKind::UpstreamTimeout,
            _ => RefusalKind::UpstreamUnreachable,
        };
        match self
            .close_call(story, Outcome::without_answer(ending, elapsed_ms(started)))
            .await
        {
            Ok(receipt) => Refusal::new(kind, &story.request_uid, message).recorded(receipt),
            Err(stopped) => stopped,
        }
    }

    fn passing_on(
        &self,
        story: Story,
        reply: Reply,
        receipt: Receipt,
        countersigned: bool,
        started: Instant,
    ) -> Answer {
        let Reply { status, headers, body } = reply;
        let (to_agent, from_upstream) = mpsc::channel(CHUNKS);
        let request_uid = story.request_uid.clone();
        let media_type = content_type(&headers);
        let pass = Pass {
            status,
            streams: media_type.starts_with("text/event-stream"),
            media_type,
            story,
            started,
        };
        if let Some(engine) = self.me.upgrade() {
            tokio::spawn(async move { pass.run(&engine, body, to_agent).await });
        }
        let body = ReceiverStream::new(from_upstream).boxed();
        Answer {
            status,
            headers,
            body,
            receipt,
            countersigned,
            request_uid,
        }
    }
}

/// What a credential is bound to.
pub(crate) fn credential_context(upstream: &str) -> String {
    format!("credential/{upstream}")
}

fn content_type(headers: &[(String, String)]) -> String {
    let found = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    found.map_or_else(
        || "application/octet-stream".to_owned(),
        |(_, value)| value.to_ascii_lowercase(),
    )
}

fn elapsed_ms(started: Instant) -> i64 {
    i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX)
}

/// One answer on its way back.
struct Pass {
    status: u16,
    streams: bool,
    media_type: String,
    story: Story,
    started: Instant,
}

impl Pass {
    /// Passes the answer on, keeping back its end until the outcome is recorded: a stream's from its `[DONE]` on, any
    /// other body's whole, which is of no use in part.
    async fn run(
        self,
        engine: &Engine,
        mut upstream: BoxStream<'static, Result<Bytes, SendError>>,
        to_agent: mpsc::Sender<Result<Bytes, Cut>>,
    ) {
        let mut whole = Vec::new();
        let mut kept_back = Vec::new();
        let ending = loop {
            let next = tokio::select! {
                next = upstream.next() => next,
                () = to_agent.closed() => break Ending::ClientGone,
            };
            match next {
                None => break Ending::Answered,
                Some(Err(SendError::Timeout)) => break Ending::Timeout,
                Some(Err(_)) => break Ending::Cut,
                Some(Ok(chunk)) => {
                    if whole.len().saturating_add(chunk.len()) > LONGEST_ANSWER {
                        break Ending::Cut;
                    }
                    let ends = self.streams && ends_stream(&whole, &chunk);
                    whole.extend_from_slice(&chunk);
                    if !self.streams || ends || !kept_back.is_empty() {
                        kept_back.push(chunk);
                    } else if to_agent.send(Ok(chunk)).await.is_err() {
                        break Ending::ClientGone;
                    }
                }
            }
        };
        drop(upstream);
        let recorded = self.record(engine, ending, whole).await;
        let end = match (recorded, ending) {
            (Err(refusal), _) => vec![Err(Cut(refusal.message))],
            (Ok(()), Ending::Answered) => kept_back.into_iter().map(Ok).collect(),
            (Ok(()), _) => vec![Err(Cut("the upstream's answer broke off".to_owned()))],
        };
        for chunk in end {
            // An agent that left now has left an answer that is recorded.
            drop(to_agent.send(chunk).await);
        }
    }

    async fn record(&self, engine: &Engine, ending: Ending, whole: Vec<u8>) -> Result<(), Refusal> {
        let usage = Usage::read(&whole, self.streams);
        let response = new_content("response", &self.media_type, whole)?;
        let duration_ms = elapsed_ms(self.started);
        let outcome = Outcome {
            ending,
            status: Some(self.status),
            usage,
            duration_ms,
            response: Some(response),
        };
        engine.close_call(&self.story, outcome).await.map(drop)
    }
}

/// Whether the stream's `[DONE]` is in this chunk, or straddles its beginning.
fn ends_stream(before: &[u8], chunk: &[u8]) -> bool {
    const DONE: &[u8] = b"data: [DONE]";
    let overlap = before.len().min(DONE.len() - 1);
    let mut window = before.get(before.len() - overlap..).unwrap_or_default().to_vec();
    window.extend_from_slice(chunk);
    window.windows(DONE.len()).any(|part| part == DONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_stream_is_found_at_every_split() {
        let stream = b"data: {\"a\":1}\n\ndata: [DONE]\n\n";
        for split in 0..stream.len() {
            let (before, chunk) = stream.split_at(split);
            let in_first = ends_stream(&[], before);
            let in_second = ends_stream(before, chunk);
            assert!(in_first || in_second, "split at {split}");
        }
        assert!(!ends_stream(b"", b"data: {\"text\":\"[DONE]\"}\n\n"));
    }
}
