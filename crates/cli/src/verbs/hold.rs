//! `countersign hold`: what must not be erased until somebody says so.

use contract::{Empty, HoldScope, LegalHold, LegalHoldLift, NewLegalHold};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Page;
use crate::{session, times};

/// What to do with legal holds.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Set a hold: what it keeps is neither erased nor ended by retention
    Set(Set),
    /// The holds
    List,
    /// Lift a hold
    Lift {
        /// Its uid
        hold: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
}

/// What to hold.
#[derive(Debug, clap::Args)]
pub(crate) struct Set {
    #[command(flatten)]
    scope: Scope,
    /// Why
    #[arg(long)]
    reason: String,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Scope {
    /// Every content
    #[arg(long)]
    all: bool,
    /// Everything of an agent (name or uid)
    #[arg(long)]
    agent: Option<String>,
    /// Everything of one request
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// One content, by its uid
    #[arg(long, value_name = "ID")]
    content: Option<String>,
}

impl Scope {
    fn named(self) -> HoldScope {
        match self {
            Self { agent: Some(agent), .. } => HoldScope::Agent { agent },
            Self {
                request: Some(correlation_uid),
                ..
            } => HoldScope::Request { correlation_uid },
            Self {
                content: Some(content_uid),
                ..
            } => HoldScope::Content { content_uid },
            // clap wants exactly one of the four.
            Self { .. } => HoldScope::All,
        }
    }
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Set(Set { scope, reason }) => {
            let new = NewLegalHold {
                scope: scope.named(),
                reason,
            };
            let hold = session::with(context, async |o| Ok(o.legal_hold_set(new).await?)).await?;
            context.output.show(&hold, |page| {
                page.line(format!(
                    "Hold {}: {} is kept until the hold is lifted.",
                    hold.uid, hold.keeps
                ));
            })?;
        }
        Verb::List => {
            let holds = session::with(context, async |o| Ok(o.legal_holds(Empty {}).await?)).await?;
            context.output.show(&holds, |page| say_list(page, &holds.holds))?;
        }
        Verb::Lift { hold, reason } => {
            let lift = LegalHoldLift { uid: hold, reason };
            let holds = session::with(context, async |o| Ok(o.legal_hold_lift(lift).await?)).await?;
            context.output.show(&holds, |page| {
                page.line("The hold is lifted.");
                say_list(page, &holds.holds);
            })?;
        }
    }
    Ok(Exit::Done)
}

fn say_list(page: &mut Page, holds: &[LegalHold]) {
    if holds.is_empty() {
        page.line("There is no legal hold.");
        return;
    }
    let rows: Vec<_> = holds
        .iter()
        .map(|hold| {
            vec![
                hold.keeps.clone(),
                hold.set_by.clone(),
                times::moment(hold.set_ms),
                hold.uid.clone(),
            ]
        })
        .collect();
    page.table(&["Keeps", "Set by", "Set (UTC)", "uid"], &rows);
}
