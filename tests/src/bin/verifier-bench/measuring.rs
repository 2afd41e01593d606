//! How long a program takes, and how much memory at most.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

/// A program that ran.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) seconds: f64,
    /// The process's resident peak, MB.
    pub(crate) peak_mb: f64,
}

/// Runs a program to its end.
pub(crate) fn measured(command: &mut Command) -> Result<Run> {
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut stdout = child.stdout.take().context("no standard output")?;
    let (says, said) = channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.read_to_string(&mut text).map(|_| text);
        let _nobody_waits = says.send(read);
    });
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kb = 0;
    let stdout = loop {
        peak_kb = peak_kb.max(high_water(&status));
        match said.recv_timeout(Duration::from_millis(20)) {
            Err(RecvTimeoutError::Timeout) => {}
            said => break said.context("its output couldn't be read")??,
        }
    };
    let ended = child.wait()?;
    Ok(Run {
        code: ended.code().unwrap_or(-1),
        stdout,
        seconds: began.elapsed().as_secs_f64(),
        peak_mb: f64::from(peak_kb) / 1024.0,
    })
}

/// `VmHWM`, kB: the most that was resident so far. 0 where the process has ended.
fn high_water(status: &str) -> u32 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
    number.unwrap_or_default()
}

/// How long hashing a file takes, ms: the shortest of three runs.
pub(crate) fn hashed(file: &Path) -> Result<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let began = Instant::now();
        let (mut file, mut hasher) = (File::open(file)?, Sha256::new());
        let mut chunk = vec![0; 1 << 18];
        loop {
            let read = file.read(&mut chunk)?;
            if read == 0 {
                break;
            }
            hasher.update(chunk.get(..read).unwrap_or_default());
        }
        std::hint::black_box(hasher.finalize());
        best = best.min(began.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(best)
}
