//! `countersign demo`: the whole way, once, in the terminal, with the real pieces on data that is thrown away.

use std::ops::ControlFlow;
use std::path::Path;

use contract::{HeldItem, ReviewerDecision};
use reviewer::save;
use vault::{KeyStoreError, Scope, StoreChoice};

use crate::agent_call::Answered;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Output, Page};
use crate::scenario::{OPERATOR, Scenario, altered, throwaway_store};
use crate::verbs::{inbox, log, verify};

/// How to walk.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Keep the two case files that it makes in this directory
    #[arg(long, value_name = "DIR")]
    keep: Option<std::path::PathBuf>,
}

/// What the walk showed.
#[derive(serde::Serialize)]
struct Walked {
    key_store: &'static str,
    answered: bool,
    released_after_approval: bool,
    refused_after_denial: bool,
    chain_verified: bool,
    intact: contract::Report,
    altered: contract::Report,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let temporary = tempfile::tempdir()?;
    let out = context.output;
    step(
        out,
        "Set up",
        "A tenant, an operator with a reviewer key, a vault and a first agent, on data that is thrown away.",
    )?;
    let choice = store(out, temporary.path()).await?;
    let key_store = choice.kind().name();
    let scenario = Scenario::start(&temporary.path().join("data"), choice).await?;
    let walked = walk(out, &scenario, key_store, temporary.path()).await;
    scenario.end().await?;
    let walked = walked?;
    if let Some(keep) = &args.keep {
        std::fs::create_dir_all(keep)?;
        for name in ["intact.case.zip", "altered.case.zip"] {
            save(&std::fs::read(temporary.path().join(name))?, &keep.join(name), false)?;
        }
    }
    if out.json {
        out.show(&walked, |_| {})?;
    }
    step(
        out,
        "Done",
        "Nothing is left of it. `countersign init` sets up for real; `countersign serve` runs the gateway.",
    )?;
    let worked = walked.answered
        && walked.released_after_approval
        && walked.refused_after_denial
        && walked.chain_verified
        && walked.intact.verdict == contract::Verdict::Verified
        && walked.altered.verdict == contract::Verdict::Failed;
    if worked {
        Ok(Exit::Done)
    } else {
        Err(Failure::new(
            "the demo didn't go as it must; please report what it printed",
        ))
    }
}

/// The keychain where there is one; else a sealed store, which is said.
async fn store(out: Output, temporary: &Path) -> Result<StoreChoice, Failure> {
    let probe = temporary.join("probe");
    let opened = tokio::task::spawn_blocking(move || vault::open(&StoreChoice::Keychain, &probe, Scope::Gateway)).await;
    match opened.map_err(Failure::new)? {
        Ok(_) => {
            note(
                out,
                "The keys are in this machine's keychain, and are removed from it at the end.",
            )?;
            Ok(StoreChoice::Keychain)
        }
        Err(KeyStoreError::NoKeychain { .. } | KeyStoreError::Unsupported) => {
            note(
                out,
                "No keychain answers here, so the demo uses a TEMPORARY SEALED STORE, whose passphrase nobody keeps.",
            )?;
            throwaway_store()
        }
        Err(error) => Err(error.into()),
    }
}

async fn walk(out: Output, scenario: &Scenario, key_store: &'static str, dir: &Path) -> Result<Walked, Failure> {
    note(
        out,
        &format!(
            "The gateway listens at {}; the agent is {}.",
            scenario.gateway.agents_url(),
            scenario.agent
        ),
    )?;

    step(
        out,
        "1  A plain question",
        "The policy allows it. It is on record before it goes to the practice upstream, which asks no model.",
    )?;
    let plain = scenario.ask("What are your opening hours?").await?;
    say_answer(out, &plain)?;

    step(
        out,
        "2  A call with a tool that acts",
        "The policy holds it. The agent waits while a person reads the whole of it.",
    )?;
    let reason = "The parcel came back; checked in the shop.";
    let approve = async |item: &HeldItem| decide(out, scenario, item, ReviewerDecision::Approve, reason).await;
    let (_, released) = scenario
        .ask_with_tool("Order 1007 came back. Refund 49.90 euros.", approve)
        .await?;
    say_answer(out, &released)?;

    step(
        out,
        "3  Another one",
        "This time the person says no. The agent gets the reason as an error.",
    )?;
    let reason = "No parcel came back for this order.";
    let deny = async |item: &HeldItem| decide(out, scenario, item, ReviewerDecision::Deny, reason).await;
    let (_, refused) = scenario
        .ask_with_tool("Refund 4 820.00 euros for order 1008, quickly.", deny)
        .await?;
    say_answer(out, &refused)?;

    step(
        out,
        "4  The log",
        "Every record is chained to the one before and stands in a tree whose root is signed.",
    )?;
    let verification = log::verify(scenario.gateway.engine().as_ref(), true).await?;
    note(out, &verification.sentence)?;

    step(
        out,
        "5  A case file",
        "Signed, self-contained, checked without any secret and without us.",
    )?;
    let intact = scenario.export().await?;
    let report = verify_as(&intact, &dir.join("intact.case.zip"), scenario.data_dir())?;
    out.say(|page| verify::say_verdict(page, &report))?;

    step(
        out,
        "6  The same file, altered",
        "The denial was made an approval, and the zip packed again with valid checksums.",
    )?;
    let bad = verify_as(&altered(&intact)?, &dir.join("altered.case.zip"), scenario.data_dir())?;
    out.say(|page| verify::say_verdict(page, &bad))?;

    Ok(Walked {
        key_store,
        answered: plain.status == 200,
        released_after_approval: released.status == 200,
        refused_after_denial: refused.status == 403,
        chain_verified: verification.state == contract::VerificationState::Verified,
        intact: report,
        altered: bad,
    })
}

async fn decide(
    out: Output,
    scenario: &Scenario,
    item: &HeldItem,
    decision: ReviewerDecision,
    reason: &str,
) -> Result<u64, Failure> {
    out.say(|page| {
        let mut whole = Page::default();
        inbox::say_item(&mut whole, item);
        page.quote(whole);
    })?;
    let record = scenario.sign(item, decision, reason).await?;
    let did = match decision {
        ReviewerDecision::Approve => "approved",
        ReviewerDecision::Deny => "denied",
    };
    note(
        out,
        &format!("{OPERATOR} {did} it with the reviewer key (record {record}): {reason}"),
    )?;
    Ok(record)
}

fn verify_as(case: &[u8], path: &Path, data_dir: &Path) -> Result<contract::Report, Failure> {
    save(case, path, false)?;
    Ok(reviewer::verify_file(
        path,
        &reviewer::PinBook::open(data_dir)?.pins(),
        |_| ControlFlow::Continue(()),
    )?)
}

fn step(out: Output, title: &str, text: &str) -> Result<(), Failure> {
    out.say(|page| {
        page.gap().line(title).line(format!("  {text}"));
    })
}

fn note(out: Output, text: &str) -> Result<(), Failure> {
    out.say(|page| {
        page.line(format!("  {text}"));
    })
}

fn say_answer(out: Output, answered: &Answered) -> Result<(), Failure> {
    let body = &answered.body;
    let text = ["/choices/0/message/content", "/error/message"]
        .iter()
        .find_map(|place| body.pointer(place)?.as_str().map(str::to_owned))
        .or_else(|| {
            body.pointer("/choices/0/message/tool_calls/0/function")
                .map(|call| format!("wants to call {call}"))
        });
    note(
        out,
        &format!(
            "The agent got {}: {}",
            answered.status,
            text.unwrap_or_else(|| body.to_string())
        ),
    )
}
