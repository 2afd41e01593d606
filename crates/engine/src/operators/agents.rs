//! Agents: machine actors, each with a sponsor and one runtime key.

use contract::{AddedAgent, Agent, Agents, Code, Happening, OperatorError, snippets};
use zeroize::Zeroizing;

use crate::{
    Engine,
    books::{AgentRow, Kept as _, OperatorRow},
    clock::{NoRandomness, now_ms, uid},
    operators::{checked_name, fault},
    records::Acting,
    steps::{Noted, new_runtime_key},
};

/// A new agent's row and its runtime key.
pub(crate) fn new_agent(
    name: &str,
    sponsor: &OperatorRow,
    practice: bool,
) -> Result<(AgentRow, Zeroizing<String>), NoRandomness> {
    let key = new_runtime_key()?;
    let row = AgentRow {
        uid: uid(),
        name: name.to_owned(),
        sponsor_uid: sponsor.uid.clone(),
        sponsor_name: sponsor.name.clone(),
        enabled: true,
        key_hint: key.hint,
        key_sha256: key.sha256,
        added_ms: now_ms(),
        practice,
    };
    Ok((row, key.text))
}

/// An agent and its key, with what to paste where.
pub(crate) fn added_agent(row: &AgentRow, key: &str, agents_url: Option<&str>) -> AddedAgent {
    let url = agents_url.unwrap_or("http://127.0.0.1:4180/v1");
    AddedAgent {
        agent: agent(row),
        runtime_key: key.to_owned(),
        snippets: snippets(url, key),
    }
}

fn agent(row: &AgentRow) -> Agent {
    Agent {
        uid: row.uid.clone(),
        name: row.name.clone(),
        sponsor_uid: row.sponsor_uid.clone(),
        sponsor_name: row.sponsor_name.clone(),
        enabled: row.enabled,
        key_hint: row.key_hint.clone(),
        added_ms: row.added_ms,
        practice: row.practice,
    }
}

impl Engine {
    pub(crate) fn list_agents(&self) -> Agents {
        let mut agents: Vec<_> = self.books.read().agents.values().map(agent).collect();
        agents.sort_by(|a, b| a.added_ms.cmp(&b.added_ms).then_with(|| a.name.cmp(&b.name)));
        Agents { agents }
    }

    pub(crate) async fn add_agent(&self, name: &str) -> Result<AddedAgent, OperatorError> {
        let name = checked_name(name, "An agent's name")?;
        let operator = self.acting_operator()?;
        let _changing = self.changing.lock().await;
        if self.books.read().agent(&name).is_some() {
            let message = format!("There is an agent `{name}` already; choose another name.");
            return Err(OperatorError::new(Code::Conflict, message));
        }
        let (row, key) = new_agent(&name, &operator, false).map_err(fault)?;
        let at = self.acting(&operator);
        let added = Noted::alone(at.agent(&row).map_err(fault)?).with([row.put().map_err(fault)?]);
        let issued = Noted::alone(at.agent_key(&row).map_err(fault)?);
        self.note_all(vec![added, issued]).await?;
        let url = self.about.agents_url.read().clone();
        let answer = added_agent(&row, &key, url.as_deref());
        self.books.write().agents.insert(row.uid.clone(), row);
        self.events.tell(Happening::Agents);
        Ok(answer)
    }

    /// Halts an agent: its key is refused from now on, and its answers under way are cut at their next chunk.
    pub(crate) async fn halt_agent(&self, uid_or_name: &str) -> Result<Agent, OperatorError> {
        let halted = self.switch_agent(uid_or_name, false).await?;
        // After the books: whoever looks now sees it halted.
        self.halts.halt(&halted.uid);
        Ok(halted)
    }

    /// Lets a halted agent call again, with the key that it has.
    pub(crate) async fn enable_agent(&self, uid_or_name: &str) -> Result<Agent, OperatorError> {
        self.switch_agent(uid_or_name, true).await
    }

    async fn switch_agent(&self, uid_or_name: &str, enabled: bool) -> Result<Agent, OperatorError> {
        let operator = self.acting_operator()?;
        let _changing = self.changing.lock().await;
        let found = self.books.read().agent(uid_or_name).cloned();
        let Some(mut row) = found else {
            let message = format!("There is no agent `{uid_or_name}`; `countersign agent list` shows them.");
            return Err(OperatorError::new(Code::NotFound, message));
        };
        if row.enabled != enabled {
            row.enabled = enabled;
            let draft = self.acting(&operator).agent_switched(&row).map_err(fault)?;
            self.note(Noted::alone(draft).with([row.put().map_err(fault)?])).await?;
            self.books.write().agents.insert(row.uid.clone(), row.clone());
            self.events.tell(Happening::Agents);
        }
        Ok(agent(&row))
    }

    /// The records of what an operator does now.
    pub(crate) fn acting(&self, operator: &OperatorRow) -> Acting {
        Acting::operator(&self.books.read().tenant.uid, &operator.uid, &operator.name)
    }
}
