//! `countersign log`: the durable record of everything.

mod check_export;
pub(in crate::verbs) mod checked;
mod checkpoints;
mod export;
mod proofs;
mod refused;
mod show;
mod tail;

use contract::{Empty, FindQuery, Happening, LogPage, LogQuery, Operators, RecordRef, Verification, VerificationState};
use futures_util::StreamExt as _;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Page, aside};
use crate::session;
use crate::verbs::init::NameArgs;

/// What to do with the log.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Records that match a filter, newest first
    List {
        #[command(flatten)]
        filter: Filter,
        /// Pass over so many of the newest
        #[arg(long, default_value_t = 0, value_name = "COUNT")]
        at: u64,
        /// At most so many
        #[arg(long, default_value_t = 30, value_name = "COUNT")]
        limit: u32,
    },
    /// One record, by its number or by any fingerprint, digest, uid or key id that stands in it
    Show {
        /// Which
        record: String,
        /// Only the OCSF event, as stored
        #[arg(long)]
        raw: bool,
    },
    /// Records as they are written, until it is stopped
    Tail {
        #[command(flatten)]
        filter: Filter,
        /// Begin with so many that are there already
        #[arg(long, default_value_t = 10, value_name = "COUNT")]
        last: u32,
        /// The OCSF events, as stored, a line each
        #[arg(long)]
        raw: bool,
    },
    /// Records that match a filter as JSON Lines: the OCSF events exactly as stored, oldest first
    Export(export::Args),
    /// Check exported lines against the attestation beside them, offline
    CheckExport(check_export::Args),
    /// Prove that a record is in the log that a signed checkpoint describes; or check such a proof, offline
    Prove(proofs::Inclusion),
    /// Prove that the log at one size is the beginning of the log at a later one; or check such a proof, offline
    Consistency(proofs::Consistency),
    /// Where checkpoints go, off this machine; and whether this log is still the one they describe
    #[command(subcommand)]
    Checkpoints(checkpoints::Verb),
    /// Whether this log holds exactly the record that an answer's receipt names
    CheckReceipt {
        /// The header `countersign-receipt`: origin, record number, fingerprint
        #[arg(required = true, num_args = 1..=3)]
        receipt: Vec<String>,
    },
    /// Verify the whole chain
    Verify,
    /// How far a log that isn't opened is good, and a copy of that
    Rescue(refused::Rescue),
    /// Set a log that isn't opened aside, unchanged, and start one that names its last good head
    StartNew(NameArgs),
}

/// Which records.
#[derive(Debug, clap::Args)]
pub(crate) struct Filter {
    /// agent:NAME operator:NAME decision:held class:6003 model:NAME operation:NAME upstream:NAME kind:NAME story:ID
    /// id:DIGEST record:NUMBER after:2026-11-20 before:2026-11-20T08:30 word begins* "some words"; a minus in front takes
    /// out. Quote it from the shell, and put `--` before one that begins with a minus
    #[arg(value_name = "FILTER")]
    terms: Vec<String>,
}

impl Filter {
    pub(crate) fn text(&self) -> String {
        self.terms.join(" ")
    }
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::List { filter, at, limit } => list(context, &filter, at, limit).await?,
        Verb::Show { record, raw } => {
            let detail = session::reading(context, async |o| {
                let sequence = named(o, &record).await?;
                Ok(o.log_record(RecordRef { sequence }).await?)
            })
            .await?;
            context.output.show(&detail, |page| {
                if raw {
                    page.line(&detail.ocsf);
                } else {
                    show::say_record(page, &detail);
                }
            })?;
        }
        Verb::Tail { filter, last, raw } => tail::run(context, &filter, last, raw).await?,
        Verb::Export(args) => export::run(context, args).await?,
        Verb::CheckExport(args) => return check_export::run(context, &args),
        Verb::Prove(args) => return proofs::inclusion(context, args).await,
        Verb::Consistency(args) => return proofs::consistency(context, args).await,
        Verb::CheckReceipt { receipt } => return proofs::receipt(context, &receipt.join(" ")).await,
        Verb::Checkpoints(verb) => return checkpoints::run(context, verb).await,
        Verb::Rescue(args) => return refused::rescue(context, args).await,
        Verb::StartNew(names) => return refused::start_new(context, names).await,
        Verb::Verify => {
            let quiet = context.output.json;
            let verification = session::reading(context, async |o| verify(o, quiet).await).await?;
            context.output.show(&verification, |page| {
                page.line(&verification.sentence);
            })?;
            if verification.state != VerificationState::Verified {
                return Ok(Exit::Failed);
            }
        }
    }
    Ok(Exit::Done)
}

async fn list(context: &Context, filter: &Filter, at: u64, limit: u32) -> Result<(), Failure> {
    let query = LogQuery {
        filter: filter.text(),
        at,
        limit,
        size: None,
    };
    let page = session::reading(context, async |o| Ok(o.log(query).await?)).await?;
    context.output.show(&page, |out| say_page(out, &page, at))
}

/// The record that somebody named, which must be one.
async fn named(operators: &dyn Operators, wanted: &str) -> Result<u64, Failure> {
    let query = FindQuery {
        wanted: wanted.to_owned(),
        ..FindQuery::default()
    };
    let found = operators.log_find(query).await?;
    match found.records.as_slice() {
        [] => Err(Failure::new(format!("no record is `{wanted}` or has it"))),
        [one] => Ok(*one),
        _ => Err(Failure::new(format!(
            "{} records have `{wanted}`; `countersign log list '{}'` shows them",
            found.of, found.filter
        ))),
    }
}

/// Verifies the whole chain and waits for the end of it.
pub(crate) async fn verify(operators: &dyn Operators, quiet: bool) -> Result<Verification, Failure> {
    // Subscribed before it starts, so that its end can't be missed.
    let mut events = operators.events(None).await?;
    let mut verification = operators.log_verify(Empty {}).await?;
    while verification.state == VerificationState::Running {
        match events.next().await.map(|event| event.happening) {
            Some(Happening::Verification(news)) => {
                if !quiet && news.state == VerificationState::Running {
                    aside(&format!("{} of {} records", news.verified, news.of));
                }
                verification = news;
            }
            Some(Happening::Lagged) => verification = operators.status(Empty {}).await?.chain.verification,
            Some(_) => {}
            None => {
                return Err(Failure::new(
                    "the gateway stopped while it verified; start it and verify again",
                ));
            }
        }
    }
    Ok(verification)
}

fn say_page(out: &mut Page, page: &LogPage, at: u64) {
    let rows: Vec<_> = page.rows.iter().map(show::cells).collect();
    if rows.is_empty() {
        out.line("No record matches.");
    } else {
        out.table(&show::HEAD, &rows);
    }
    let past = at.saturating_add(page.rows.len() as u64);
    let more = page.matching.saturating_sub(past);
    if more > 0 && !page.rows.is_empty() {
        out.gap().line(format!(
            "{more} older ones: `--at {past}`. {} of the log's {} records match.",
            page.matching, page.size
        ));
    }
    if page.searched < page.size {
        out.gap().line(format!(
            "The search has read {} of {} records so far; ask again for what is newer.",
            page.searched, page.size
        ));
    }
}
