//! `countersign agent`: agents and their runtime keys.

use contract::{AddedAgent, Agent, AgentRef, Empty, NewAgent};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Page;
use crate::{session, times};

/// What to do with agents.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Register an agent; its runtime key is shown this once
    Add {
        /// Its name: 1 to 64 characters, unique
        name: String,
    },
    /// All agents
    List,
    /// Halt an agent: refuse its key from now on, and cut its answers under way
    Halt {
        /// Its name or uid
        agent: String,
    },
    /// Let a halted agent call again, with the key that it has
    Resume {
        /// Its name or uid
        agent: String,
    },
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Add { name } => {
            let added = session::with(context, async |o| Ok(o.agent_add(NewAgent { name }).await?)).await?;
            context.output.show(&added, |page| say_added(page, &added))?;
        }
        Verb::List => {
            let list = session::reading(context, async |o| Ok(o.agents(Empty {}).await?)).await?;
            context.output.show(&list, |page| say_list(page, &list.agents))?;
        }
        Verb::Halt { agent } => {
            let agent = session::with(context, async |o| Ok(o.agent_disable(AgentRef { agent }).await?)).await?;
            context.output.show(&agent, |page| {
                page.line(format!("{} is halted. Its key is refused from now on.", agent.name));
            })?;
        }
        Verb::Resume { agent } => {
            let agent = session::with(context, async |o| Ok(o.agent_enable(AgentRef { agent }).await?)).await?;
            context.output.show(&agent, |page| {
                page.line(format!("{} may call again.", agent.name));
            })?;
        }
    }
    Ok(Exit::Done)
}

/// A new agent with its key.
pub(crate) fn say_added(page: &mut Page, added: &AddedAgent) {
    page.line(format!(
        "The agent {} is registered. Its runtime key is shown this once:",
        added.agent.name
    ))
    .gap();
    page.block(&added.runtime_key);
    for snippet in &added.snippets {
        page.gap()
            .line(format!("{}:", snippet.title))
            .gap()
            .block(snippet.code.trim_end());
    }
}

fn say_list(page: &mut Page, agents: &[Agent]) {
    let rows: Vec<_> = agents
        .iter()
        .map(|agent| {
            let state = match (agent.enabled, agent.practice) {
                (false, _) => "halted",
                (true, true) => "built in",
                (true, false) => "live",
            };
            vec![
                agent.name.clone(),
                state.to_owned(),
                agent.key_hint.clone(),
                agent.sponsor_name.clone(),
                times::moment(agent.added_ms),
                agent.uid.clone(),
            ]
        })
        .collect();
    page.table(&["Agent", "State", "Key", "Sponsor", "Added (UTC)", "uid"], &rows);
}
