//! The verbs, one file for each noun.

pub(crate) mod agent;
pub(crate) mod alias;
pub(crate) mod case;
pub(crate) mod content;
pub(crate) mod credential;
pub(crate) mod day;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod dsar;
pub(crate) mod hold;
pub(crate) mod inbox;
pub(crate) mod init;
pub(crate) mod key;
pub(crate) mod kind;
pub(crate) mod log;
pub(crate) mod pin;
pub(crate) mod policy;
pub(crate) mod practice;
pub(crate) mod retention;
pub(crate) mod samples;
pub(crate) mod serve;
pub(crate) mod traffic;
pub(crate) mod upstream;
pub(crate) mod verify;

use crate::args::{Args, Verb};
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// Does what was asked.
pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let context = Context::new(args.global)?;
    let context = &context;
    match args.verb {
        Verb::Init(args) => init::run(context, args).await,
        Verb::Serve(args) => serve::run(context, args).await,
        Verb::Agent(verb) => agent::run(context, verb).await,
        Verb::Upstream(verb) => upstream::run(context, verb).await,
        Verb::Alias(verb) => alias::run(context, verb).await,
        Verb::Kind(verb) => kind::run(context, verb).await,
        Verb::Credential(verb) => credential::run(context, verb).await,
        Verb::Policy(verb) => policy::run(context, verb).await,
        Verb::Inbox(verb) => inbox::run(context, verb).await,
        Verb::Traffic(args) => traffic::run(context, args).await,
        Verb::Day(args) => day::run(context, args).await,
        Verb::Log(verb) => log::run(context, verb).await,
        Verb::Key(verb) => key::run(context, verb).await,
        Verb::Content(verb) => content::run(context, verb).await,
        Verb::Retention(verb) => retention::run(context, verb).await,
        Verb::Hold(verb) => hold::run(context, verb).await,
        Verb::Case(verb) => case::run(context, verb).await,
        Verb::Dsar(verb) => dsar::run(context, verb).await,
        Verb::Verify(args) => verify::run(context, &args),
        Verb::Pin(verb) => pin::run(context, verb).await,
        Verb::ExportPin(args) => pin::export(context, args),
        Verb::Practice(verb) => practice::run(context, verb).await,
        Verb::Doctor => doctor::run(context).await,
        Verb::Demo(args) => demo::run(context, args).await,
        Verb::Samples(args) => samples::run(context, args).await,
    }
}
