//! `countersign doctor`: looks at the set-up, and says what is wrong and what to do. It changes nothing.

use std::path::Path;

use contract::{Empty, Operators as _, Serving, Status};
use engine::Tenant;
use reviewer::{PinBook, Reviewer};
use serde::Serialize;
use vault::{Scope, StoreKind};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Page, sentence};
use crate::session;

/// How one look ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Health {
    Good,
    /// Nothing is broken, and something may be wanted.
    Note,
    Bad,
}

/// One look.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    health: Health,
    sentence: String,
}

#[derive(Serialize)]
struct Diagnosis {
    data_dir: String,
    checks: Vec<Check>,
}

pub(crate) async fn run(context: &Context) -> Result<Exit, Failure> {
    let mut checks = Vec::new();
    let set_up = tenant(&context.data_dir, &mut checks);
    if set_up {
        key_store(context, &mut checks).await;
        gateway(context, &mut checks).await;
    }
    pins(&context.data_dir, &mut checks);
    let sick = checks.iter().any(|check| check.health == Health::Bad);
    let diagnosis = Diagnosis {
        data_dir: context.data_dir.display().to_string(),
        checks,
    };
    context.output.show(&diagnosis, |page| say(page, &diagnosis))?;
    Ok(if sick { Exit::Failed } else { Exit::Done })
}

fn look(checks: &mut Vec<Check>, name: &'static str, health: Health, text: impl AsRef<str>) {
    checks.push(Check {
        name,
        health,
        sentence: sentence(text.as_ref()),
    });
}

fn tenant(data_dir: &Path, checks: &mut Vec<Check>) -> bool {
    let set_up = Tenant::exists(data_dir);
    if !set_up {
        let text = "Nothing is set up here. `countersign init` does that; verifying case files needs no set-up.";
        look(checks, "Set-up", Health::Note, text);
        return false;
    }
    look(checks, "Set-up", Health::Good, "A tenant is set up here.");
    if let Some(mode) = open_to_others(data_dir) {
        let text = format!(
            "Others on this machine can enter the data directory (mode {mode:o}); `chmod 700 {}` keeps them out.",
            data_dir.display()
        );
        look(checks, "Directory", Health::Bad, text);
    }
    true
}

#[cfg(unix)]
fn open_to_others(data_dir: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(data_dir).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> Option<u32> {
    None
}

async fn key_store(context: &Context, checks: &mut Vec<Check>) {
    let kind = match vault::configured(&context.data_dir) {
        Ok(Some(kind)) => kind,
        Ok(None) => {
            let text = "The data directory doesn't say which key store it uses: `store.toml` is missing. Put it back.";
            return look(checks, "Key store", Health::Bad, text);
        }
        Err(error) => return look(checks, "Key store", Health::Bad, error.to_string()),
    };
    let opened = async {
        context.keys.open(&context.data_dir, Scope::Gateway).await?;
        let person = context.keys.open(&context.data_dir, Scope::Person).await?;
        let reviewer = tokio::task::spawn_blocking(move || Reviewer::open(&person))
            .await
            .map_err(Failure::new)??;
        Ok::<_, Failure>(reviewer.key_id().to_string())
    };
    match opened.await {
        Ok(key_id) => {
            look(checks, "Key store", Health::Good, format!("The {kind} opens."));
            look(
                checks,
                "Your key",
                Health::Good,
                format!("Your reviewer key is {key_id}."),
            );
        }
        // A server's doctor need not have the passphrase at hand.
        Err(failure) if kind == StoreKind::SealedFile && failure.message.contains("no passphrase was given") => {
            look(
                checks,
                "Key store",
                Health::Note,
                format!("Not looked into: {}", failure.message),
            );
        }
        Err(failure) => look(checks, "Key store", Health::Bad, failure.message),
    }
}

async fn gateway(context: &Context, checks: &mut Vec<Check>) {
    let client = match session::attached(&context.data_dir).await {
        Ok(Some(client)) => client,
        Ok(None) => {
            let text = "No gateway runs. `countersign serve` or the console starts it.";
            look(checks, "Gateway", Health::Note, text);
            return log(context, checks).await;
        }
        Err(failure) => return look(checks, "Gateway", Health::Bad, failure.message),
    };
    match client.status(Empty {}).await {
        Ok(status) => running(&status, checks),
        Err(error) => look(checks, "Gateway", Health::Bad, error.message),
    }
}

/// The log that no gateway has open: whether one could serve from it.
async fn log(context: &Context, checks: &mut Vec<Check>) {
    let opened = session::reading(context, async |operators| {
        operators.status(Empty {}).await.map_err(Failure::from)
    });
    match opened.await {
        Ok(status) => {
            let text = format!(
                "The log opens, and has {} records. `countersign log verify` verifies all of them.",
                status.chain.size
            );
            look(checks, "Log", Health::Good, text);
        }
        // The look into the key store said so.
        Err(failure) if failure.message.contains("no passphrase was given") => {}
        Err(failure) => {
            let text = format!(
                "{} `countersign log rescue` says how far the log is good.",
                sentence(&failure.message)
            );
            look(checks, "Log", Health::Bad, text);
        }
    }
}

fn running(status: &Status, checks: &mut Vec<Check>) {
    match (&status.serving, &status.agents_url) {
        (Serving::Yes, Some(url)) => look(checks, "Gateway", Health::Good, format!("It serves agents at {url}.")),
        (Serving::Yes, None) => look(
            checks,
            "Gateway",
            Health::Bad,
            "It runs and listens to no agents; restart it.",
        ),
        (Serving::No { reason }, _) => look(checks, "Gateway", Health::Bad, reason),
    }
    let chain = &status.chain;
    let sealed = match &chain.checkpoint {
        Some(checkpoint) => format!(
            "The log has {} records; the newest checkpoint covers {}. Its key signs from size {} on; the MAC chain is in \
             epoch {}.",
            chain.size, checkpoint.size, chain.log_key_from, chain.mac_epoch
        ),
        None => format!("The log has {} records and no checkpoint yet.", chain.size),
    };
    look(
        checks,
        "Log",
        if chain.verification.broken_at.is_some() {
            Health::Bad
        } else {
            Health::Good
        },
        sealed,
    );
    if !chain.verification.sentence.is_empty() {
        let health = if chain.verification.broken_at.is_some() {
            Health::Bad
        } else {
            Health::Good
        };
        look(checks, "Chain", health, &chain.verification.sentence);
    }
    let upstream = if status.practice {
        "OpenAI calls go to the practice upstream, which asks no model.".to_owned()
    } else {
        format!("OpenAI calls go to {}.", status.openai_upstream)
    };
    look(checks, "Upstream", Health::Good, upstream);
    if status.waiting > 0 {
        look(
            checks,
            "Inbox",
            Health::Note,
            format!("{} calls wait for a person: `countersign inbox list`.", status.waiting),
        );
    }
}

fn pins(data_dir: &Path, checks: &mut Vec<Check>) {
    match PinBook::open(data_dir) {
        Ok(book) if book.list().is_empty() => {
            let text = "No key is pinned, so no case file's signer can be established here. `countersign pin add FILE` pins one.";
            look(checks, "Pins", Health::Note, text);
        }
        Ok(book) => look(
            checks,
            "Pins",
            Health::Good,
            format!("{} keys are pinned.", book.list().len()),
        ),
        Err(error) => look(checks, "Pins", Health::Bad, error.to_string()),
    }
}

fn say(page: &mut Page, diagnosis: &Diagnosis) {
    let sick = diagnosis
        .checks
        .iter()
        .filter(|check| check.health == Health::Bad)
        .count();
    page.line(match sick {
        0 => "Nothing is wrong here.".to_owned(),
        1 => "One thing is wrong here.".to_owned(),
        n => format!("{n} things are wrong here."),
    });
    page.facts(&[("Data", &diagnosis.data_dir)]).gap();
    let mark = |health| match health {
        Health::Good => "good",
        Health::Note => "note",
        Health::Bad => "WRONG",
    };
    let row = |check: &Check| {
        vec![
            mark(check.health).to_owned(),
            check.name.to_owned(),
            check.sentence.clone(),
        ]
    };
    let rows: Vec<_> = diagnosis.checks.iter().map(row).collect();
    page.table(&["", "What", "How it is"], &rows);
}
