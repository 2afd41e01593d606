//! Killing the gateway with SIGKILL under load, again and again, and asking whether anything acknowledged was lost.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use client::Client;
use contract::{Operators as _, RecordRef, Verification, VerificationState};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::{Agent, Cli, Receipt, Serving};

/// Agents that call at the same time.
const AGENTS: usize = 4;

/// What a series of kills came to.
#[derive(Debug, Default, Clone)]
pub struct KillTally {
    /// How often the gateway was killed.
    pub cycles: u32,
    /// The receipts that agents held.
    pub acknowledged: u64,
    /// How many of them were looked for in the log of a gateway started afterwards: all of them, or the trial failed.
    pub found: u64,
    /// Kills that came before the gateway had answered anything.
    pub before_any_answer: u32,
    /// The log's size at the end.
    pub records: u64,
}

/// Kills a gateway `cycles` times, each at another moment: after a random number of acknowledged calls, and in every
/// fifth cycle after a random time, which also falls into its start. After each kill the log must open (which verifies
/// it to its head) and hold every receipt given out so far; no place in the log is given out twice. After each fifth kill
/// the gateway is stopped in order once, which keeps a head: else every start would verify all from the first kill on.
///
/// # Errors
/// Where a receipt is missing or its place was given out before, where the chain doesn't verify, where the gateway doesn't start again.
pub async fn kill_cycles(cli: &Cli<'_>, runtime_key: &str, cycles: u32) -> Result<KillTally> {
    let mut tally = KillTally::default();
    let mut pending: Vec<Receipt> = Vec::new();
    let mut given = HashSet::new();
    for cycle in 0..cycles {
        let serving = cli.start_serving("serve")?;
        let receipts = if cycle % 5 == 4 {
            run_for(serving, runtime_key, Duration::from_millis(u64::from(random(1500)?))).await?
        } else {
            run_until_acknowledged(serving, runtime_key, u64::from(random(60)?) + 1).await?
        };
        tally.cycles += 1;
        tally.acknowledged += receipts.len() as u64;
        tally.before_any_answer += u32::from(receipts.is_empty());
        for receipt in &receipts {
            ensure!(
                given.insert(receipt.sequence),
                "a place in the log was acknowledged twice: {receipt:?}"
            );
        }
        pending.extend(receipts);
        if cycle % 5 == 3 || cycle + 1 == cycles {
            tally.found += find_all(cli, &std::mem::take(&mut pending)).await?;
        }
    }
    let verification: Verification = cli.json(&["log", "verify"])?;
    ensure!(
        verification.state == VerificationState::Verified,
        "the chain doesn't verify: {verification:?}"
    );
    tally.records = verification.verified;
    Ok(tally)
}

/// Lets agents call until they hold this many receipts, then kills at once.
async fn run_until_acknowledged(mut serving: Serving, key: &str, wanted: u64) -> Result<Vec<Receipt>> {
    let load = Load::start(&serving, key);
    load.enough(wanted, &mut serving).await?;
    serving.process.kill();
    load.stop().await
}

/// Lets agents call for this long, then kills, whatever has happened.
async fn run_for(mut serving: Serving, key: &str, time: Duration) -> Result<Vec<Receipt>> {
    let load = Load::start(&serving, key);
    let forever = load.enough(u64::MAX, &mut serving);
    if let Ok(ended) = timeout(time, forever).await {
        ended?;
    }
    serving.process.kill();
    load.stop().await
}

/// Agents that call without pause.
struct Load {
    tasks: JoinSet<Vec<Receipt>>,
    acknowledged: Arc<AtomicU64>,
    another: Arc<Notify>,
}

impl Load {
    fn start(serving: &Serving, key: &str) -> Self {
        let (acknowledged, another) = (Arc::new(AtomicU64::new(0)), Arc::new(Notify::new()));
        let mut tasks = JoinSet::new();
        for number in 0..AGENTS {
            let mut agent = Agent::new(serving.address, key);
            let (acknowledged, another) = (Arc::clone(&acknowledged), Arc::clone(&another));
            tasks.spawn(async move {
                let mut receipts = Vec::new();
                let mut connected = false;
                for turn in 0_u64.. {
                    let answer = agent.say(&format!("turn {turn} of agent {number}")).await;
                    let given = agent.take_receipts();
                    // Refused before it was ever answered: the gateway is still starting. Afterwards: it was killed.
                    connected |= answer.is_ok() || !given.is_empty();
                    acknowledged.fetch_add(given.len() as u64, Ordering::Relaxed);
                    receipts.extend(given);
                    another.notify_one();
                    if answer.is_err() && connected {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                receipts
            });
        }
        Self {
            tasks,
            acknowledged,
            another,
        }
    }

    /// Waits until the agents hold this many receipts between them.
    async fn enough(&self, wanted: u64, serving: &mut Serving) -> Result<()> {
        while self.acknowledged.load(Ordering::Relaxed) < wanted {
            self.another.notified().await;
            let ended = serving.process.ended()?;
            ensure!(
                ended.is_none(),
                "the gateway ended by itself: {}",
                serving.process.said()
            );
        }
        Ok(())
    }

    /// Ends the agents, whose gateway is dead, and gives what they hold.
    async fn stop(mut self) -> Result<Vec<Receipt>> {
        let mut receipts = Vec::new();
        // An agent that was never answered goes on knocking; the others end by themselves at the dead connection.
        while let Ok(Some(held)) = timeout(Duration::from_secs(1), self.tasks.join_next()).await {
            receipts.extend(held?);
        }
        let held: u64 = receipts.len() as u64;
        ensure!(
            held == self.acknowledged.load(Ordering::Relaxed),
            "an agent still holds receipts after the kill"
        );
        Ok(receipts)
    }
}

/// Starts the gateway once more, looks for each receipt in its log, and stops it in order.
async fn find_all(cli: &Cli<'_>, receipts: &[Receipt]) -> Result<u64> {
    let mut serving = cli.serve().await?;
    let operators: Client = client::connect(&cli.data()).await?;
    for receipt in receipts {
        let found = operators
            .log_record(RecordRef {
                sequence: receipt.sequence,
            })
            .await;
        let record = found.with_context(|| format!("lost an acknowledged record: {receipt:?}"))?;
        let agrees = record.fingerprint == receipt.fingerprint && record.recomputed == receipt.fingerprint;
        ensure!(
            agrees,
            "the log holds another record than was acknowledged: {receipt:?}, found {record:?}"
        );
    }
    serving.process.ask_to_end();
    let ended = serving.process.end().await?;
    ensure!(ended.success(), "it didn't end in order: {}", serving.process.said());
    Ok(receipts.len() as u64)
}

/// A random number below `limit`, evenly enough for choosing moments.
fn random(limit: u32) -> Result<u32> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes) % limit)
}
