//! How long an agent's streams go on once an operator halts it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use client::Client;
use contract::{AgentRef, Operators as _};
use hdrhistogram::Histogram;
use product_tests::{Cli, FaultyUpstream, Home, KeyStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Streams of one agent at the same time.
const STREAMS: [usize; 3] = [1, 16, 64];
/// How often it is halted with each.
const TIMES: usize = 20;

/// What halting took with so many streams, microseconds from the operator's request on.
pub(crate) struct Halting {
    pub(crate) streams: usize,
    /// Until the last of the streams had ended at the agent.
    pub(crate) cut: Histogram<u64>,
    /// Until the operator was answered: the halt is recorded, and no new call is let in.
    pub(crate) answered: Histogram<u64>,
}

/// Halts an agent again and again while it reads streams whose upstream says nothing more for now.
pub(crate) async fn halting(home: &Home) -> Result<Vec<Halting>> {
    let upstream = FaultyUpstream::start().await?;
    let cli = Cli::new(home, KeyStore::SealedFile)?;
    let agent = cli.init()?;
    let serving = cli.serve().await?;
    let base_url = upstream.base_url();
    for (verb, input) in [
        (
            &[
                "upstream",
                "add",
                "stalling",
                "--format",
                "openai",
                "--base-url",
                &base_url,
            ][..],
            "",
        ),
        (&["credential", "set", "stalling"], "a-credential\n"),
    ] {
        let outcome = cli.run_with_input(verb, input)?;
        ensure!(outcome.code == 0, "`{}` failed: {}", verb.join(" "), outcome.stderr);
    }
    let operators = client::connect(&cli.data()).await?;
    let mut measured = Vec::new();
    for streams in STREAMS {
        let mut halting = Halting {
            streams,
            cut: Histogram::new(3)?,
            answered: Histogram::new(3)?,
        };
        for _ in 0..TIMES {
            once(&operators, serving.address, &agent.runtime_key, &mut halting).await?;
        }
        measured.push(halting);
    }
    Ok(measured)
}

async fn once(operators: &Client, address: SocketAddr, key: &str, halting: &mut Halting) -> Result<()> {
    let mut reading = JoinSet::new();
    for _ in 0..halting.streams {
        let stream = begun(address, key).await?;
        reading.spawn(ended(stream));
    }
    let agent = || AgentRef {
        agent: "support-bot".to_owned(),
    };
    let asked = Instant::now();
    let halted = async {
        operators.agent_disable(agent()).await?;
        anyhow::Ok(asked.elapsed())
    };
    let cut = async {
        let mut last = asked;
        while let Some(ended) = reading.join_next().await {
            last = last.max(ended??);
        }
        anyhow::Ok(last.duration_since(asked))
    };
    let (answered, cut) = tokio::try_join!(halted, cut)?;
    halting.answered.record(microseconds(answered)?)?;
    halting.cut.record(microseconds(cut)?)?;
    operators.agent_enable(agent()).await?;
    Ok(())
}

/// A stream whose first chunk is here.
async fn begun(address: SocketAddr, key: &str) -> Result<TcpStream> {
    let body =
        r#"{"model": "stalling/stalls", "stream": true, "messages": [{"role": "user", "content": "Take your time."}]}"#;
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all([head.as_str(), body].concat().as_bytes()).await?;
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains("chat.completion.chunk") {
        let count = stream.read_buf(&mut read).await?;
        ensure!(count > 0, "it isn't streamed: {}", String::from_utf8_lossy(&read));
    }
    Ok(stream)
}

/// When it ended.
async fn ended(mut stream: TcpStream) -> Result<Instant> {
    let mut rest = Vec::new();
    // However it ends, by a break or in order.
    drop(stream.read_to_end(&mut rest).await);
    let at = Instant::now();
    let said = String::from_utf8_lossy(&rest);
    ensure!(said.contains("halted"), "it ended for another reason: {said}");
    Ok(at)
}

fn microseconds(time: Duration) -> Result<u64> {
    u64::try_from(time.as_micros()).context("it took for ever")
}
