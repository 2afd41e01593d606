//! An upstream's answer on its way back to the agent: read as it comes, its end kept back until its outcome is on disk.

use std::time::Instant;

use action::{
    answer::{AnswerFacts, AnswerReader, facts_of},
    model_call::Format,
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream, stream::BoxStream};
use ledger::Receipt;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    Engine, Released, Reply, SendError,
    passage::{Halted, Passage},
    refusal::Refusal,
    steps::{
        Outcome, Story,
        forward::{elapsed_ms, halted_words},
        outcome::Ending,
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
    /// The call's format, in which an error in the midst of a stream is told.
    pub format: Option<Format>,
}

/// The answer broke off: the agent must see a broken transfer, never a complete one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Cut(pub String);

/// What is known of an answer before it comes.
pub(crate) struct Returning {
    story: Story,
    format: Option<Format>,
    receipt: Receipt,
    countersigned: bool,
    started: Instant,
    passage: Passage,
}

impl Returning {
    pub(crate) fn of(released: &mut Released, started: Instant) -> Self {
        Self {
            story: released.story.clone(),
            format: Format::of_operation(&released.story.operation),
            receipt: released.receipt.clone(),
            countersigned: released.countersigned,
            started,
            passage: released.take_passage(),
        }
    }
}

impl Engine {
    /// Gives an answer back that has begun.
    pub(crate) async fn give_back(
        &self,
        mut returning: Returning,
        reply: Reply,
        left: impl Future<Output = ()>,
        halted: Halted,
    ) -> Result<Answer, Refusal> {
        returning.passage.first_byte();
        let Reply { status, headers, body } = reply;
        let media_type = content_type(&headers);
        let streams = media_type.starts_with("text/event-stream");
        let answer = |returning: &Returning, headers, body| Answer {
            status,
            headers,
            body,
            receipt: returning.receipt.clone(),
            countersigned: returning.countersigned,
            request_uid: returning.story.request_uid.clone(),
            format: returning.format,
        };
        let coming = Coming {
            reader: returning
                .format
                .filter(|_| streams)
                .map(|format| AnswerReader::new(format, true)),
            whole: Vec::new(),
            upstream: body,
            halted,
        };
        if !streams {
            let body = self.whole(&returning, status, &media_type, coming, left).await?;
            let body = stream::once(async { Ok(body) }).boxed();
            return Ok(answer(&returning, headers, body));
        }
        let (to_agent, from_upstream) = mpsc::channel(CHUNKS);
        let (end, ends) = oneshot::channel();
        let answer = answer(&returning, headers, in_order(from_upstream, ends));
        if let Some(engine) = self.me.upgrade() {
            tokio::spawn(async move {
                let ended = engine.stream(&returning, status, &media_type, coming, to_agent).await;
                // Told before the agent sees the end.
                drop(returning);
                // An agent that left now has left an answer that is recorded.
                drop(end.send(ended));
            });
        }
        Ok(answer)
    }

    /// An answer that is of no use in part: all of it, once its outcome is recorded.
    async fn whole(
        &self,
        returning: &Returning,
        status: u16,
        media_type: &str,
        mut coming: Coming,
        left: impl Future<Output = ()>,
    ) -> Result<Bytes, Refusal> {
        let mut left = std::pin::pin!(left);
        let ending = loop {
            let next = tokio::select! {
                next = coming.next() => next,
                () = left.as_mut() => break Ending::ClientGone,
            };
            match next {
                Ok(Some(_)) => {}
                Ok(None) => break Ending::Answered,
                Err(ending) => break ending,
            }
        };
        let (outcome, whole) = coming.outcome(returning, ending, status, media_type)?;
        let (name, trace) = (&returning.story.upstream, &returning.passage.trace);
        let message = match outcome.ending {
            Ending::Answered => return self.close_call(&returning.story, outcome, trace).await.map(|_| whole),
            // An upstream's error is passed on as it is, JSON or not.
            Ending::Malformed if status >= 400 => {
                return self.close_call(&returning.story, outcome, trace).await.map(|_| whole);
            }
            Ending::Malformed => format!("The answer of the upstream `{name}` isn't what its format says."),
            Ending::Timeout => format!("The upstream `{name}` began to answer and took too long."),
            Ending::Halted => halted_words(),
            _ => format!("The answer of the upstream `{name}` broke off."),
        };
        Err(self.refused_after(&returning.story, outcome, message, trace).await)
    }

    /// Passes a stream on, and gives its end once the outcome is recorded.
    async fn stream(
        &self,
        returning: &Returning,
        status: u16,
        media_type: &str,
        mut coming: Coming,
        to_agent: mpsc::Sender<Bytes>,
    ) -> Result<Vec<Bytes>, Cut> {
        let mut kept_back = Vec::new();
        let ending = loop {
            let next = tokio::select! {
                next = coming.next() => next,
                () = to_agent.closed() => break Ending::ClientGone,
            };
            match next {
                Ok(None) => break Ending::Answered,
                Err(ending) => break ending,
                Ok(Some((now, later))) => {
                    if !later.is_empty() {
                        kept_back.push(later);
                    }
                    if now.is_empty() {
                        continue;
                    }
                    // An agent that doesn't read is halted all the same.
                    tokio::select! {
                        sent = to_agent.send(now) => if sent.is_err() {
                            break Ending::ClientGone;
                        },
                        () = coming.halted.comes() => break Ending::Halted,
                    }
                }
            }
        };
        let recorded = match coming.outcome(returning, ending, status, media_type) {
            Ok((outcome, _)) => {
                let ending = outcome.ending;
                let closed = self
                    .close_call(&returning.story, outcome, &returning.passage.trace)
                    .await;
                closed.map(|_| ending)
            }
            Err(refusal) => Err(refusal),
        };
        match recorded {
            Err(refusal) => Err(Cut(refusal.message)),
            Ok(Ending::Answered | Ending::Malformed) => Ok(kept_back),
            Ok(Ending::Halted) => Err(Cut(halted_words())),
            Ok(_) => Err(broken_off()),
        }
    }
}

/// A stream's chunks, and then its end. Where nobody says how it ended, it broke off: a transfer that isn't whole never
/// looks as if it were.
fn in_order(
    chunks: mpsc::Receiver<Bytes>,
    ends: oneshot::Receiver<Result<Vec<Bytes>, Cut>>,
) -> BoxStream<'static, Result<Bytes, Cut>> {
    let end = async move {
        let last = ends.await.unwrap_or_else(|_| Err(broken_off()));
        stream::iter(match last {
            Ok(last) => last.into_iter().map(Ok).collect(),
            Err(cut) => vec![Err(cut)],
        })
    };
    ReceiverStream::new(chunks)
        .map(Ok)
        .chain(stream::once(end).flatten())
        .boxed()
}

fn broken_off() -> Cut {
    Cut("The upstream's answer broke off.".to_owned())
}

/// An answer that is coming.
struct Coming {
    reader: Option<AnswerReader>,
    whole: Vec<u8>,
    upstream: BoxStream<'static, Result<Bytes, SendError>>,
    halted: Halted,
}

impl Coming {
    /// The next chunk: what may go on now, and what belongs to the answer's end. Nothing at the end.
    async fn next(&mut self) -> Result<Option<(Bytes, Bytes)>, Ending> {
        let chunk = tokio::select! {
            next = self.upstream.next() => match next {
                None => return Ok(None),
                Some(Ok(chunk)) => chunk,
                Some(Err(SendError::Timeout)) => return Err(Ending::Timeout),
                Some(Err(_)) => return Err(Ending::Cut),
            },
            () = self.halted.comes() => return Err(Ending::Halted),
        };
        let before = self.whole.len();
        if before.saturating_add(chunk.len()) > LONGEST_ANSWER {
            return Err(Ending::Cut);
        }
        self.whole.extend_from_slice(&chunk);
        let ends_at = self.reader.as_mut().and_then(|reader| {
            reader.push(&chunk);
            reader.ends_at()
        });
        let now = ends_at.map_or(chunk.len(), |end| {
            usize::try_from(end)
                .unwrap_or(usize::MAX)
                .saturating_sub(before)
                .min(chunk.len())
        });
        Ok(Some((chunk.slice(..now), chunk.slice(now..))))
    }

    /// How it ended, as it is recorded, and the whole of it.
    fn outcome(
        self,
        returning: &Returning,
        ending: Ending,
        status: u16,
        media_type: &str,
    ) -> Result<(Outcome, Bytes), Refusal> {
        drop(self.upstream);
        let is_stream = media_type.starts_with("text/event-stream");
        let ended = self.reader.as_ref().is_none_or(AnswerReader::has_ended);
        let facts = match (self.reader, returning.format) {
            (Some(reader), _) => reader.finish(),
            (None, Some(format)) => facts_of(format, &self.whole),
            (None, None) => AnswerFacts::default(),
        };
        // Gemini's streams have no last event, but their last chunk says why it is the last.
        let says_why = returning.format.is_some_and(Format::names_model_in_path)
            && (facts.finish_reason.is_some() || facts.error.is_some());
        let ended = ended || says_why;
        let ending = match ending {
            // Without its last event a stream is no answer, however tidily the connection was closed.
            Ending::Answered if is_stream && !ended => Ending::Cut,
            Ending::Answered if facts.malformed => Ending::Malformed,
            ending => ending,
        };
        let whole = Bytes::from(self.whole);
        let response = new_content("response", media_type, whole.clone())?;
        let outcome = Outcome {
            ending,
            status: Some(status),
            facts,
            duration_ms: elapsed_ms(returning.started),
            latency_us: returning.passage.steps(),
            response: Some(response),
        };
        Ok((outcome, whole))
    }
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
