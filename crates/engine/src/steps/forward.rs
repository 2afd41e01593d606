//! Sending what was released.

use std::{sync::Arc, time::Instant};

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{
    Answer, Credential, Engine, Released, SendError,
    refusal::{Refusal, RefusalKind},
    steps::{Outcome, Story, outcome::Ending, returning::Returning},
    traces::Trace,
};

impl Engine {
    /// Sends a released call with the upstream's credential on it. `left` ends when the agent has gone away.
    ///
    /// An answer that isn't streamed is given back once all of it came and its outcome is recorded; a stream's end comes
    /// only then.
    ///
    /// # Errors
    /// [`RefusalKind::NoCredential`], [`RefusalKind::UpstreamUnreachable`], [`RefusalKind::UpstreamTimeout`],
    /// [`RefusalKind::UpstreamResting`], [`RefusalKind::UpstreamAnswer`] or [`RefusalKind::Halted`], each after its
    /// outcome is recorded.
    pub async fn forward(&self, released: Released, left: impl Future<Output = ()> + Send) -> Result<Answer, Refusal> {
        let countersigned = released.countersigned;
        let trace = released.passage.trace.clone();
        let answered = trace.told(self.send(released, left).await);
        answered.map_err(|refusal| Refusal {
            countersigned,
            ..refusal
        })
    }

    async fn send(&self, mut released: Released, left: impl Future<Output = ()> + Send) -> Result<Answer, Refusal> {
        let started = Instant::now();
        let story = released.story.clone();
        let trace = released.passage.trace.clone();
        let unanswered = async |ending, message| Err(self.unanswered(&story, started, ending, message, &trace).await);
        let mut left = std::pin::pin!(left);
        // Subscribed before it is looked at: no halt falls in between.
        let mut halted = self.halts.watch(&story.agent_uid);
        if self.is_halted(&story) {
            return unanswered(Ending::Halted, halted_words()).await;
        }
        let credential = match self.credential(&story.upstream) {
            Ok(credential) => credential,
            Err(message) => return unanswered(Ending::NotSent, message).await,
        };
        if let Err(rest) = self.breakers.admit(&story.upstream, started) {
            let message = format!(
                "The upstream `{}` failed again and again, so nothing is sent to it for another {} s.",
                story.upstream,
                rest.as_secs() + 1
            );
            return unanswered(Ending::Resting, message).await;
        }
        if let Some(traceparent) = trace.sends() {
            released.is_traced_as(traceparent);
        }
        let returning = Returning::of(&mut released, started);
        let egress = Arc::clone(&self.egress);
        let sending = egress.send(released, credential);
        let mut sending = std::pin::pin!(sending);
        let sent = tokio::select! {
                sent = sending.as_mut() => sent,
                () = left.as_mut() => {
                    let message = "The agent went away.".to_owned();
                    return unanswered(Ending::ClientGone, message).await;
                }
                () = halted.comes() => {
                    return unanswered(Ending::Halted, halted_words()).await;
                }
        };
        match &sent {
            Err(SendError::Timeout | SendError::Unreachable(_)) => {
                self.breakers.failed(&story.upstream, Instant::now());
            }
            Ok(_) | Err(SendError::Cut(_)) => self.breakers.reached(&story.upstream),
        }
        match sent {
            Ok(reply) => self.give_back(returning, reply, left, halted).await,
            Err(SendError::Timeout) => {
                let message = format!("The upstream `{}` took too long to answer.", story.upstream);
                unanswered(Ending::Timeout, message).await
            }
            Err(SendError::Cut(why)) => {
                let message = format!(
                    "The answer of the upstream `{}` can't be passed on: {why}.",
                    story.upstream
                );
                unanswered(Ending::Cut, message).await
            }
            Err(SendError::Unreachable(_)) => {
                let message = format!("The upstream `{}` can't be reached.", story.upstream);
                unanswered(Ending::Unreachable, message).await
            }
        }
    }

    /// Whether the call's agent was halted, or isn't there any more.
    pub(crate) fn is_halted(&self, story: &Story) -> bool {
        let books = self.books.read();
        !books.agents.get(&story.agent_uid).is_some_and(|agent| agent.enabled)
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

    async fn unanswered(
        &self,
        story: &Story,
        started: Instant,
        ending: Ending,
        message: String,
        trace: &Trace,
    ) -> Refusal {
        let outcome = Outcome::without_answer(ending, elapsed_ms(started));
        self.refused_after(story, outcome, message, trace).await
    }

    /// Records the outcome of a call that is answered by a refusal.
    pub(crate) async fn refused_after(
        &self,
        story: &Story,
        outcome: Outcome,
        message: String,
        trace: &Trace,
    ) -> Refusal {
        let kind = match outcome.ending {
            Ending::NotSent => RefusalKind::NoCredential,
            Ending::Timeout => RefusalKind::UpstreamTimeout,
            Ending::Resting => RefusalKind::UpstreamResting,
            Ending::Halted => RefusalKind::Halted,
            Ending::Cut | Ending::Malformed => RefusalKind::UpstreamAnswer,
            _ => RefusalKind::UpstreamUnreachable,
        };
        match self.close_call(story, outcome, trace).await {
            Ok(receipt) => Refusal::new(kind, &story.request_uid, message).recorded(receipt),
            Err(stopped) => stopped,
        }
    }
}

/// What a halted agent is told.
pub(crate) fn halted_words() -> String {
    "This agent was halted by the gateway's operator.".to_owned()
}

/// What a credential is bound to.
pub(crate) fn credential_context(upstream: &str) -> String {
    format!("credential/{upstream}")
}

pub(crate) fn elapsed_ms(started: Instant) -> i64 {
    i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX)
}
