//! `countersign log`: the durable record of everything.

use contract::{
    Decision, Empty, Happening, LogPage, LogQuery, Operators, RecordDetail, RecordRef, Verification, VerificationState,
};
use futures_util::StreamExt as _;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Page, aside};
use crate::{session, times};

/// What to do with the log.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Records, newest first
    List {
        /// Only this agent's (name or uid)
        #[arg(long)]
        agent: Option<String>,
        /// Only the story of one request
        #[arg(long, value_name = "ID")]
        request: Option<String>,
        /// Only records before this one
        #[arg(long, value_name = "RECORD")]
        before: Option<u64>,
        /// At most so many
        #[arg(long, default_value_t = 30)]
        limit: u32,
    },
    /// One record
    Show {
        /// Its place in the log
        record: u64,
        /// Only the OCSF event, as stored
        #[arg(long)]
        raw: bool,
    },
    /// Verify the whole chain
    Verify,
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::List {
            agent,
            request,
            before,
            limit,
        } => {
            let page = session::with(context, async |o| {
                let agent_uid = match agent {
                    Some(agent) => Some(agent_uid(o, &agent).await?),
                    None => None,
                };
                Ok(o.log(LogQuery {
                    before,
                    agent_uid,
                    correlation_uid: request,
                    limit,
                })
                .await?)
            })
            .await?;
            context.output.show(&page, |out| say_page(out, &page))?;
        }
        Verb::Show { record, raw } => {
            let named = RecordRef { sequence: record };
            let detail = session::with(context, async |o| Ok(o.log_record(named).await?)).await?;
            context.output.show(&detail, |page| {
                if raw {
                    page.line(&detail.ocsf);
                } else {
                    say_record(page, &detail);
                }
            })?;
        }
        Verb::Verify => {
            let quiet = context.output.json;
            let verification = session::with(context, async |o| verify(o, quiet).await).await?;
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

/// The uid of an agent that was named by name or uid.
pub(crate) async fn agent_uid(operators: &dyn Operators, named: &str) -> Result<String, Failure> {
    let agents = operators.agents(Empty {}).await?.agents;
    let found = agents
        .into_iter()
        .find(|known| known.uid == named || known.name == named);
    found
        .map(|known| known.uid)
        .ok_or_else(|| Failure::new(format!("there is no agent `{named}`; see `countersign agent list`")))
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

fn decision_name(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::Refused => "refused",
        Decision::Held => "held",
        Decision::Signed => "countersigned",
        Decision::Failed => "failed",
        Decision::None => "",
    }
}

fn say_page(out: &mut Page, page: &LogPage) {
    let rows: Vec<_> = page
        .rows
        .iter()
        .map(|row| {
            vec![
                row.sequence.to_string(),
                times::moment(row.logged_ms),
                row.who.clone(),
                row.did.clone(),
                decision_name(row.decision).to_owned(),
            ]
        })
        .collect();
    out.table(&["Record", "Time (UTC)", "Who", "Did what", "Decision"], &rows);
    let more = page.matching.saturating_sub(page.rows.len() as u64);
    if let (Some(last), 1..) = (page.rows.last(), more) {
        out.gap().line(format!(
            "Older ones: `--before {}`. The log has {} records.",
            last.sequence, page.size
        ));
    }
}

fn say_record(page: &mut Page, detail: &RecordDetail) {
    page.line(&detail.sentence).gap();
    let mut facts = vec![
        ("Record".to_owned(), detail.row.sequence.to_string()),
        (
            "Time".to_owned(),
            format!("{} UTC", times::moment(detail.row.logged_ms)),
        ),
        ("Who".to_owned(), detail.row.who.clone()),
        ("Did".to_owned(), detail.row.did.clone()),
    ];
    facts.extend(detail.fields.iter().map(|row| (row.label.clone(), row.value.clone())));
    facts.push(("Fingerprint".to_owned(), detail.fingerprint.clone()));
    let holds = detail.fingerprint == detail.recomputed;
    let why = if holds {
        "the bytes give this fingerprint"
    } else {
        "the bytes give another one: it was altered"
    };
    facts.push(("Recomputed".to_owned(), why.to_owned()));
    let sealed = match detail.sealed_in {
        Some(size) => format!("in the checkpoint over {size} records"),
        None => "by no checkpoint yet".to_owned(),
    };
    facts.push(("Sealed".to_owned(), sealed));
    page.facts(&facts);
    if !detail.story.is_empty() {
        let rows: Vec<_> = detail
            .story
            .iter()
            .map(|step| {
                vec![
                    step.sequence.to_string(),
                    times::moment(step.logged_ms),
                    step.title.clone(),
                    step.note.clone(),
                ]
            })
            .collect();
        page.gap()
            .line("The story it belongs to:")
            .table(&["Record", "Time (UTC)", "Step", "Who or how"], &rows);
    }
}
