//! `countersign retention`: how long contents are kept.

use contract::{Empty, Retention, RetentionChange, RetentionRun};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Page;
use crate::session;
use crate::verbs::content::say_erasure;

/// What to do with retention.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// How long contents are kept
    Show,
    /// Change it; records are kept for ever in any case
    Set {
        /// Erase contents that are older than so many days
        #[arg(long, required_unless_present = "minimum")]
        days: Option<u32>,
        /// Never let it be set to fewer days; this can only be raised
        #[arg(long, value_name = "DAYS")]
        minimum: Option<u32>,
    },
    /// Erase now what is older; a running gateway does so daily
    Apply {
        /// Only say what would be erased, and what is kept
        #[arg(long)]
        dry_run: bool,
        /// With --dry-run: as if contents were kept for so many days
        #[arg(long, requires = "dry_run")]
        days: Option<u32>,
    },
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Show => {
            let retention = session::with(context, async |o| Ok(o.retention(Empty {}).await?)).await?;
            context.output.show(&retention, |page| say(page, &retention))?;
        }
        Verb::Set { days, minimum } => {
            let change = RetentionChange {
                days,
                minimum_days: minimum,
            };
            let retention = session::with(context, async |o| Ok(o.retention_set(change).await?)).await?;
            context.output.show(&retention, |page| say(page, &retention))?;
        }
        Verb::Apply { dry_run, days } => {
            let run = RetentionRun { dry_run, days };
            let erasure = session::with(context, async |o| Ok(o.retention_apply(run).await?)).await?;
            context.output.show(&erasure, |page| say_erasure(page, &erasure))?;
        }
    }
    Ok(Exit::Done)
}

fn say(page: &mut Page, retention: &Retention) {
    let default = if retention.is_default { ", by default" } else { "" };
    page.line(format!(
        "Contents are kept for {} days{default}; no fewer than {} can be set. Records are kept for ever.",
        retention.days, retention.minimum_days
    ));
}
