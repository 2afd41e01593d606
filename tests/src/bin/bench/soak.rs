//! `cargo xtask trial soak`: as much as four fifths of what the gateway can take, for minutes. Its memory stays what it is,
//! nothing acknowledged is missing from the log, and the chain verifies.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use contract::{Verification, VerificationState};
use hdrhistogram::Histogram;
use product_tests::{Cli, Home, KeyStore};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::load::{Ask, measure};
use crate::usage::resident_mb;
use crate::ways::{Upstream, Way, countersign};

const ASK: Ask = Ask {
    kilobytes: 1,
    stream: false,
    callers: 16,
};

/// How long what the gateway can take is measured for.
const AT_FULL_LOAD: Duration = Duration::from_secs(10);

/// How often its memory is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// What counts as flat: the last quarter's mean beside the second one's. The first fills what is kept for each agent,
/// and the index's and SQLite's own memory.
const FLAT: f64 = 1.1;

/// A receipt: the record's sequence, and its fingerprint.
type Held = (u64, [u8; 32]);

/// What agents came to.
struct Told {
    held: Vec<Held>,
    taken: Histogram<u64>,
}

/// Loads a gateway for so long, and gives the figures in a sentence.
pub(crate) async fn soak(home: &Home, upstream: &Upstream, time: Duration) -> Result<String> {
    let mut way = countersign(home, upstream).await?;
    let most = measure(&way, ASK, AT_FULL_LOAD).await?.per_second;
    let began = Instant::now();
    let agents = load(&way, 0.8 * most, time);
    let mut memory = Vec::new();
    let mut looks = interval(LOOK);
    let pid = way.process.as_ref().context("the gateway has a process")?.pid();
    while began.elapsed() < time {
        looks.tick().await;
        memory.push(resident_mb(pid)?.0);
    }
    let told = collected(agents).await?;
    let took = began.elapsed();
    let mut process = way.process.take().context("the gateway has a process")?;
    let cli = Cli::new(home, KeyStore::SealedFile)?;
    let verification: Verification = cli.json(&["log", "verify"])?;
    ensure!(
        verification.state == VerificationState::Verified,
        "the chain doesn't verify: {verification:?}"
    );
    process.ask_to_end();
    let ended = process.end().await?;
    ensure!(ended.success(), "it didn't end in order: {}", process.said());
    all_are_there(home, &told.held)?;

    let quarter = memory.len() / 4;
    let (early, late) = (
        mean(memory.iter().skip(quarter).take(quarter)),
        mean(memory.iter().rev().take(quarter)),
    );
    ensure!(
        late < early * FLAT,
        "its memory grew from {early:.0} to {late:.0} MB: {memory:.0?}"
    );
    Ok(format!(
        "soaked for {:.0} min at {:.0} calls/s (80 % of {most:.0}): {} receipts, all found in the log, each once; the log of {} \
         records verified; p50 {:.2} ms, p99 {:.2} ms; resident memory {early:.0} MB in the second quarter of the time, \
         {late:.0} MB in the last, {:.0} MB at most",
        took.as_secs_f64() / 60.0,
        told.held.len() as f64 / took.as_secs_f64(),
        told.held.len(),
        verification.verified,
        told.taken.value_at_quantile(0.5) as f64 / 1e3,
        told.taken.value_at_quantile(0.99) as f64 / 1e3,
        memory.iter().copied().fold(0.0, f64::max),
    ))
}

/// Agents that ask at a pace, however long an answer takes; who is late asks at once.
fn load(way: &Way, per_second: f64, time: Duration) -> JoinSet<Result<Told>> {
    let pace = Duration::from_secs_f64(ASK.callers as f64 / per_second);
    let mut agents = JoinSet::new();
    for _ in 0..ASK.callers {
        let (mut agent, body) = (way.agent(), ASK.body());
        agents.spawn(async move {
            let mut told = Told {
                held: Vec::new(),
                taken: Histogram::new(3)?,
            };
            let mut turns = interval(pace);
            turns.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let began = Instant::now();
            while began.elapsed() < time {
                turns.tick().await;
                let asked = Instant::now();
                let answer = agent.post(Bytes::clone(&body)).await?;
                told.taken.record(u64::try_from(asked.elapsed().as_micros())?)?;
                ensure!(answer.status == 200, "answered {}: {:?}", answer.status, answer.body);
                for receipt in agent.take_receipts() {
                    let mut fingerprint = [0; 32];
                    hex::decode_to_slice(&receipt.fingerprint, &mut fingerprint)?;
                    told.held.push((receipt.sequence, fingerprint));
                }
            }
            Ok(told)
        });
    }
    agents
}

async fn collected(mut agents: JoinSet<Result<Told>>) -> Result<Told> {
    let mut all = Told {
        held: Vec::new(),
        taken: Histogram::new(3)?,
    };
    while let Some(told) = agents.join_next().await {
        let told = told?.context("calling the gateway")?;
        all.held.extend(told.held);
        all.taken.add(told.taken)?;
    }
    Ok(all)
}

/// That each receipt's record is in the log's file, which no gateway has open any more, and no place was given out twice.
fn all_are_there(home: &Home, held: &[Held]) -> Result<()> {
    let mut wanted: HashMap<u64, [u8; 32]> = HashMap::with_capacity(held.len());
    for (sequence, fingerprint) in held {
        ensure!(
            wanted.insert(*sequence, *fingerprint).is_none(),
            "the place {sequence} in the log was given out twice"
        );
    }
    let db = rusqlite::Connection::open(home.data().join("log.sqlite"))?;
    let mut leaves = db.prepare("SELECT seq, substr(entry, 17) FROM leaf")?;
    let mut rows = leaves.query([])?;
    while let Some(row) = rows.next()? {
        let (sequence, fingerprint): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        if let Some(acknowledged) = wanted.remove(&sequence.cast_unsigned()) {
            ensure!(
                acknowledged.as_slice() == fingerprint,
                "the log holds another record {sequence} than was acknowledged"
            );
        }
    }
    ensure!(wanted.is_empty(), "{} acknowledged records are lost", wanted.len());
    Ok(())
}

fn mean<'a>(of: impl ExactSizeIterator<Item = &'a f64>) -> f64 {
    let count = of.len().max(1) as f64;
    of.sum::<f64>() / count
}
