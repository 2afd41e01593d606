//! What is counted while it happens, for Prometheus: OpenMetrics text. Counters begin at nothing with each start; what has
//! to be exact is in the log.
//!
//! Labels hold only what the administrator named or this program did: never a model, a path or another text of an agent's,
//! of which there could be any number.

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::{
    Engine, TracesCounted,
    steps::{NotLetIn, Outcome, Story},
};

/// From 100 µs, which a step takes at best, to two minutes, which an answer may.
const SECONDS: [f64; 17] = [
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0, 120.0,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Decided {
    operation: String,
    decision: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Finished {
    operation: String,
    upstream: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Step {
    step: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tokens {
    upstream: String,
    direction: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Resting {
    upstream: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Traced {
    result: &'static str,
}

/// The counters.
#[derive(Debug)]
pub(crate) struct Metrics {
    decided: Family<Decided, Counter>,
    finished: Family<Finished, Counter>,
    steps: Family<Step, Histogram, fn() -> Histogram>,
    tokens: Family<Tokens, Counter>,
    refused: Family<Refused, Counter>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            decided: Family::default(),
            finished: Family::default(),
            steps: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            tokens: Family::default(),
            refused: Family::default(),
        }
    }

    /// A decision that is on disk.
    pub(crate) fn decided(&self, operation: &str, decision: &'static str) {
        let of = Decided {
            operation: operation.to_owned(),
            decision,
        };
        self.decided.get_or_create(&of).inc();
    }

    /// An outcome that is on disk.
    pub(crate) fn finished(&self, story: &Story, outcome: &Outcome) {
        let of = Finished {
            operation: story.operation.clone(),
            upstream: story.upstream.clone(),
            outcome: outcome.ending.as_str(),
        };
        self.finished.get_or_create(&of).inc();
        for (step, took_us) in &outcome.latency_us {
            #[expect(clippy::cast_precision_loss, reason = "microseconds of a call are few")]
            let seconds = *took_us as f64 / 1e6;
            self.steps.get_or_create(&Step { step }).observe(seconds);
        }
        let usage = &outcome.facts.usage;
        for (direction, count) in [("input", usage.prompt_tokens), ("output", usage.completion_tokens)] {
            if let Some(count) = count {
                let of = Tokens {
                    upstream: story.upstream.clone(),
                    direction,
                };
                self.tokens.get_or_create(&of).inc_by(count);
            }
        }
    }

    /// A request that nobody was let in for.
    pub(crate) fn refused(&self, why: NotLetIn) {
        self.refused.get_or_create(&Refused { reason: why.as_str() }).inc();
    }
}

impl Engine {
    /// All of it, as OpenMetrics text (`application/openmetrics-text; version=1.0.0`).
    #[must_use]
    pub fn metrics(&self) -> String {
        let mut registry = Registry::with_prefix("countersign");
        let mut text = String::new();
        self.register_counted(&mut registry);
        self.register_seen(&mut registry);
        self.register_traces(&mut registry);
        match encode(&mut text, &registry) {
            Ok(()) => text,
            // Writing to a string doesn't fail.
            Err(_) => String::new(),
        }
    }

    fn register_counted(&self, registry: &mut Registry) {
        let counted = &self.metrics;
        registry.register(
            "decisions",
            "Decisions on disk, by what came of them",
            counted.decided.clone(),
        );
        registry.register(
            "calls_finished",
            "Outcomes on disk, by how the call ended",
            counted.finished.clone(),
        );
        registry.register_with_unit(
            "call_step",
            "How long each step of a call took",
            Unit::Seconds,
            counted.steps.clone(),
        );
        registry.register("tokens", "Tokens that upstreams say were used", counted.tokens.clone());
        registry.register(
            "requests_refused",
            "Requests that nobody was let in for, by reason",
            counted.refused.clone(),
        );
    }

    /// Where calls' traces went, while they are traced.
    fn register_traces(&self, registry: &mut Registry) {
        let Some(traces) = self.traces.get() else { return };
        let TracesCounted {
            exported,
            dropped,
            failed,
        } = traces.counted();
        let counted = Family::<Traced, Counter>::default();
        for (result, count) in [("exported", exported), ("dropped", dropped), ("failed", failed)] {
            counted.get_or_create(&Traced { result }).inc_by(count);
        }
        registry.register("traces", "Calls' traces, by whether the collector took them", counted);
    }

    /// What is so at this moment.
    fn register_seen(&self, registry: &mut Registry) {
        let mut gauge = |name: &str, help: &str, value: usize| {
            let seen = Gauge::<i64>::default();
            seen.set(i64::try_from(value).unwrap_or(i64::MAX));
            registry.register(name, help, seen);
        };
        gauge(
            "calls_under_way",
            "Calls that agents wait for, held ones included",
            self.under_way.count(),
        );
        gauge(
            "items_waiting",
            "Held items that wait for a person",
            self.items.waiting() as usize,
        );
        let accepting = usize::from(self.why_not_ready().is_none());
        gauge(
            "log_accepting",
            "Whether the log accepts records: 1, else everything is denied",
            accepting,
        );
        let size = usize::try_from(self.ledger.size()).unwrap_or(usize::MAX);
        gauge("log_records", "Records in the log", size);
        let resting = Family::<Resting, Gauge>::default();
        for upstream in self.breakers.resting(std::time::Instant::now()) {
            resting.get_or_create(&Resting { upstream }).set(1);
        }
        registry.register(
            "upstream_resting",
            "Upstreams that nothing is sent to for a while, because they failed again and again",
            resting,
        );
        registry.register(
            "build",
            "This program",
            Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]),
        );
    }

    /// Why calls can't be served now, in words; nothing where they can.
    #[must_use]
    pub fn why_not_ready(&self) -> Option<String> {
        match self.ledger.state() {
            ledger::WriterState::Running => None,
            _ => Some("The log accepts no records, so everything is denied.".to_owned()),
        }
    }
}
