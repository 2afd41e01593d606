//! `countersign pin` and `export-pin`: the keys that this machine trusts when it verifies.

use std::path::PathBuf;

use contract::{Operators, PinnedKey};
use engine::Tenant;
use reviewer::{PinBook, parse_pins, print_pins, save};
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::{session, times};

/// What to do with pins.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Pin the keys of a file that `export-pin` wrote elsewhere and that came to you by a way you trust
    Add {
        /// The file
        file: PathBuf,
    },
    /// All pins
    List,
    /// Trust a log's key no longer
    Remove {
        /// The log, countersign/log/…
        origin: String,
        /// `log` or `case`; both when absent
        role: Option<String>,
    },
}

/// How to write this gateway's public keys.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// Where to [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

#[derive(Serialize)]
struct Pins<'a> {
    pins: &'a [PinnedKey],
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    let mut book = PinBook::open(&context.data_dir)?;
    match verb {
        Verb::Add { file } => {
            let unread = |error| Failure::new(format!("cannot read `{}` ({error})", file.display()));
            let added = parse_pins(&std::fs::read(&file).map_err(unread)?)?;
            book.check(&added)?;
            let source = file.display().to_string();
            recorded(context, async |log| {
                for pin in &added {
                    let pin = PinnedKey {
                        source: source.clone(),
                        pinned_ms: chrono::Utc::now().timestamp_millis(),
                        ..pin.clone()
                    };
                    book.pin(log, pin).await?;
                }
                Ok(())
            })
            .await?;
            context.output.show(&Pins { pins: &added }, |page| {
                page.line(format!("{} keys are pinned.", added.len()));
            })?;
        }
        Verb::List => {
            let pins = book.list();
            context.output.show(&Pins { pins }, |page| {
                if pins.is_empty() {
                    page.line("No key is pinned. `countersign pin add FILE` pins one that you got by a way you trust.");
                    return;
                }
                let row = |pin: &PinnedKey| {
                    let when = times::moment(pin.pinned_ms);
                    vec![
                        pin.role.clone(),
                        pin.name.clone(),
                        pin.source.clone(),
                        when,
                        pin.origin.clone(),
                    ]
                };
                let rows: Vec<_> = pins.iter().map(row).collect();
                page.table(&["Role", "Whose", "From", "Pinned (UTC)", "Log"], &rows);
            })?;
        }
        Verb::Remove { origin, role } => {
            let roles = match &role {
                Some(role) => vec![role.clone()],
                None => book
                    .list()
                    .iter()
                    .filter(|pin| pin.origin == origin)
                    .map(|pin| pin.role.clone())
                    .collect(),
            };
            if roles.is_empty() {
                return Err(Failure::new(format!("no key is pinned for {origin}")));
            }
            let removed = recorded(context, async |log| {
                let mut removed = Vec::new();
                for role in &roles {
                    removed.push(book.unpin(log, &origin, role).await?);
                }
                Ok(removed)
            })
            .await?;
            context.output.show(&Pins { pins: &removed }, |page| {
                page.line(format!("{} keys of {origin} are trusted no longer.", removed.len()));
            })?;
        }
    }
    Ok(Exit::Done)
}

/// Does something that the log records first, where there is one; without one pins are this machine's alone.
async fn recorded<T>(
    context: &Context,
    act: impl AsyncFnOnce(Option<&dyn Operators>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    if Tenant::exists(&context.data_dir) {
        session::with(context, async |log| act(Some(log)).await).await
    } else {
        act(None).await
    }
}

pub(crate) fn export(context: &Context, args: Export) -> Result<Exit, Failure> {
    let book = PinBook::open(&context.data_dir)?;
    let own: Vec<_> = book
        .list()
        .iter()
        .filter(|pin| pin.source == reviewer::MADE_HERE)
        .cloned()
        .collect();
    if own.is_empty() {
        let dir = context.data_dir.display();
        return Err(Failure::new(format!(
            "no keys were made in `{dir}`; run `countersign init` first, or name another --data"
        )));
    }
    let text = print_pins(&own)?;
    match args.out {
        Some(out) => {
            save(text.as_bytes(), &out, args.force)?;
            context.output.show(&Pins { pins: &own }, |page| {
                page.line(format!(
                    "Wrote {}. Hand it over by a way that the other side trusts.",
                    out.display()
                ));
            })?;
        }
        None => context.output.show(&Pins { pins: &own }, |page| {
            page.line(text.trim_end());
        })?,
    }
    Ok(Exit::Done)
}
