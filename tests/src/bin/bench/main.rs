//! `cargo xtask bench gateway`: what the gateway adds to a call, beside a direct call, a bare nginx and other gateways.
//!
//! One practice upstream, in a process of its own, answers all; one load generator asks all, over connections that are
//! kept alive. Writes the tables of docs/performance.md.
#![expect(clippy::print_stdout, reason = "a command line speaks on its standard streams")]

mod halting;
mod load;
mod peers;
mod slow;
mod soak;
mod table;
mod usage;
mod ways;

use std::time::Duration;

use anyhow::Result;
use clap::{Parser, Subcommand};
use product_tests::{Home, Running};
use sha2::{Digest as _, Sha256};

use crate::load::{Ask, Figures, measure};
use crate::table::{Row, tables, write};
use crate::ways::{Upstream, Way, Ways};

/// Callers at the same time.
const CONCURRENCY: [usize; 3] = [1, 16, 64];
/// What the messages of a call weigh, in KB.
const BODIES_KB: [usize; 3] = [1, 10, 100];
/// Thrown away before each measurement.
const WARM_UP: Duration = Duration::from_millis(500);

#[derive(Parser)]
struct Arguments {
    /// Seconds that each figure is measured for.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Leave the other gateways out.
    #[arg(long)]
    without_peers: bool,
    /// Only so many callers at once, `1,16`; prints, and writes nothing.
    #[arg(long, value_delimiter = ',')]
    callers: Vec<usize>,
    /// Only bodies of so many KB; prints, and writes nothing.
    #[arg(long, value_delimiter = ',')]
    kilobytes: Vec<usize>,
    /// Only answers that are streamed, or aren't; prints, and writes nothing.
    #[arg(long)]
    streamed: Option<bool>,
    /// Only these ways, beside the direct one and nginx; prints, and writes nothing.
    #[arg(long, value_delimiter = ',')]
    ways: Vec<String>,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Subcommand)]
enum Part {
    /// The practice upstream alone: prints its address and key, and answers until it is killed.
    Practice,
    /// Four fifths of the most load for so many minutes; prints the figures.
    Soak {
        #[arg(long, default_value_t = 20)]
        minutes: u64,
    },
    /// So many connections that dawdle beside the agents; prints the figures.
    SlowSockets {
        #[arg(long, default_value_t = 1000)]
        sockets: usize,
    },
    /// How long an agent's streams go on once it is halted; prints the figures.
    Halting,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.part {
        None => bench(&arguments).await,
        Some(Part::Practice) => practice().await,
        Some(Part::Soak { minutes }) => {
            let (home, _practice, upstream) = practising()?;
            let figures = soak::soak(&home, &upstream, Duration::from_secs(60 * minutes)).await?;
            println!("{figures}");
            Ok(())
        }
        Some(Part::SlowSockets { sockets }) => {
            let (home, _practice, upstream) = practising()?;
            let figures = slow::slow_sockets(&home, &upstream, sockets).await?;
            println!("{figures}");
            Ok(())
        }
        Some(Part::Halting) => {
            let halting = halting::halting(&Home::new("bench-halting")?).await?;
            println!("{}", table::halting(&halting));
            Ok(())
        }
    }
}

/// A home, and the practice upstream in a process of its own.
fn practising() -> Result<(Home, Running, Upstream)> {
    let home = Home::new("bench")?;
    let (practice, line) = Running::start_announced(
        home.command(std::env::current_exe()?).arg("practice"),
        home.logs(),
        "practice",
    )?;
    Ok((home, practice, Upstream::announced(&line)?))
}

async fn practice() -> Result<()> {
    let upstream = gateway::PracticeUpstream::start().await?;
    let address = upstream.base_url().replace("http://", "").replace("/v1", "");
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    let key = format!("practice-{:032x}", u128::from_be_bytes(random));
    upstream.accept(Sha256::digest(&key).into());
    println!("{address} {key}");
    std::future::pending().await
}

async fn bench(arguments: &Arguments) -> Result<()> {
    let (home, _practice, upstream) = practising()?;
    let ways = Ways::start(&home, &upstream, !arguments.without_peers).await?;
    let time = Duration::from_secs(arguments.seconds);
    let mut rows = Vec::new();
    for kilobytes in BODIES_KB
        .into_iter()
        .filter(|these| wanted(&arguments.kilobytes, these))
    {
        for stream in [false, true]
            .into_iter()
            .filter(|this| arguments.streamed.is_none_or(|only| only == *this))
        {
            for callers in CONCURRENCY
                .into_iter()
                .filter(|these| wanted(&arguments.callers, these))
            {
                let ask = Ask {
                    kilobytes,
                    stream,
                    callers,
                };
                for way in ways
                    .all
                    .iter()
                    .filter(|way| wanted(&arguments.ways, &way.name.to_owned()))
                {
                    let figures = match measured(way, ask, time).await {
                        // What another gateway can't do is said in its row.
                        Err(error) if way.is_peer => {
                            println!("{ask} {:<12} {error:#}", way.name);
                            None
                        }
                        figures => Some(figures?),
                    };
                    if let Some(figures) = &figures {
                        println!("{ask} {:<12} {:>9.0}/s", way.name, figures.per_second);
                    }
                    rows.push(Row {
                        ask,
                        way: way.name,
                        figures,
                    });
                }
            }
        }
    }
    let mut text = tables(&rows, &ways, time)?;
    let everything = rows.len() == ways.all.len() * 2 * CONCURRENCY.len() * BODIES_KB.len();
    if everything {
        text.push_str(&table::halting(&halting::halting(&Home::new("bench-halting")?).await?));
        write(&text)?;
    }
    println!("\n{text}");
    Ok(())
}

async fn measured(way: &Way, ask: Ask, time: Duration) -> Result<Figures> {
    measure(way, ask, WARM_UP).await?;
    measure(way, ask, time).await
}

/// Whether this is among those that were named, or none were.
fn wanted<T: PartialEq>(named: &[T], this: &T) -> bool {
    named.is_empty() || named.contains(this)
}
