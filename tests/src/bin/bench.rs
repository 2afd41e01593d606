//! `cargo xtask bench`: what the gateway adds to a call, beside a direct call and a bare nginx.
//!
//! One practice upstream, in a process of its own, answers all three; one load generator asks all three, over
//! connections that are kept alive. Writes docs/performance.md.
#![expect(clippy::print_stdout, reason = "a command line speaks on its standard streams")]

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand};
use hdrhistogram::Histogram;
use product_tests::{Agent, Cli, Home, KeyStore, Running, free_address, root, until};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Callers at the same time.
const CONCURRENCY: [usize; 2] = [1, 16];
/// Thrown away before each measurement.
const WARM_UP: Duration = Duration::from_secs(1);

#[derive(Parser)]
struct Arguments {
    /// Seconds that each figure is measured for.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Subcommand)]
enum Part {
    /// The practice upstream alone: prints its address and key, and answers until it is killed.
    Practice,
}

/// One way to the practice upstream.
struct Way {
    name: &'static str,
    address: SocketAddr,
    key: String,
}

/// What one way did under one load.
struct Figures {
    concurrency: usize,
    way: &'static str,
    per_second: f64,
    p50_us: u64,
    p99_us: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.part {
        Some(Part::Practice) => practice().await,
        None => bench(Duration::from_secs(arguments.seconds)).await,
    }
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

async fn bench(time: Duration) -> Result<()> {
    let home = Home::new("bench")?;
    let (_practice, line) = Running::start_announced(
        home.command(std::env::current_exe()?).arg("practice"),
        home.logs(),
        "practice",
    )?;
    let (address, key) = line.split_once(' ').context("the practice upstream said nothing")?;
    let upstream: SocketAddr = address.parse()?;
    let (_nginx, nginx) = start_nginx(&home, upstream).await?;

    let cli = Cli::new(&home, KeyStore::SealedFile)?;
    let runtime_key = cli.init()?.runtime_key;
    let serving = cli.serve().await?;
    point_at(&cli, upstream, key)?;

    let ways = [
        Way {
            name: "direct",
            address: upstream,
            key: key.to_owned(),
        },
        Way {
            name: "nginx",
            address: nginx,
            key: key.to_owned(),
        },
        Way {
            name: "countersign",
            address: serving.address,
            key: runtime_key,
        },
    ];
    let mut figures = Vec::new();
    for concurrency in CONCURRENCY {
        for way in &ways {
            measure(way, concurrency, WARM_UP).await?;
            let measured = measure(way, concurrency, time).await?;
            println!("c={concurrency:<3} {:<12} {:>9.0}/s", way.name, measured.per_second);
            figures.push(measured);
        }
    }
    let resident = resident_mb(serving.process.pid())?;
    let text = table(&figures, resident, time);
    println!("\n{text}");
    fs::write(root().join("docs/performance.md"), text)?;
    Ok(())
}

/// nginx as bare as it gets: one worker a core, connections kept alive on both sides, nothing logged.
async fn start_nginx(home: &Home, upstream: SocketAddr) -> Result<(Running, SocketAddr)> {
    let (address, folder) = (free_address()?, home.path().display().to_string());
    let config = format!(
        "daemon off; worker_processes auto; pid {folder}/nginx.pid; error_log stderr;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}/body;\n\
         proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;\n\
         scgi_temp_path {folder}/s;\n\
         upstream practice {{ server {upstream}; keepalive 64; keepalive_requests 1000000000; }}\n\
         server {{ listen {address}; location / {{ proxy_pass http://practice; proxy_http_version 1.1;\n\
         proxy_set_header Connection \"\"; proxy_set_header Host {upstream}; }} }} }}\n"
    );
    let file = home.path().join("nginx.conf");
    fs::write(&file, config)?;
    let mut command = home.command("/usr/sbin/nginx");
    command
        .arg("-e")
        .arg("stderr")
        .arg("-c")
        .arg(&file)
        .arg("-p")
        .arg(home.path());
    let mut nginx = Running::start(&mut command, home.logs(), "nginx")?;
    until("nginx to take connections", async || {
        ensure!(nginx.ended()?.is_none(), "nginx ended: {}", nginx.said());
        Ok(TcpStream::connect(address).await.ok())
    })
    .await?;
    Ok((nginx, address))
}

/// Points the gateway's OpenAI route at the same practice upstream, as an administrator would at any other.
fn point_at(cli: &Cli<'_>, upstream: SocketAddr, key: &str) -> Result<()> {
    let base_url = format!("http://{upstream}/v1");
    for (verb, input) in [
        (
            vec![
                "upstream",
                "add",
                "bench",
                "--format",
                "openai",
                "--base-url",
                &base_url,
            ],
            "",
        ),
        (vec!["credential", "set", "bench"], key),
        (vec!["upstream", "use", "bench"], ""),
    ] {
        let outcome = cli.run_with_input(&verb, input)?;
        ensure!(
            outcome.code == 0,
            "`countersign {}` failed: {}",
            verb.join(" "),
            outcome.stderr
        );
    }
    Ok(())
}

/// Calls one way from so many callers at once for so long.
async fn measure(way: &Way, concurrency: usize, time: Duration) -> Result<Figures> {
    let began = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..concurrency {
        let mut agent = Agent::new(way.address, &way.key);
        callers.spawn(async move {
            let body = Agent::sentence(&"What does this order still need before it can be sent? ".repeat(16));
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
    Ok(Figures {
        concurrency,
        way: way.name,
        per_second: all.len() as f64 / began.elapsed().as_secs_f64(),
        p50_us: all.value_at_quantile(0.5),
        p99_us: all.value_at_quantile(0.99),
    })
}

/// The resident memory of a process, MB.
fn resident_mb(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024)
}

fn table(figures: &[Figures], resident: u64, time: Duration) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut text = format!(
        "# Performance\n\n\
         Made by `cargo xtask bench`; don't edit.\n\n\
         Measured {} on {cores} shared {} cores under {}: load generator, upstream and gateway on the same cores.\n\
         Every way ends at the same practice upstream in a process of its own; bodies of about 1 KB, answers not\n\
         streamed, connections kept alive, {} s a figure. Countersign makes two durable records for each call, the\n\
         decision before it leaves and the outcome before its answer ends (SQLite WAL, synchronous=FULL), seals the\n\
         contents, and decides by the built-in policy. nginx is a bare reverse proxy: the yardstick for what is\n\
         physically possible. Ratios travel between machines; absolute figures don't.\n\n\
         | callers | way | requests/s | p50 | p99 | added p50 | added p99 | of direct | of nginx |\n\
         |---|---|---|---|---|---|---|---|---|\n",
        chrono::Utc::now().format("%Y-%m-%d"),
        std::env::consts::ARCH,
        std::env::consts::OS,
        time.as_secs(),
    );
    let of = |concurrency, way| figures.iter().find(|f| f.concurrency == concurrency && f.way == way);
    for row in figures {
        let (Some(direct), Some(nginx)) = (of(row.concurrency, "direct"), of(row.concurrency, "nginx")) else {
            continue;
        };
        let mut cells = vec![
            row.concurrency.to_string(),
            row.way.to_owned(),
            format!("{:.0}", row.per_second),
            milliseconds(row.p50_us),
            milliseconds(row.p99_us),
        ];
        if row.way != "direct" {
            cells.push(milliseconds(row.p50_us.saturating_sub(direct.p50_us)));
            cells.push(milliseconds(row.p99_us.saturating_sub(direct.p99_us)));
            cells.push(percent(row, direct));
        }
        if row.way == "countersign" {
            cells.push(percent(row, nginx));
        }
        cells.resize(9, String::new());
        let _never_fails = writeln!(text, "| {} |", cells.join(" | "));
    }
    let _never_fails = writeln!(text, "\nCountersign's resident memory after the run: {resident} MB.");
    text
}

fn percent(row: &Figures, of: &Figures) -> String {
    format!("{:.0} %", 100.0 * row.per_second / of.per_second)
}

fn milliseconds(microseconds: u64) -> String {
    format!("{}.{:02} ms", microseconds / 1000, microseconds % 1000 / 10)
}
