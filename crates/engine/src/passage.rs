//! A call on its way through the steps: how long each took, its agent's place among the calls under way, and the halts
//! that cut it.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::traces::Trace;

/// At most this many calls of one agent at once, held ones included.
pub(crate) const MOST_AT_ONCE: usize = 128;

/// How long a call's steps took. The clock is the process's own and goes forward only.
#[derive(Debug)]
pub(crate) struct Passage {
    last: Instant,
    steps: Vec<(&'static str, u64)>,
    /// Given back when the call's answer has been taken, or its passage is dropped.
    place: Option<Place>,
    /// What is told of it for a trace.
    pub(crate) trace: Trace,
}

impl Passage {
    /// Begins now, in this place.
    pub(crate) fn begin(place: Option<Place>) -> Self {
        Self {
            last: Instant::now(),
            steps: Vec::new(),
            place,
            trace: Trace::default(),
        }
    }

    /// Whether it was given a place.
    pub(crate) fn has_place(&self) -> bool {
        self.place.is_some()
    }

    /// The step that began with the last mark has ended.
    pub(crate) fn mark(&mut self, step: &'static str) {
        self.trace.step(step);
        self.note(step);
    }

    /// The upstream begins to answer.
    pub(crate) fn first_byte(&mut self) {
        self.trace.first_byte();
        self.note("first_byte");
    }

    fn note(&mut self, step: &'static str) {
        let now = Instant::now();
        let took = now.saturating_duration_since(self.last);
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        // A held call is recorded twice: before it waits, and when it is released.
        match self.steps.iter_mut().find(|(name, _)| *name == step) {
            Some((_, sum)) => *sum = sum.saturating_add(us),
            None => self.steps.push((step, us)),
        }
        self.last = now;
    }

    /// What was marked, µs.
    pub(crate) fn steps(&self) -> Vec<(&'static str, u64)> {
        self.steps.clone()
    }
}

/// The calls under way, by agent.
#[derive(Debug, Default)]
pub(crate) struct UnderWay {
    by_agent: Arc<Mutex<HashMap<String, usize>>>,
}

/// One call's place; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Place {
    agent_uid: String,
    by_agent: Arc<Mutex<HashMap<String, usize>>>,
}

impl UnderWay {
    /// A place for a call of this agent; nothing where it has its most already.
    pub(crate) fn enter(&self, agent_uid: &str) -> Option<Place> {
        let mut by_agent = self.by_agent.lock();
        let count = by_agent.entry(agent_uid.to_owned()).or_default();
        if *count >= MOST_AT_ONCE {
            return None;
        }
        *count += 1;
        Some(Place {
            agent_uid: agent_uid.to_owned(),
            by_agent: Arc::clone(&self.by_agent),
        })
    }
}

impl UnderWay {
    /// How many there are, of all agents.
    pub(crate) fn count(&self) -> usize {
        self.by_agent.lock().values().sum()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_agent = self.by_agent.lock();
        if let Some(count) = by_agent.get_mut(&self.agent_uid) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                by_agent.remove(&self.agent_uid);
            }
        }
    }
}

/// How often each agent was halted since the start. A count, so that a halt which was taken back at once still cuts what
/// was under way.
#[derive(Debug, Default)]
pub(crate) struct Halts {
    by_agent: watch::Sender<HashMap<String, u64>>,
}

/// One call's end of it: an agent that was halted since.
#[derive(Debug, Clone)]
pub(crate) struct Halted {
    agent_uid: String,
    before: u64,
    by_agent: watch::Receiver<HashMap<String, u64>>,
}

impl Halts {
    /// Cuts the agent's calls under way.
    pub(crate) fn halt(&self, agent_uid: &str) {
        self.by_agent.send_modify(|by_agent| {
            let halts = by_agent.entry(agent_uid.to_owned()).or_default();
            *halts = halts.saturating_add(1);
        });
    }

    /// For a call that begins. Whether its agent is halted already is for the books to say, afterwards.
    pub(crate) fn watch(&self, agent_uid: &str) -> Halted {
        let by_agent = self.by_agent.subscribe();
        let before = halts_of(&by_agent, agent_uid);
        Halted {
            agent_uid: agent_uid.to_owned(),
            before,
            by_agent,
        }
    }
}

impl Halted {
    /// Returns when the agent is halted; never, where it isn't.
    pub(crate) async fn comes(&mut self) {
        loop {
            if halts_of(&self.by_agent, &self.agent_uid) != self.before {
                return;
            }
            if self.by_agent.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

fn halts_of(by_agent: &watch::Receiver<HashMap<String, u64>>, agent_uid: &str) -> u64 {
    by_agent.borrow().get(agent_uid).copied().unwrap_or_default()
}

/// After so many failures in a row nothing is sent to an upstream for a while.
const FAILURES: u32 = 5;

/// The shortest while, and the longest: it doubles with each call that fails after one.
const REST: Duration = Duration::from_secs(2);
const LONGEST_REST: Duration = Duration::from_secs(60);

/// Which upstreams are given a rest: a circuit breaker for each.
///
/// What counts is whether an upstream could be reached and began to answer; an answer of any status is one.
#[derive(Debug, Default)]
pub(crate) struct Breakers {
    by_upstream: Mutex<HashMap<String, Breaker>>,
}

#[derive(Debug, Default)]
struct Breaker {
    failures: u32,
    /// Nothing goes before then; afterwards one call, to try.
    rests_until: Option<Instant>,
}

impl Breakers {
    /// Whether a call may be sent now; else how long to wait. Who is let through has to report how it went.
    pub(crate) fn admit(&self, upstream: &str, now: Instant) -> Result<(), Duration> {
        let mut all = self.by_upstream.lock();
        let Some(breaker) = all.get_mut(upstream) else {
            return Ok(());
        };
        match breaker.rests_until {
            Some(until) if until > now => Err(until.saturating_duration_since(now)),
            Some(_) => {
                // This call tries; the others wait until it has reported.
                breaker.rests_until = Some(now + rest(breaker.failures));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Which are given a rest at this moment.
    pub(crate) fn resting(&self, now: Instant) -> Vec<String> {
        let all = self.by_upstream.lock();
        let resting = all
            .iter()
            .filter(|(_, breaker)| breaker.rests_until.is_some_and(|until| until > now));
        resting.map(|(upstream, _)| upstream.clone()).collect()
    }

    /// It began to answer.
    pub(crate) fn reached(&self, upstream: &str) {
        self.by_upstream.lock().remove(upstream);
    }

    /// It was removed, or is another one now.
    pub(crate) fn forget(&self, upstream: &str) {
        self.by_upstream.lock().remove(upstream);
    }

    /// It didn't.
    pub(crate) fn failed(&self, upstream: &str, now: Instant) {
        let mut all = self.by_upstream.lock();
        let breaker = all.entry(upstream.to_owned()).or_default();
        breaker.failures = breaker.failures.saturating_add(1);
        if breaker.failures >= FAILURES {
            breaker.rests_until = Some(now + rest(breaker.failures));
        }
    }
}

fn rest(failures: u32) -> Duration {
    REST.saturating_mul(1 << failures.saturating_sub(FAILURES).min(10))
        .min(LONGEST_REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_has_its_most_calls_under_way_and_each_that_ends_makes_place() {
        let under_way = UnderWay::default();
        let mut places: Vec<_> = (0..MOST_AT_ONCE).map(|_| under_way.enter("a")).collect();
        assert!(places.iter().all(Option::is_some));
        assert!(under_way.enter("a").is_none());
        assert!(under_way.enter("b").is_some(), "another agent has its own places");
        drop(places.pop());
        assert!(under_way.enter("a").is_some());
        drop(places);
        assert!(
            under_way.by_agent.lock().is_empty(),
            "nothing is kept of agents that are done"
        );
    }

    #[tokio::test]
    async fn a_halt_that_is_taken_back_at_once_cuts_what_was_under_way_and_nothing_else() {
        let halts = Halts::default();
        let (mut cut, mut other) = (halts.watch("a"), halts.watch("b"));
        halts.halt("a");
        let mut later = halts.watch("a");
        cut.comes().await;
        tokio::select! {
            biased;
            () = other.comes() => unreachable!("another agent's call is cut"),
            () = later.comes() => unreachable!("a call after the halt is cut"),
            () = std::future::ready(()) => {}
        }
    }

    #[test]
    fn an_upstream_that_fails_again_and_again_is_given_longer_and_longer_rests() {
        let breakers = Breakers::default();
        let began = Instant::now();
        for _ in 1..FAILURES {
            breakers.failed("u", began);
            assert_eq!(breakers.admit("u", began), Ok(()));
        }
        breakers.failed("u", began);
        assert_eq!(breakers.admit("u", began), Err(REST));
        assert_eq!(breakers.admit("other", began), Ok(()));
        let later = began + REST;
        assert_eq!(breakers.admit("u", later), Ok(()), "one call tries");
        assert_eq!(breakers.admit("u", later), Err(REST), "the others wait for it");
        breakers.failed("u", later);
        assert_eq!(breakers.admit("u", later), Err(REST * 2));
        for _ in 0..40 {
            breakers.failed("u", later);
        }
        assert_eq!(breakers.admit("u", later), Err(LONGEST_REST));
        breakers.reached("u");
        assert_eq!(breakers.admit("u", later), Ok(()));
    }
}
