//! `countersign log rescue` and `start-new`: what can be done with a log that isn't opened.

use std::path::PathBuf;

use contract::{RefusedLog, RescuedLog};
use engine::Tenant;
use reviewer::{attestation_of, start_new_log};
use serde::Serialize;
use vault::Scope;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Page, aside};
use crate::session;
use crate::times;
use crate::verbs::init::{Initialised, NameArgs};

/// Where to copy what is good.
#[derive(Debug, clap::Args)]
pub(crate) struct Rescue {
    /// Copy the good records to this file as JSON Lines, with their attestation beside it as FILE.dsse.json
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

/// What was found, and what was copied of it.
#[derive(Serialize)]
struct Rescued {
    refused: RefusedLog,
    path: Option<String>,
    rescued: Option<RescuedLog>,
}

pub(super) async fn rescue(context: &Context, args: Rescue) -> Result<Exit, Failure> {
    let stores = session::stores(context).await?;
    let mut told = 0;
    let progress = move |done: u64, of: u64| {
        if of >= 20_000 && done >= told + of / 10 {
            told = done;
            aside(&format!("Looking at the log: {done} of {of} records."));
        }
    };
    let Some(refused) = Tenant::examine(&stores, progress).await? else {
        let message =
            "the log verifies to its head, so there is nothing to rescue; `countersign log export` exports it";
        return Err(Failure::new(message));
    };
    let mut done = Rescued {
        refused,
        path: None,
        rescued: None,
    };
    if let Some(out) = &args.out {
        done.rescued = Some(reviewer::rescue(&stores, out, args.force).await?);
        done.path = Some(std::path::absolute(out)?.display().to_string());
    }
    context.output.show(&done, |page| {
        say(page, &done.refused);
        if let (Some(out), Some(rescued)) = (&args.out, &done.rescued) {
            page.gap()
                .line(format!("Wrote {} with {} records.", out.display(), rescued.count));
            page.facts(&[
                ("SHA-256", rescued.sha256.clone()),
                ("Root", rescued.root.clone()),
                ("Attestation", attestation_of(out).display().to_string()),
            ]);
        }
    })?;
    // The log is still refused.
    Ok(Exit::Failed)
}

fn say(page: &mut Page, refused: &RefusedLog) {
    page.line(&refused.sentence).gap();
    let good = match (refused.good, refused.good_until_ms) {
        (0, _) | (_, None) => "no record".to_owned(),
        (n, Some(until)) => format!("the first {n} records, until {} UTC", times::moment(until)),
    };
    let found = refused.found_ms.map_or_else(
        || "just now".to_owned(),
        |found| format!("{} UTC", times::moment(found)),
    );
    page.facts(&[
        ("Log", refused.origin.clone()),
        ("Good", good),
        ("Found first", found),
        (
            "Last good head",
            format!("{} records, root {}", refused.head_size, refused.head_root),
        ),
    ]);
    page.gap().line(
        "`countersign log rescue --out FILE` copies the good records; `countersign log start-new` sets this log aside, \
         unchanged, and starts one that names its last good head. If the right file or key store is elsewhere, put that \
         back instead.",
    );
}

/// What was started.
#[derive(Serialize)]
struct Started {
    set_aside: String,
    #[serde(flatten)]
    new: Initialised,
}

pub(super) async fn start_new(context: &Context, names: NameArgs) -> Result<Exit, Failure> {
    let stores = session::stores(context).await?;
    let kind = vault::configured(&context.data_dir)?.ok_or_else(|| crate::keys::no_tenant(&context.data_dir))?;
    let person = context.keys.open(&context.data_dir, Scope::Person).await?;
    let (created, reviewer, place) = start_new_log(&context.data_dir, stores.keys, person, names.into()).await?;
    let done = Started {
        set_aside: place.display().to_string(),
        new: Initialised::new(context, kind, created, &reviewer),
    };
    context.output.show(&done, |page| {
        page.line("A new log is started. Its first record names the old one's last good head.")
            .gap();
        page.line(format!("The old one lies, unchanged, in {}.", done.set_aside));
        page.line("Agents, upstreams, credentials and the policy were left there: add those that you still want.")
            .gap();
        done.new.say(page);
    })?;
    Ok(Exit::Done)
}
