//! `countersign init`: the tenant, the operator's key, the vault's keys, a first agent.

use contract::AddedAgent;
use engine::{Created, Tenant};
use reviewer::{Names, Reviewer, set_up};
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
    #[command(flatten)]
    names: NameArgs,
}

/// What a new log's first records name.
#[derive(Debug, clap::Args)]
pub(crate) struct NameArgs {
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

impl From<NameArgs> for Names {
    fn from(
        NameArgs {
            tenant,
            operator,
            agent,
        }: NameArgs,
    ) -> Self {
        Self {
            tenant,
            operator,
            agent,
        }
    }
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
pub(crate) struct Initialised {
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
    let (created, reviewer) = set_up(&context.data_dir, gateway, person, args.names.into()).await?;
    let done = Initialised::new(context, kind, created, &reviewer);
    context.output.show(&done, |page| {
        page.line("Set up. The keys are made, and the log has its first records.")
            .gap();
        done.say(page);
    })?;
    Ok(Exit::Done)
}

impl Initialised {
    pub(crate) fn new(context: &Context, kind: StoreKind, created: Created, reviewer: &Reviewer) -> Self {
        Self {
            tenant_uid: created.tenant_uid,
            origin: created.origin,
            key_store: kind.name(),
            data_dir: context.data_dir.display().to_string(),
            reviewer_key_id: reviewer.key_id().to_string(),
            first_agent: created.first_agent,
        }
    }

    pub(crate) fn say(&self, page: &mut Page) {
        page.facts(&[
            ("Data", self.data_dir.as_str()),
            ("Keys", self.key_store),
            ("Log", &self.origin),
            ("Your reviewer key", &self.reviewer_key_id),
        ]);
        page.gap();
        agent::say_added(page, &self.first_agent);
        page.gap()
            .line("Next: `countersign serve` runs the gateway; `countersign practice call` makes a first held item.");
    }
}
