//! What processes use of the machine, as Linux tells it under /proc.

use std::fs;

use anyhow::{Context as _, Result};

/// `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux that there is.
const TICKS_A_SECOND: f64 = 100.0;

/// What a process and its children have used since they began, or for each of so many calls.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    /// Time on a core, user's and system's, microseconds.
    pub(crate) cpu_us: f64,
    /// Bytes that went to the disk.
    pub(crate) written: f64,
}

impl Usage {
    /// Of a process and everything that it started.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let mut usage = Self::default();
        for pid in family(pid)? {
            // A worker may have ended in the meantime.
            let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
                continue;
            };
            let fields = after_name(&stat);
            let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok());
            // proc_pid_stat(5): utime and stime are fields 14 and 15; the name ends with field 2.
            let (user, system) = ticks(11).zip(ticks(12)).context("no times in /proc/PID/stat")?;
            usage.cpu_us += (user + system) / TICKS_A_SECOND * 1e6;
            let io = fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
            usage.written += number(&io, "write_bytes:").unwrap_or_default();
        }
        Ok(usage)
    }

    /// For each of so many calls since then.
    pub(crate) fn since(self, then: Self, calls: u64) -> Self {
        let calls = calls.max(1) as f64;
        Self {
            cpu_us: (self.cpu_us - then.cpu_us) / calls,
            written: (self.written - then.written) / calls,
        }
    }
}

/// The resident memory of a process and everything that it started, MB; and the most it ever was.
pub(crate) fn resident_mb(pid: u32) -> Result<(f64, f64)> {
    let (mut now, mut peak) = (0.0, 0.0);
    for pid in family(pid)? {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        now += number(&status, "VmRSS:").unwrap_or_default() / 1024.0;
        peak += number(&status, "VmHWM:").unwrap_or_default() / 1024.0;
    }
    Ok((now, peak))
}

/// A process and those that it, or one of them, started.
fn family(pid: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if let Some(parent) = after_name(&stat).get(1).and_then(|text| text.parse::<u32>().ok()) {
            parents.push((pid, parent));
        }
    }
    let mut family = vec![pid];
    let mut at = 0;
    while let Some(member) = family.get(at).copied() {
        family.extend(
            parents
                .iter()
                .filter(|(_, parent)| *parent == member)
                .map(|(pid, _)| pid),
        );
        at += 1;
    }
    Ok(family)
}

/// The fields after the name, which stands in parentheses and may itself hold some, and blanks.
fn after_name(stat: &str) -> Vec<&str> {
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    rest.split_ascii_whitespace().collect()
}

fn number(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
