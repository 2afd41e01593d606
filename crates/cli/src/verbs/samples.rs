//! `countersign samples`: the two case files that anybody can try, from a scripted run.

use std::path::PathBuf;

use contract::ReviewerDecision;
use reviewer::{PinBook, print_pins, save};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::scenario::{Scenario, altered, throwaway_store};

/// Where to.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The directory to write intact.case.zip, altered.case.zip and sample-pins.json into
    #[arg(default_value = "assets/samples")]
    directory: PathBuf,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let temporary = tempfile::tempdir()?;
    let scenario = Scenario::start(temporary.path(), throwaway_store()?).await?;
    let intact = make(&scenario).await;
    let pins = PinBook::open(scenario.data_dir())?;
    scenario.end().await?;
    let intact = intact?;
    std::fs::create_dir_all(&args.directory)?;
    let files = [
        ("altered.case.zip", altered(&intact)?),
        ("intact.case.zip", intact),
        ("sample-pins.json", print_pins(pins.list())?.into_bytes()),
    ];
    for (name, bytes) in &files {
        save(bytes, &args.directory.join(name), true)?;
    }
    let names: Vec<_> = files
        .iter()
        .map(|(name, _)| args.directory.join(name).display().to_string())
        .collect();
    context.output.show(&names, |page| {
        names.iter().for_each(|name| {
            page.line(format!("Wrote {name}."));
        });
    })?;
    Ok(Exit::Done)
}

async fn make(scenario: &Scenario) -> Result<Vec<u8>, Failure> {
    scenario.ask("What are your opening hours?").await?;
    let approve = async |item: &contract::HeldItem| {
        scenario
            .sign(
                item,
                ReviewerDecision::Approve,
                "The parcel was returned; checked in the shop.",
            )
            .await
    };
    scenario
        .ask_with_tool("Order 1007 came back. Refund 49.90 euros.", approve)
        .await?;
    let deny = async |item: &contract::HeldItem| {
        scenario
            .sign(item, ReviewerDecision::Deny, "No parcel came back for this order.")
            .await
    };
    scenario
        .ask_with_tool("Refund 4 820.00 euros for order 1008, quickly.", deny)
        .await?;
    scenario.export().await
}
