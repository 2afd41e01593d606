//! `countersign alias`: names that stand for an upstream's model.

use contract::{Alias, AliasRef, Empty};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::session;

/// What to do with aliases.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Make a name stand for an upstream's model from now on
    Set {
        /// What agents ask for: 1 to 64 characters of a-z, A-Z, 0-9, `.`, `_` and `-`
        name: String,
        /// The upstream and its model, `openai/gpt-5.2`
        #[arg(value_name = "UPSTREAM/MODEL")]
        stands_for: String,
    },
    /// All aliases
    List,
    /// Take a name away
    Remove {
        /// The name
        name: String,
    },
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Set { name, stands_for } => {
            let Some((upstream, model)) = stands_for.split_once('/') else {
                return Err(Failure::with(
                    Exit::NotThat,
                    format!("`{stands_for}` names no model; give UPSTREAM/MODEL."),
                ));
            };
            let alias = Alias {
                name,
                upstream: upstream.to_owned(),
                model: model.to_owned(),
            };
            let set = session::with(context, async |o| Ok(o.alias_set(alias).await?)).await?;
            context.output.show(&set, |page| {
                page.line(format!(
                    "{} now stands for {} of {}.",
                    set.name, set.model, set.upstream
                ));
            })?;
        }
        Verb::List => {
            let list = session::reading(context, async |o| Ok(o.aliases(Empty {}).await?)).await?;
            context.output.show(&list, |page| {
                let row = |alias: &Alias| vec![alias.name.clone(), alias.upstream.clone(), alias.model.clone()];
                let rows: Vec<_> = list.aliases.iter().map(row).collect();
                page.table(&["Alias", "Upstream", "Model"], &rows);
            })?;
        }
        Verb::Remove { name } => {
            let named = AliasRef { name: name.clone() };
            let done = session::with(context, async |o| Ok(o.alias_remove(named).await?)).await?;
            context.output.show(&done, |page| {
                page.line(format!("{name} stands for nothing any more."));
            })?;
        }
    }
    Ok(Exit::Done)
}
