//! `countersign kind`: the kinds of actions that agents may propose.

use std::path::PathBuf;

use contract::{ActionKind, ActionKindRef, ActionKindText, Empty};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::session;

/// What to do with kinds of actions.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Register a kind, or define it anew
    Set {
        /// A JSON file: `name`, `category`, `schema` and, where wanted, `title`, `description`, `report_within_s`
        file: PathBuf,
    },
    /// All kinds
    List,
    /// Take a kind away: nothing of it can be proposed or released any more
    Remove {
        /// The kind's name
        name: String,
    },
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Set { file } => {
            let text = std::fs::read_to_string(&file)
                .map_err(|error| Failure::with(Exit::NotThat, format!("{} can't be read: {error}.", file.display())))?;
            let text = ActionKindText { text };
            let set = session::with(context, async |o| Ok(o.action_kind_set(text).await?)).await?;
            context.output.show(&set, |page| {
                page.line(format!(
                    "Agents may propose {} from now on ({}).",
                    set.name,
                    set.category_in_words.to_lowercase()
                ));
                if set.always_held {
                    page.line("Each goes to a person, whatever the policy allows.");
                }
            })?;
        }
        Verb::List => {
            let list = session::reading(context, async |o| Ok(o.action_kinds(Empty {}).await?)).await?;
            context.output.show(&list, |page| {
                let row = |kind: &ActionKind| {
                    let who = if kind.always_held {
                        "a person, always"
                    } else {
                        "the policy"
                    };
                    vec![
                        kind.name.clone(),
                        kind.category_in_words.clone(),
                        who.to_owned(),
                        kind.sha256.chars().take(12).collect(),
                    ]
                };
                let rows: Vec<_> = list.kinds.iter().map(row).collect();
                page.table(&["Kind", "Category", "Decided by", "Definition"], &rows);
            })?;
        }
        Verb::Remove { name } => {
            let named = ActionKindRef { name: name.clone() };
            let done = session::with(context, async |o| Ok(o.action_kind_remove(named).await?)).await?;
            context.output.show(&done, |page| {
                page.line(format!("{name} can't be proposed any more."));
            })?;
        }
    }
    Ok(Exit::Done)
}
