//! `countersign practice`: calls that ask no model.

use contract::{Empty, Operators as _};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::session;

/// What to practise.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Send one labelled call to the practice upstream, so that something is held
    Call,
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    let Verb::Call = verb;
    // Whoever sends it has to be there when it is decided, which only a gateway that runs is.
    let call = session::running(context).await?.practice_call(Empty {}).await?;
    context.output.show(&call, |page| {
        page.line(&call.outcome);
        if let Some(uid) = &call.item_uid {
            page.gap().line(format!(
                "`countersign inbox show {uid}` shows it; `approve` and `deny` decide it."
            ));
        }
    })?;
    Ok(Exit::Done)
}
