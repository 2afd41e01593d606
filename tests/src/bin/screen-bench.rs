//! `cargo xtask bench`: how long a person waits for the audit viewer over a long log, in the real window.
//!
//! The log is filled beside the product, with records such as its gateway makes, while no gateway runs. Writes
//! docs/screen-performance.md.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand};
use ledger::index::Index;
use ledger::{Ledger, Options, WriterLock};
use product_tests::{Desk, fill, root};
use serde_json::Value;
use vault::{Scope, StoreChoice};

/// Jumps that are measured; the slowest is the figure.
const JUMPS: u32 = 50;
/// Cold starts that are measured.
const STARTS: u32 = 5;

#[derive(Parser)]
struct Arguments {
    /// How many records the log has.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Subcommand)]
enum Part {
    /// Fills a log, in the home that the environment names.
    Fill {
        /// The product's data directory.
        data: std::path::PathBuf,
    },
}

/// What a person waited for, in ms.
#[derive(Default)]
struct Waited {
    window: Vec<f64>,
    page: Vec<f64>,
    both: Vec<f64>,
    jumps: Vec<f64>,
    steps: Vec<f64>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(Part::Fill { data }) = &arguments.part {
        return fill_log(data, arguments.records).await;
    }
    let desk = Desk::new("screen-bench").await?;
    desk.command_line()?.init()?;
    let filled = desk
        .home
        .command(std::env::current_exe()?)
        .arg("--records")
        .arg(arguments.records.to_string())
        .arg("fill")
        .arg(desk.home.data())
        .status()?;
    ensure!(filled.success(), "the log couldn't be filled");
    // What is measured doesn't wait for the disk to take what was just written.
    ensure!(
        Command::new("sync").status()?.success(),
        "the disk doesn't take the log"
    );
    let mut waited = Waited::default();
    for _ in 0..STARTS {
        desk.keep_what_failed(start(&desk, &mut waited).await)?;
    }
    fs::write(
        root().join("docs/screen-performance.md"),
        written(&arguments, &mut waited)?,
    )?;
    Ok(())
}

async fn fill_log(data: &std::path::Path, records: u64) -> Result<()> {
    let store = vault::open(&StoreChoice::Keychain, data, Scope::Gateway)?;
    let lock = WriterLock::take(data)?;
    let ledger = Ledger::open(lock, Arc::clone(&store), &Options::default(), |_, _| {})?;
    let opened = ledger.record(0)?.context("a log without a record 0")?;
    let tenant = opened.event().pointer("/metadata/tenant_uid").and_then(Value::as_str);
    fill(&ledger, tenant.context("a record 0 without a tenant")?, records).await?;
    let index = Index::new(data);
    index.catch_up(&ledger, || true)?;
    index.close();
    ledger.close().await?;
    Ok(())
}

/// Starts the console, goes to the log, and jumps about in it.
async fn start(desk: &Desk, waited: &mut Waited) -> Result<()> {
    let window = desk.open_console().await?;
    let began = started_at()?;
    let seen = window.script_done(FIRST_PAGE).await?;
    let seen = |what| seen.get(what).and_then(Value::as_f64).context("the page gave no time");
    let (usable, drawn) = (seen("usable")?, seen("drawn")?);
    waited.window.push(usable - began);
    waited.page.push(drawn - usable);
    waited.both.push(drawn - began);
    window.script_done(AT_REST).await?;
    for jump in 1..=JUMPS / STARTS {
        let share = f64::from(jump * 7919 % 997) / 997.0;
        waited.jumps.push(number(
            &window.script_done(&format!("const share = {share};{JUMP}")).await?,
        )?);
    }
    for keys in ["G", "gg"] {
        waited.steps.push(number(
            &window
                .script_done(&format!("const pressed = \"{keys}\";{PRESS}"))
                .await?,
        )?);
    }
    window.close().await
}

/// As soon as the window can be used, a click on the place; and then its first row that is drawn.
const FIRST_PAGE: &str = "
    const seen = {};
    const look = () => {
        const place = document.querySelector('[data-test=nav-audit]');
        if (place && !seen.usable) {
            seen.usable = Date.now();
            place.click();
        }
        if (!document.querySelector('[data-test=audit-row]')) return requestAnimationFrame(look);
        requestAnimationFrame(() => { seen.drawn = Date.now(); done(seen); });
    };
    look();";

/// Until everything on the place has been told.
const AT_REST: &str = "
    const look = () => {
        const told = [...document.querySelectorAll('[data-test=beginning] .figures')];
        const rest = told.length && told.every(figure => figure.textContent !== '…');
        return rest ? done(true) : requestAnimationFrame(look);
    };
    look();";

/// From the scrollbar's move to every row in sight being there.
const JUMP: &str = "
    const list = document.getElementById('audit-rows');
    const began = performance.now();
    list.scrollTop = Math.round(share * (list.scrollHeight - list.clientHeight));
    const before = list.querySelector('[data-test=audit-row]')?.dataset.seq;
    const look = () => {
        const there = list.querySelector('[data-test=audit-row]')?.dataset.seq;
        const whole = there && !list.querySelector('.audit-row.unknown');
        return whole && (there !== before || performance.now() - began > 2000)
            ? done(performance.now() - began) : requestAnimationFrame(look);
    };
    requestAnimationFrame(look);";

/// From a key to the row that it leads to.
const PRESS: &str = "
    const list = document.getElementById('audit-rows');
    const began = performance.now();
    const before = list.querySelector('[data-test=audit-row]').dataset.seq;
    for (const key of pressed) list.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    const look = () => {
        const there = list.querySelector('[data-test=audit-row]')?.dataset.seq;
        const whole = there && there !== before && !list.querySelector('.audit-row.unknown');
        return whole || performance.now() - began > 5000 ? done(performance.now() - began) : requestAnimationFrame(look);
    };
    requestAnimationFrame(look);";

fn number(value: &Value) -> Result<f64> {
    value.as_f64().context("the page gave no time")
}

/// When the console was started by whoever drives it, in ms since 1970, as the system says: to a hundredth of a second.
fn started_at() -> Result<f64> {
    let mut started = None;
    for process in fs::read_dir("/proc")? {
        let process = process?.path();
        let is_console =
            fs::read_link(process.join("exe")).is_ok_and(|program| program.ends_with("countersign-console"));
        if is_console {
            let stat = fs::read_to_string(process.join("stat"))?;
            let fields = stat.rsplit(')').next().unwrap_or_default();
            let ticks: f64 = fields.split_whitespace().nth(19).context("no start")?.parse()?;
            started = Some(ticks * 1000.0 / 100.0);
        }
    }
    let up: f64 = fs::read_to_string("/proc/uptime")?
        .split_whitespace()
        .next()
        .context("no time")?
        .parse()?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(now.as_secs_f64() * 1000.0 - up * 1000.0 + started.context("the console doesn't run")?)
}

fn written(arguments: &Arguments, waited: &mut Waited) -> Result<String> {
    let mut text = String::from(
        "# What a person waits for in the audit viewer\n\nMade by `cargo xtask bench`; don't edit. In the real window, \
         in a virtual screen without a graphics card, in ms.\n\n",
    );
    writeln!(
        text,
        "Measured {} on {} {} cores under {}, over a log of {} records.\n",
        chrono::Utc::now().format("%Y-%m-%d"),
        std::thread::available_parallelism()?,
        std::env::consts::ARCH,
        std::env::consts::OS,
        arguments.records
    )?;
    text.push_str("| what | times | median | slowest |\n|---|---|---|---|\n");
    for (what, figures) in [
        (
            "from the program's start to a window that can be used",
            &mut waited.window,
        ),
        ("from the click on Audit to the log's first page", &mut waited.page),
        (
            "from the program's start to the log's first page, the click coming at once",
            &mut waited.both,
        ),
        (
            "from the scrollbar's move, anywhere, to every row in sight",
            &mut waited.jumps,
        ),
        (
            "from the key for the first or the last record to its page",
            &mut waited.steps,
        ),
    ] {
        figures.sort_by(f64::total_cmp);
        let (median, slowest) = figures
            .get(figures.len() / 2)
            .zip(figures.last())
            .context("nothing was measured")?;
        writeln!(text, "| {what} | {} | {median:.0} | {slowest:.0} |", figures.len())?;
    }
    Ok(text)
}
