//! The command line's grammar.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::keys::KeyArgs;
use crate::verbs::{
    agent, alias, case, content, credential, day, demo, dsar, hold, inbox, init, key, kind, log, pin, policy, practice,
    retention, samples, serve, traffic, upstream, verify,
};

/// Approve what AI agents do before it happens, and prove afterwards what did.
///
/// A verb attaches to the gateway that runs on the data directory (`countersign serve`, or the console); where none runs
/// it opens the log itself for the moment.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, propagate_version = true, max_term_width = 100, after_help = EXITS)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const EXITS: &str = "\
Exit codes:
  0  done; for `verify`: intact, and signed by a key that is pinned here
  1  refused or failed; for `verify`: something isn't as it was signed
  2  the command line can't be read; for `verify`: not a case file at all, or unreadable
  3  for `verify`: intact, but nobody pinned the signer's key
  4  no gateway could be reached, or another process has the data directory
  5  the key store is absent, locked, or can't be opened";

/// What every verb takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Global {
    /// The data directory [default: countersign in the platform's place for data]
    #[arg(long, global = true, value_name = "DIR", env = "COUNTERSIGN_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// Answer with one JSON document
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Set up: the tenant, the operator's key, the vault's keys, a first agent
    Init(init::Args),
    /// Run the gateway until it is told to stop
    Serve(serve::Args),
    /// Agents and their runtime keys
    #[command(subcommand)]
    Agent(agent::Verb),
    /// The model providers that calls can go to
    #[command(subcommand)]
    Upstream(upstream::Verb),
    /// Names that stand for an upstream's model
    #[command(subcommand)]
    Alias(alias::Verb),
    /// The kinds of actions that agents may propose
    #[command(subcommand)]
    Kind(kind::Verb),
    /// The providers' keys, sealed; an agent never sees them
    #[command(subcommand)]
    Credential(credential::Verb),
    /// The policy that allows, holds or forbids
    #[command(subcommand)]
    Policy(policy::Verb),
    /// The calls that wait for a person
    #[command(subcommand)]
    Inbox(inbox::Verb),
    /// The calls that agents make, newest first, and what came of each
    Traffic(traffic::Args),
    /// A day in sums, by hour, agent and model
    Day(day::Args),
    /// The durable record of everything
    #[command(subcommand)]
    Log(log::Verb),
    /// The log's own keys: listed, rotated
    #[command(subcommand)]
    Key(key::Verb),
    /// What was typed and sent: listed, opened, erased
    #[command(subcommand)]
    Content(content::Verb),
    /// How long contents are kept
    #[command(subcommand)]
    Retention(retention::Verb),
    /// Legal holds: what must not be erased
    #[command(subcommand)]
    Hold(hold::Verb),
    /// Signed case files for whoever has to be convinced
    #[command(subcommand)]
    Case(case::Verb),
    /// Every prompt, answer and reason in which a person is named, for that person to have (a data subject's access request)
    #[command(subcommand)]
    Dsar(dsar::Verb),
    /// Verify a case file; needs no gateway, no set-up and no network
    Verify(verify::Args),
    /// The keys that this machine trusts when it verifies
    #[command(subcommand)]
    Pin(pin::Verb),
    /// Write this gateway's public keys for another machine to pin
    ExportPin(pin::Export),
    /// Calls that ask no model
    #[command(subcommand)]
    Practice(practice::Verb),
    /// Look at the set-up, and say what is wrong and what to do
    Doctor,
    /// Walk the whole way once, here in the terminal, on data that is thrown away
    Demo(demo::Args),
    /// Make the sample case files
    #[command(hide = true)]
    Samples(samples::Args),
}
