//! `countersign init`: the tenant, the operator's key, the vault's keys, a first agent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::{AddedAgent, PinnedKey};
use engine::{Created, NewTenant, Stores, Tenant};
use evidence::Role;
use reviewer::{PinBook, Reviewer};
use serde::Serialize;
use vault::{Scope, StoreChoice, StoreKind};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::verbs::agent;
use crate::{keys, output::Page};

/// How to set up.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the keys are kept: chosen once, never switched silently
    #[arg(long, value_enum, default_value = "keychain")]
    key_store: KeyStoreArg,
    /// What the organisation is called
    #[arg(long, default_value = "My team")]
    tenant: String,
    /// Your name, as records will say it
    #[arg(long, env = "USER", default_value = "operator")]
    operator: String,
    /// What the first agent is called
    #[arg(long, default_value = "first-agent")]
    agent: String,
}

/// Where keys can be kept.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum KeyStoreArg {
    /// The operating system's keychain
    Keychain,
    /// A file in the data directory, sealed with a passphrase (--passphrase-file or --passphrase-fd)
    SealedFile,
}

/// What was set up.
#[derive(Serialize)]
struct Initialised {
    tenant_uid: String,
    origin: String,
    key_store: &'static str,
    data_dir: String,
    reviewer_key_id: String,
    first_agent: AddedAgent,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    if Tenant::exists(&context.data_dir) {
        let dir = context.data_dir.display();
        return Err(Failure::new(format!(
            "`{dir}` is set up already; name another --data for a second tenant"
        )));
    }
    let kind = match args.key_store {
        KeyStoreArg::Keychain => StoreKind::Keychain,
        KeyStoreArg::SealedFile => StoreKind::SealedFile,
    };
    let choice = context.keys.choice(kind)?;
    let names = Names {
        tenant: args.tenant,
        operator: args.operator,
        agent: args.agent,
    };
    let (created, reviewer) = set_up(&context.data_dir, choice, names).await?;
    let done = Initialised {
        tenant_uid: created.tenant_uid,
        origin: created.origin,
        key_store: kind.name(),
        data_dir: context.data_dir.display().to_string(),
        reviewer_key_id: reviewer.key_id().to_string(),
        first_agent: created.first_agent,
    };
    context.output.show(&done, |page| say(page, &done))?;
    Ok(Exit::Done)
}

/// What the first ones are called.
pub(crate) struct Names {
    pub(crate) tenant: String,
    pub(crate) operator: String,
    pub(crate) agent: String,
}

/// Sets a tenant up with its operator's key, and pins its public keys on this machine.
pub(crate) async fn set_up(
    data_dir: &std::path::Path,
    choice: StoreChoice,
    names: Names,
) -> Result<(Created, Reviewer), Failure> {
    let keys = keys::open(choice.clone(), data_dir, Scope::Gateway).await?;
    let person = keys::open(choice, data_dir, Scope::Person).await?;
    let reviewer = tokio::task::spawn_blocking(move || Reviewer::create(&person))
        .await
        .map_err(Failure::new)??;
    let stores = Stores {
        data_dir: data_dir.to_owned(),
        keys,
    };
    let new = NewTenant {
        name: names.tenant,
        operator: names.operator,
        operator_uid: reviewer.uid().to_owned(),
        reviewer_key: reviewer.public(),
        agent: names.agent,
    };
    let pinned_as = new.name.clone();
    let possess = |origin: &str| reviewer.possession(origin).map_err(|error| error.to_string());
    let created = Tenant::create(&stores, new, possess).await?;
    pin(data_dir, &created, &pinned_as)?;
    Ok((created, reviewer))
}

/// Pins what was just made here, so that this machine's own case files read "verified".
pub(crate) fn pin(data_dir: &std::path::Path, created: &Created, name: &str) -> Result<(), Failure> {
    let mut book = PinBook::open(data_dir)?;
    for (role, key) in &created.public_keys {
        if !matches!(role, Role::Log | Role::Case) {
            continue;
        }
        book.add(PinnedKey {
            origin: created.origin.clone(),
            role: role.to_string(),
            spki: STANDARD.encode(key.spki_der()),
            name: name.to_owned(),
            source: super::pin::MADE_HERE.to_owned(),
            pinned_ms: chrono::Utc::now().timestamp_millis(),
        })?;
    }
    Ok(())
}

fn say(page: &mut Page, done: &Initialised) {
    page.line("Set up. The keys are made, and the log has its first records.")
        .gap();
    page.facts(&[
        ("Data", done.data_dir.as_str()),
        ("Keys", done.key_store),
        ("Log", &done.origin),
        ("Your reviewer key", &done.reviewer_key_id),
    ]);
    page.gap();
    agent::say_added(page, &done.first_agent);
    page.gap()
        .line("Next: `countersign serve` runs the gateway; `countersign practice call` makes a first held item.");
}
