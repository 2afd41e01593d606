//! `countersign init`: the tenant, the operator's key, the vault's keys, a first agent.

use contract::AddedAgent;
use engine::Tenant;
use reviewer::{Names, set_up};
use serde::Serialize;
use vault::{Scope, StoreKind};

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
    let gateway = keys::open(choice.clone(), &context.data_dir, Scope::Gateway).await?;
    let person = keys::open(choice, &context.data_dir, Scope::Person).await?;
    let names = Names {
        tenant: args.tenant,
        operator: args.operator,
        agent: args.agent,
    };
    let (created, reviewer) = set_up(&context.data_dir, gateway, person, names).await?;
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
