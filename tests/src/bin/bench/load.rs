//! The load generator: so many callers, each on a connection of its own, each asking again as soon as it was answered.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use hdrhistogram::Histogram;
use serde_json::json;
use tokio::task::JoinSet;

use crate::usage::Usage;
use crate::ways::Way;

/// What is asked, and by how many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) kilobytes: usize,
    pub(crate) stream: bool,
    pub(crate) callers: usize,
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = if self.stream { "stream" } else { "whole" };
        write!(f, "{:>3} KB {shape:<6} c={:<3}", self.kilobytes, self.callers)
    }
}

impl Ask {
    /// A conversation of this weight: text alone, which the built-in policy allows.
    pub(crate) fn body(self) -> Bytes {
        const SENTENCE: &str = "What does this order still need before it can be sent? ";
        let text = SENTENCE.repeat((self.kilobytes * 1024).div_ceil(SENTENCE.len()));
        let mut body = json!({"model": "practice-1", "messages": [{"role": "user", "content": text}]});
        if let (true, Some(body)) = (self.stream, body.as_object_mut()) {
            body.insert("stream".to_owned(), json!(true));
        }
        Bytes::from(body.to_string())
    }
}

/// What one way did under one load.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
    /// Of the processes between caller and upstream; none where there are none.
    pub(crate) each: Option<Usage>,
}

/// Calls one way for so long.
pub(crate) async fn measure(way: &Way, ask: Ask, time: Duration) -> Result<Figures> {
    let body = ask.body();
    let before = way.usage()?;
    let began = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..ask.callers {
        let mut agent = way.agent();
        let body = body.clone();
        callers.spawn(async move {
            let mut taken = Histogram::<u64>::new(3)?;
            while began.elapsed() < time {
                let asked = Instant::now();
                let answer = agent.post(body.clone()).await?;
                taken.record(u64::try_from(asked.elapsed().as_micros())?)?;
                ensure!(answer.status == 200, "answered {}: {:?}", answer.status, answer.body);
                drop(agent.take_receipts());
            }
            anyhow::Ok(taken)
        });
    }
    let mut all = Histogram::<u64>::new(3)?;
    while let Some(taken) = callers.join_next().await {
        all.add(taken?.with_context(|| format!("calling {}", way.name))?)?;
    }
    let took = began.elapsed();
    let each = before
        .zip(way.usage()?)
        .map(|(before, after)| after.since(before, all.len()));
    Ok(Figures {
        per_second: all.len() as f64 / took.as_secs_f64(),
        p50_us: all.value_at_quantile(0.5),
        p99_us: all.value_at_quantile(0.99),
        each,
    })
}
