//! `countersign log checkpoints`: where they go, off this machine, and whether this log is still the one they describe.

use std::path::PathBuf;

use contract::{CheckpointPlace, CheckpointPlaceRef, ConsistencyQuery, Empty, Operators};
use evidence::tree::verify_consistency;
use evidence::{Origin, SignedCheckpoint};
use serde::Serialize;

use super::checked::Wrong;
use super::proofs::{digest, digests};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Page;
use crate::{session, times};

/// What to do with checkpoints.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Where checkpoints go, and how far each place has got
    List,
    /// Send each new checkpoint to a folder on another machine, or by POST to an https address
    Add {
        /// The folder's whole path, or the address
        address: String,
    },
    /// Send no more checkpoints there; what is there stays
    Remove {
        /// As `list` shows it
        address: String,
    },
    /// Whether this log is still the one that these checkpoints describe
    Check {
        /// Checkpoints as they were published
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

pub(super) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::List => {
            let places = session::reading(context, async |o| Ok(o.checkpoint_places(Empty {}).await?)).await?;
            context.output.show(&places, |page| say(page, &places.places))?;
        }
        Verb::Add { address } => {
            let address = absolute(address)?;
            let wanted = CheckpointPlaceRef { address };
            let place = session::running(context).await?.checkpoint_place_add(wanted).await?;
            context
                .output
                .show(&place, |page| say(page, std::slice::from_ref(&place)))?;
        }
        Verb::Remove { address } => {
            let named = CheckpointPlaceRef { address };
            let done = session::with(context, async |o| Ok(o.checkpoint_place_remove(named).await?)).await?;
            context.output.show(&done, |page| {
                page.line("No more checkpoints go there. What is there stays.");
            })?;
        }
        Verb::Check { files } => return check(context, &files).await,
    }
    Ok(Exit::Done)
}

/// A folder's whole path; an address stays as it is.
fn absolute(address: String) -> Result<String, Failure> {
    if address.contains("://") {
        return Ok(address);
    }
    Ok(std::path::absolute(address)?.display().to_string())
}

fn say(page: &mut Page, places: &[CheckpointPlace]) {
    if places.is_empty() {
        page.line(
            "Checkpoints stay on this machine. `countersign log checkpoints add FOLDER` sends them to another one,",
        );
        page.line("so that a log that is rewritten here with every key in hand is still found out.");
        return;
    }
    let row = |place: &CheckpointPlace| {
        let newest = match (place.size, place.delivered_ms) {
            (Some(size), Some(at)) => format!("{size} records, {} UTC", times::moment(at)),
            _ => "none yet".to_owned(),
        };
        vec![place.address.clone(), newest, place.failure.clone().unwrap_or_default()]
    };
    page.table(
        &["Place", "Newest there", "What is wrong"],
        &places.iter().map(row).collect::<Vec<_>>(),
    );
}

/// What was found about one file.
#[derive(Serialize)]
struct Checked {
    file: String,
    /// Whether this log begins as the checkpoint says.
    held: bool,
    sentence: String,
}

async fn check(context: &Context, files: &[PathBuf]) -> Result<Exit, Failure> {
    let checked = session::reading(context, async |o| {
        let mut checked = Vec::new();
        for file in files {
            let found = one(o, file).await;
            checked.push(Checked {
                file: file.display().to_string(),
                held: found.is_ok(),
                sentence: found.unwrap_or_else(|wrong| format!("It doesn't hold: {wrong}.")),
            });
        }
        Ok(checked)
    })
    .await?;
    context.output.show(&checked, |page| {
        for one in &checked {
            page.line(format!("{}: {}", one.file, one.sentence));
        }
    })?;
    Ok(match checked.iter().all(|one| one.held) {
        true => Exit::Done,
        false => Exit::Failed,
    })
}

async fn one(operators: &dyn Operators, file: &PathBuf) -> Result<String, Wrong> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("the file can't be read ({error})"))?;
    let note = SignedCheckpoint::parse(&text).map_err(|error| format!("it isn't a checkpoint ({error})"))?;
    let claimed = note.claimed();
    let query = ConsistencyQuery {
        from: claimed.size,
        to: None,
    };
    let proof = operators.log_consistency(query).await.map_err(|error| {
        format!(
            "this log can't be compared with it ({})",
            error.message.trim_end_matches('.')
        )
    })?;
    let origin: Origin = proof
        .origin
        .parse()
        .map_err(|_| "this log's name isn't one".to_owned())?;
    if claimed.origin != origin {
        return Err(format!("it is of another log, {}", claimed.origin));
    }
    let root = digest(&proof.to_root)?;
    verify_consistency(claimed.size, &claimed.root, proof.to, &root, &digests(&proof.path)?).map_err(|_| {
        format!(
            "this log's first {} records aren't those whose checkpoint was published; the log was rewritten",
            claimed.size
        )
    })?;
    Ok(format!(
        "This log of {} records begins with the {} that the checkpoint describes.",
        proof.to, claimed.size
    ))
}
