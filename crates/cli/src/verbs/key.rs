//! `countersign key`: the log's own keys.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use contract::{Empty, LogKeys, PinnedKey, RotateKey, RotatingKey};
use reviewer::{print_pins, save};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Page;
use crate::session;

/// What to do with the log's keys.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// The keys that have signed the log's checkpoints, and the epoch of the operators' MAC key
    List {
        /// Write the key in use to a file that another machine can pin
        #[arg(long, value_name = "FILE")]
        pin: Option<PathBuf>,
        /// Write over a file that is there
        #[arg(long, requires = "pin")]
        force: bool,
    },
    /// Put a new key in the place of one; the record of it says who did it, and why
    Rotate {
        /// `log`: the key that signs checkpoints; `mac`: the secret one of the operators' own chain
        #[arg(long, value_enum)]
        role: Role,
        /// Why
        #[arg(long)]
        reason: Option<String>,
    },
}

/// A key that can be rotated.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Role {
    Log,
    Mac,
}

impl From<Role> for RotatingKey {
    fn from(role: Role) -> Self {
        match role {
            Role::Log => Self::Log,
            Role::Mac => Self::Mac,
        }
    }
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::List { pin, force } => {
            let (keys, name) = session::reading(context, async |o| {
                let name = o.status(Empty {}).await?.tenant_name;
                Ok((o.keys(Empty {}).await?, name))
            })
            .await?;
            if let Some(out) = &pin {
                save(print_pins(&[in_use(&keys, name)?])?.as_bytes(), out, force)?;
            }
            context.output.show(&keys, |page| say(page, &keys))?;
        }
        Verb::Rotate { role, reason } => {
            let request = RotateKey {
                role: role.into(),
                reason,
            };
            let rotated = session::with(context, async |o| Ok(o.key_rotate(request).await?)).await?;
            context.output.show(&rotated, |page| {
                page.line(format!("{} Record {} says so.", rotated.sentence, rotated.record));
                if rotated.role == RotatingKey::Log {
                    page.gap().line(
                        "Whoever pinned the old key follows the rotation from it. If that key may be in other hands, let \
                         them pin the new one instead: `countersign key list --pin FILE` writes it.",
                    );
                }
            })?;
        }
    }
    Ok(Exit::Done)
}

fn in_use(keys: &LogKeys, name: String) -> Result<PinnedKey, Failure> {
    let key = keys.log.last().ok_or_else(|| Failure::new("the log has no key"))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(PinnedKey {
        origin: keys.origin.clone(),
        role: "log".to_owned(),
        spki: key.spki.clone(),
        name,
        source: reviewer::MADE_HERE.to_owned(),
        pinned_ms: i64::try_from(now.as_millis()).unwrap_or(i64::MAX),
    })
}

fn say(page: &mut Page, keys: &LogKeys) {
    let last = keys.log.len().saturating_sub(1);
    let row = |(place, key): (usize, &contract::LogKey)| {
        let state = if place == last { "in use" } else { "retired" };
        vec![key.key_id.clone(), key.from_size.to_string(), state.to_owned()]
    };
    let rows: Vec<_> = keys.log.iter().enumerate().map(row).collect();
    page.table(&["Log key", "Signs from size", ""], &rows)
        .gap()
        .line(format!("The operators' MAC chain is in epoch {}.", keys.mac_epoch));
}
