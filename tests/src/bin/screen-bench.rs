//! `cargo xtask bench`: how long a person waits for the audit viewer over a long log, in the real window.
//!
//! The log is filled beside the product, with records such as its gateway makes, while no gateway runs. Writes
//! docs/screen-performance.md.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand};
use ledger::index::Index;
use ledger::{Ledger, Options, WriterLock};
use product_tests::{Desk, Part, Running, fill, free_address, program, root, until};
use serde_json::Value;
use vault::{Scope, StoreChoice};

/// Jumps that are measured; the slowest is the figure.
const JUMPS: u32 = 50;
/// Cold starts that are measured.
const STARTS: u32 = 5;

/// A part of the screen that shows so many colours has words in it, with their edges.
const WRITTEN: usize = 8;

#[derive(Parser)]
struct Arguments {
    /// How many records the log has.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    #[command(subcommand)]
    job: Option<Job>,
}

#[derive(Subcommand)]
enum Job {
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
    jumps: Vec<f64>,
    steps: Vec<f64>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(Job::Fill { data }) = &arguments.job {
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
        let place = desk.keep_what_failed(start(&desk, &mut waited).await)?;
        desk.keep_what_failed(start_alone(&desk, place, &mut waited).await)?;
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

/// Starts the console as a person does, until the place in the log is drawn: a driver would have the window wait for it.
async fn start_alone(desk: &Desk, place: Part, waited: &mut Waited) -> Result<()> {
    let drawn = async || desk.screen.colours(place);
    until("an empty screen", async || Ok((drawn().await? == 1).then_some(()))).await?;
    let mut command = desk.home.command(program("countersign-console")?);
    command.env("COUNTERSIGN_LISTEN", free_address()?.to_string());
    let began = Instant::now();
    let mut console = Running::start(&mut command, desk.home.logs(), "console")?;
    until("the window", async || Ok((drawn().await? >= WRITTEN).then_some(()))).await?;
    waited.window.push(began.elapsed().as_secs_f64() * 1000.0);
    console.ask_to_end();
    console.end().await?;
    Ok(())
}

/// Starts the console, goes to the log, and jumps about in it. Gives where on the screen the log's name stands.
async fn start(desk: &Desk, waited: &mut Waited) -> Result<Part> {
    let window = desk.open_console().await?;
    let seen = window.script_done(FIRST_PAGE).await?;
    let seen = |what| {
        seen.get(what)
            .and_then(Value::as_f64)
            .context("the page gave no figure")
    };
    waited.page.push(seen("took")?);
    let place = Part {
        left: seen("left")? as u64,
        top: seen("top")? as u64,
        width: seen("width")? as u64,
        height: seen("height")? as u64,
    };
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
    window.close().await?;
    Ok(place)
}

/// As soon as the window can be used, a click on the place; and then its first row that is drawn.
const FIRST_PAGE: &str = "
    let seen;
    const look = () => {
        const place = document.querySelector('[data-test=nav-audit]');
        if (place && !seen) {
            const { left, top, width, height } = place.getBoundingClientRect();
            seen = { left, top, width, height, clicked: performance.now() };
            place.click();
        }
        if (!document.querySelector('[data-test=audit-row]')) return requestAnimationFrame(look);
        requestAnimationFrame(() => done({ took: performance.now() - seen.clicked, ...seen }));
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

fn written(arguments: &Arguments, waited: &mut Waited) -> Result<String> {
    let mut text = String::from(
        "# What a person waits for in the audit viewer\n\nMade by `cargo xtask bench`; don't edit. In the real window, \
         in a virtual screen without a graphics card, in ms. The start is looked at on the screen itself, every 20 ms; the \
         rest is the page's own clock, in a window that is driven.\n\n",
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
    let each = waited.window.iter().zip(&waited.page);
    let mut both: Vec<f64> = each.map(|(window, page)| window + page).collect();
    for (what, figures) in [
        ("from the program's start to the window, drawn", &mut waited.window),
        (
            "from the click on Audit, coming at once, to the log's first page",
            &mut waited.page,
        ),
        ("the two together", &mut both),
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
