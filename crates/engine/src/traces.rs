//! What is told of a call for a trace, once it has ended: how long its steps took and what its records say. Nothing of it
//! is a text of an agent's or a model's, or a key.
//!
//! The engine hands it over, and who takes it mustn't make a call wait. Where nobody takes it, nothing is gathered.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use ledger::Receipt;
use parking_lot::Mutex;

use crate::{
    Caller, Engine, TraceParent,
    clock::random,
    refusal::{Refusal, RefusalKind},
    steps::{Ending, Outcome, Story},
};

/// Takes the calls that have ended.
pub trait Traces: Send + Sync {
    /// A call has ended. Called on the call's own way, so it takes no time worth the name.
    fn ended(&self, call: TracedCall);

    /// What it counted, for who asks for metrics.
    fn counted(&self) -> TracesCounted;
}

/// How many calls' traces went where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TracesCounted {
    /// Taken by the collector.
    pub exported: u64,
    /// Never sent, because too many waited.
    pub dropped: u64,
    /// Sent, or tried to be, and not taken.
    pub failed: u64,
}

/// A call that has ended. Times count from its beginning.
#[derive(Debug, Clone)]
pub struct TracedCall {
    /// The trace that it is part of.
    pub trace_id: [u8; 16],
    /// The agent's span, where it named one.
    pub parent: Option<[u8; 8]>,
    /// The call's own span.
    pub span_id: [u8; 8],
    /// When its request was let in.
    pub began: SystemTime,
    /// How long it took, up to the record of its outcome.
    pub took: Duration,
    /// The id that every record of its story carries.
    pub request_uid: String,
    /// `chat.completions`
    pub operation: String,
    /// Its agent's uid.
    pub agent_uid: String,
    /// Its agent's name, as the administrator gave it.
    pub agent_name: String,
    /// The model, as recorded; empty where none is.
    pub model: String,
    /// The upstream's name, as the administrator gave it; empty where it wasn't found.
    pub upstream: String,
    /// The kind of a proposed action.
    pub kind: Option<String>,
    /// What was decided: `allow`, `hold`, `deny`; nothing where that couldn't be recorded.
    pub decision: Option<&'static str>,
    /// The approval, where a person decides or decided.
    pub approval_uid: Option<String>,
    /// The newest record that says how it went.
    pub sequence: Option<u64>,
    /// How it ended; nothing where nobody knows.
    pub ended: Option<Ended>,
    /// Its steps, in the order they were taken.
    pub steps: Vec<TracedStep>,
    /// What was sent upstream.
    pub sent: Option<TracedSending>,
}

/// How a traced call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It wasn't served, for this reason.
    Refused(RefusalKind),
    /// It was let go, and an outcome was recorded.
    Finished {
        /// `answered`, `cut`, `timeout` …
        outcome: &'static str,
        /// What failed of the gateway's or the upstream's, so that the agent's call failed: an HTTP status, or the outcome.
        /// What an operator, a policy or the agent itself ended is no failure, nor is an answer that finds fault with it.
        failed: Option<String>,
    },
    /// It was an action, and its state changed.
    Noted,
}

/// A step of a call.
#[derive(Debug, Clone)]
pub struct TracedStep {
    /// `decide`, `record`, `hold` …
    pub name: &'static str,
    /// When it began.
    pub from: Duration,
    /// When it ended.
    pub to: Duration,
}

/// What was sent upstream, up to its answer's end.
#[derive(Debug, Clone)]
pub struct TracedSending {
    /// The span that the upstream was told.
    pub span_id: [u8; 8],
    /// When it was sent.
    pub from: Duration,
    /// When the answer began.
    pub first_byte: Option<Duration>,
    /// When the answer ended, however it did.
    pub to: Duration,
    /// The answer's HTTP status.
    pub status: Option<u16>,
    /// What the upstream says was used.
    pub input_tokens: Option<u64>,
    /// What the upstream says was used.
    pub output_tokens: Option<u64>,
    /// What failed: an HTTP status, or the outcome.
    pub failed: Option<String>,
}

/// A call's trace while it is under way; nothing where it isn't traced.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trace(Option<Arc<UnderWay>>);

struct UnderWay {
    taken_by: Arc<dyn Traces>,
    began: Instant,
    gathered: Mutex<Gathered>,
}

#[derive(Debug)]
struct Gathered {
    call: TracedCall,
    /// When the last step ended.
    last: Duration,
    /// Whether it waits for a person.
    waits: bool,
}

impl std::fmt::Debug for UnderWay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("UnderWay").field(&self.gathered).finish()
    }
}

impl Engine {
    /// Has calls traced from now on. Only the first who asks for it is told of them.
    pub fn traces_to(&self, traces: Arc<dyn Traces>) {
        drop(self.traces.set(traces));
    }

    /// Begins a call's trace, where calls are traced: in its agent's, where that named one. What the agent says isn't
    /// sampled isn't traced.
    pub fn trace(&self, caller: &mut Caller, parent: Option<TraceParent>) {
        let Some(traces) = self.traces.get().filter(|_| parent.is_none_or(|parent| parent.sampled)) else {
            return;
        };
        let ids = parent.map_or_else(random, |parent| Ok(parent.trace_id));
        // Without randomness there is no trace, and soon no record either.
        let (Ok(trace_id), Ok(span_id)) = (ids, random()) else {
            return;
        };
        let call = TracedCall {
            trace_id,
            parent: parent.map(|parent| parent.span_id),
            span_id,
            began: SystemTime::now(),
            took: Duration::ZERO,
            request_uid: caller.request_uid.clone(),
            operation: String::new(),
            agent_uid: caller.agent.uid.clone(),
            agent_name: caller.agent.name.clone(),
            model: String::new(),
            upstream: String::new(),
            kind: None,
            decision: None,
            approval_uid: None,
            sequence: None,
            ended: None,
            steps: Vec::new(),
            sent: None,
        };
        caller.passage.trace = Trace(Some(Arc::new(UnderWay {
            taken_by: Arc::clone(traces),
            began: Instant::now(),
            gathered: Mutex::new(Gathered {
                call,
                last: Duration::ZERO,
                waits: false,
            }),
        })));
    }
}

impl Trace {
    fn gather(&self, note: impl FnOnce(&mut Gathered, Duration)) {
        if let Some(under_way) = &self.0 {
            note(&mut under_way.gathered.lock(), under_way.began.elapsed());
        }
    }

    /// The step that began with the last one's end has ended.
    pub(crate) fn step(&self, name: &'static str) {
        self.gather(|gathered, now| gathered.step(name, now));
    }

    /// From here on it waits for a person, to the end unless a step says otherwise.
    pub(crate) fn waits(&self, approval_uid: &str) {
        self.gather(|gathered, _| {
            gathered.call.approval_uid = Some(approval_uid.to_owned());
            gathered.waits = true;
        });
    }

    /// Its story is known: without one, a request has no trace.
    pub(crate) fn of(&self, story: &Story) {
        self.gather(|Gathered { call, .. }, _| {
            story.request_uid.clone_into(&mut call.request_uid);
            story.operation.clone_into(&mut call.operation);
            story.model.clone_into(&mut call.model);
            story.upstream.clone_into(&mut call.upstream);
            call.kind = story.proposed.as_ref().map(|(kind, _)| kind.clone());
        });
    }

    /// A decision is on disk.
    pub(crate) fn decided(&self, decision: &'static str, sequence: u64) {
        self.gather(|Gathered { call, .. }, now| {
            (call.decision, call.sequence, call.took) = (Some(decision), Some(sequence), now);
        });
    }

    /// It is about an action of this story, which changed by `operation`.
    pub(crate) fn acted(&self, story: &Story, operation: &str) {
        self.of(story);
        self.gather(|Gathered { call, .. }, now| {
            operation.clone_into(&mut call.operation);
            (call.ended, call.took) = (Some(Ended::Noted), now);
        });
    }

    /// It is sent: what the upstream is to be told of the trace.
    pub(crate) fn sends(&self) -> Option<TraceParent> {
        let span_id = self.0.as_ref().and_then(|_| random().ok())?;
        let mut trace_id = [0; 16];
        self.gather(|Gathered { call, last, .. }, now| {
            trace_id = call.trace_id;
            call.sent = Some(TracedSending {
                span_id,
                from: now,
                first_byte: None,
                to: now,
                status: None,
                input_tokens: None,
                output_tokens: None,
                failed: None,
            });
            *last = now;
        });
        Some(TraceParent {
            trace_id,
            span_id,
            sampled: true,
        })
    }

    /// The answer begins.
    pub(crate) fn first_byte(&self) {
        self.gather(|Gathered { call, .. }, now| {
            if let Some(sent) = &mut call.sent {
                sent.first_byte = Some(now);
            }
        });
    }

    /// The answer has ended, or nothing more is waited for. Its outcome isn't recorded yet.
    pub(crate) fn comes_to_an_end(&self, outcome: &Outcome) {
        self.gather(|gathered, now| {
            gathered.last = now;
            if let Some(sent) = &mut gathered.call.sent {
                sent.to = now;
                sent.status = outcome.status;
                sent.input_tokens = outcome.facts.usage.prompt_tokens;
                sent.output_tokens = outcome.facts.usage.completion_tokens;
                sent.failed = failed_upstream(outcome);
            }
        });
    }

    /// Its outcome is on disk.
    pub(crate) fn finished(&self, outcome: &Outcome, receipt: &Receipt) {
        self.gather(|gathered, now| {
            gathered.step("outcome", now);
            let call = &mut gathered.call;
            let answered = outcome.status.is_some_and(|status| (400..500).contains(&status));
            let is_upstreams = matches!(outcome.ending, Ending::Answered | Ending::Malformed);
            call.ended = Some(Ended::Finished {
                outcome: outcome.ending.as_str(),
                failed: match outcome.ending {
                    Ending::NotSent | Ending::Resting => Some(outcome.ending.as_str().to_owned()),
                    _ => failed_upstream(outcome).filter(|_| !(answered && is_upstreams)),
                },
            });
            (call.sequence, call.took) = (Some(receipt.sequence), now);
        });
    }

    /// It isn't served. Where an outcome of it is recorded, that says more.
    pub(crate) fn refused(&self, refusal: &Refusal) {
        self.gather(|Gathered { call, .. }, now| {
            if matches!(call.ended, Some(Ended::Finished { .. })) {
                return;
            }
            if let Some(receipt) = &refusal.receipt {
                call.decision.get_or_insert("deny");
                call.sequence = Some(receipt.sequence);
            }
            (call.ended, call.took) = (Some(Ended::Refused(refusal.kind)), now);
        });
    }

    /// What a step gives, noted where it is a refusal.
    pub(crate) fn told<T>(&self, given: Result<T, Refusal>) -> Result<T, Refusal> {
        given.inspect_err(|refusal| self.refused(refusal))
    }
}

impl Gathered {
    fn step(&mut self, name: &'static str, now: Duration) {
        let from = self.last;
        self.call.steps.push(TracedStep { name, from, to: now });
        (self.last, self.waits) = (now, false);
    }
}

impl Drop for UnderWay {
    /// The call has ended, whichever way: whatever it was part of is gone.
    fn drop(&mut self) {
        let now = self.began.elapsed();
        let gathered = self.gathered.get_mut();
        if gathered.call.operation.is_empty() {
            return;
        }
        if gathered.waits {
            gathered.step("hold", now);
        }
        // Left in the midst: nobody said how it ended.
        if gathered.call.ended.is_none() || gathered.call.took < gathered.last {
            gathered.call.took = now;
        }
        self.taken_by.ended(gathered.call.clone());
    }
}

/// What failed of a call that went upstream, and its answer.
fn failed_upstream(outcome: &Outcome) -> Option<String> {
    let status = outcome.status.filter(|status| *status >= 400);
    match outcome.ending {
        Ending::ClientGone | Ending::Halted | Ending::Resting | Ending::NotSent => None,
        Ending::Answered | Ending::Malformed if outcome.is_upstreams_error() => {
            Some(status.map_or_else(|| "upstream_error".to_owned(), |status| status.to_string()))
        }
        Ending::Answered => None,
        ending => Some(ending.as_str().to_owned()),
    }
}
