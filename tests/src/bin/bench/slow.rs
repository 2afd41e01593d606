//! `cargo xtask trial slow-sockets`: what the agents notice of a thousand connections that dawdle.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use contract::AddedAgent;
use product_tests::{Cli, Home, KeyStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::interval;

use crate::load::{Ask, Figures, measure};
use crate::ways::{Upstream, countersign};

const ASK: Ask = Ask {
    kilobytes: 1,
    stream: false,
    callers: 16,
};

/// How long each figure is measured for, and how often: the machine's own moods are larger than what is looked for.
const TIME: Duration = Duration::from_secs(10);
const TURNS: usize = 3;

/// A slow socket sends, or reads, a byte in this time.
const BYTE: Duration = Duration::from_millis(500);

/// Measures the agents without and with so many slow sockets, in turns, and gives the figures in a sentence.
pub(crate) async fn slow_sockets(home: &Home, upstream: &Upstream, sockets: usize) -> Result<String> {
    let way = countersign(home, upstream).await?;
    // Slow bodies come with a key of their own: one agent's calls are limited, whoever makes them.
    let slow: AddedAgent = Cli::new(home, KeyStore::SealedFile)?.json(&["agent", "add", "slow-bot"])?;
    measure(&way, ASK, TIME).await?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    let opened = Arc::new(AtomicU64::new(0));
    for _ in 0..TURNS {
        without.push(measure(&way, ASK, TIME).await?);
        let mut dawdlers = JoinSet::new();
        for number in 0..sockets {
            let opened = Arc::clone(&opened);
            dawdlers.spawn(dawdle(way.address, slow.runtime_key.clone(), Kind::of(number), opened));
        }
        with.push(measure(&way, ASK, TIME).await?);
        dawdlers.shutdown().await;
    }
    let (alone, beside) = (median_p99(&mut without), median_p99(&mut with));
    let ratio = beside as f64 / alone as f64;
    ensure!(
        ratio < 2.0,
        "the agents' p99 went from {alone} µs to {beside} µs with {sockets} slow sockets"
    );
    Ok(format!(
        "{sockets} slow sockets ({} connections in all, for whoever is sent away comes again) beside {} agents: their p99 \
         {:.2} ms without, {:.2} ms with them, {ratio:.2} times; {:.0} and {:.0} calls/s",
        opened.load(Ordering::Relaxed),
        ASK.callers,
        alone as f64 / 1e3,
        beside as f64 / 1e3,
        rate(&without),
        rate(&with),
    ))
}

/// How a socket is slow.
#[derive(Clone, Copy)]
enum Kind {
    /// Its request's head comes byte by byte.
    Head,
    /// It has a key, and the body comes byte by byte.
    Body,
    /// It connects, and says nothing.
    Silent,
}

impl Kind {
    const fn of(number: usize) -> Self {
        match number % 3 {
            0 => Self::Head,
            1 => Self::Body,
            _ => Self::Silent,
        }
    }
}

/// Connects, dawdles until it is sent away, and comes again.
async fn dawdle(address: SocketAddr, key: String, kind: Kind, opened: Arc<AtomicU64>) -> Result<()> {
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: 4096\r\n\r\n"
    );
    let mut bytes = interval(BYTE);
    loop {
        bytes.tick().await;
        let Ok(mut socket) = TcpStream::connect(address).await else {
            continue;
        };
        opened.fetch_add(1, Ordering::Relaxed);
        let slowly = match kind {
            Kind::Head => head.clone().into_bytes(),
            Kind::Body => {
                socket.write_all(head.as_bytes()).await?;
                vec![b' '; 4096]
            }
            Kind::Silent => {
                drop(socket.read(&mut [0; 1]).await);
                continue;
            }
        };
        for byte in slowly {
            bytes.tick().await;
            if socket.write_all(&[byte]).await.is_err() {
                break;
            }
        }
    }
}

fn median_p99(figures: &mut [Figures]) -> u64 {
    figures.sort_by_key(|figures| figures.p99_us);
    figures.get(figures.len() / 2).map_or(0, |figures| figures.p99_us)
}

fn rate(figures: &[Figures]) -> f64 {
    figures.iter().map(|figures| figures.per_second).sum::<f64>() / figures.len().max(1) as f64
}
