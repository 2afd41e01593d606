//! How the lives of the log, keys, agents, credentials, upstreams and policies are written as OCSF.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::build::{
    AUTHENTICATION, Builder, ENTITY_MANAGEMENT, EVENT_LOG, INFORMATIONAL, LOW, MEDIUM, USER_MANAGEMENT, agent,
    contents, person, source, upstream,
};
use super::event::{Actor, Context, Event, Source, UpstreamName};
use super::life::{
    AgentAdded, AgentKeyIssued, AgentSwitched, AuthRefused, CredentialRemoved, CredentialSet, Exported, KeyAdded,
    LogOpened, LogStarted, LogStopped, OperatorAdded, PolicyPublished, UpstreamAdded, UpstreamUsed,
};

const CREATE: u32 = 1;
const ENABLE: u32 = 2;
const DISABLE: u32 = 5;
const ACTIVATE: u32 = 10;
const ADD_CREDENTIALS: u32 = 18;
const REMOVE_CREDENTIALS: u32 = 19;
pub(super) const EXPORT: u32 = 3;
pub(super) const ROTATE: u32 = 5;
const START: u32 = 6;
const STOP: u32 = 7;

pub(super) fn log(kind: &str, activity: u32, context: &Context, facts: Value) -> Builder {
    Builder::new(kind, EVENT_LOG, activity, context, facts)
        .with("log_name", json!("countersign"))
        .with("log_provider", json!("Countersign"))
        .with("log_type_id", json!(2))
        .status(true)
}

fn user(kind: &str, activity: u32, context: &Context, actor: &Actor, user: Value, facts: Value) -> Builder {
    Builder::new(kind, USER_MANAGEMENT, activity, context, facts)
        .actor(actor)
        .with("user", user)
        .status(true)
}

pub(super) fn entity(
    kind: &str,
    activity: u32,
    context: &Context,
    actor: &Actor,
    entity: Value,
    facts: Value,
) -> Builder {
    Builder::new(kind, ENTITY_MANAGEMENT, activity, context, facts)
        .actor(actor)
        .with("entity", entity)
        .status(true)
}

/// A user with one programmatic credential.
fn holding(mut user: Value, credential_uid: &str, credential_type: &str) -> Value {
    if let Value::Object(user) = &mut user {
        let credential = json!({"uid": credential_uid, "type": credential_type});
        user.insert("programmatic_credentials".into(), json!([credential]));
    }
    user
}

fn service(name: &str) -> Value {
    json!({"uid": name, "name": name, "type_id": 4, "type": "Service"})
}

impl LogOpened {
    /// The event. Facts: `spki`, `key_id`, `nonce16`, `earlier` {`origin`, `size`, `root`}.
    #[must_use]
    pub fn event(&self) -> Event {
        let earlier = self
            .earlier
            .map(|earlier| json!({"origin": earlier.origin, "size": earlier.size, "root": earlier.root}));
        let facts = json!({
            "spki": STANDARD.encode(self.key.spki_der()),
            "key_id": self.key.key_id(),
            "nonce16": hex::encode(self.nonce),
            "earlier": earlier,
        });
        log("log_opened", START, &self.context, facts)
            .actor(&Actor::Gateway)
            .finish()
    }
}

impl LogStarted {
    /// The event. Facts: `verified`, `from`.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({"verified": self.verified, "from": self.from});
        log("log_started", START, &self.context, facts)
            .actor(&Actor::Gateway)
            .finish()
    }
}

impl LogStopped {
    /// The event. No facts.
    #[must_use]
    pub fn event(&self) -> Event {
        log("log_stopped", STOP, &self.context, json!({}))
            .actor(&Actor::Gateway)
            .finish()
    }
}

impl Exported {
    /// The event. Facts: `filter` (a [`Selection`](crate::casefile::Selection)), `disclosure`, `since`, `heads`
    /// [{`stream`, `stream_seq`, `fp`}], `size`, `selected`, `selection`, `contents`.
    #[must_use]
    pub fn event(&self) -> Event {
        let heads: Vec<Value> = self
            .heads
            .iter()
            .map(|head| json!({"stream": head.stream, "stream_seq": head.stream_seq, "fp": head.fp}))
            .collect();
        let facts = json!({
            "filter": self.filter,
            "disclosure": self.disclosure,
            "since": self.since,
            "heads": heads,
            "size": self.size,
            "selected": self.selected,
            "selection": self.selection,
            "contents": contents(&self.contents),
        });
        log("exported", EXPORT, &self.context, facts)
            .actor(&self.actor)
            .finish()
    }
}

impl KeyAdded {
    /// The event. Facts: `role`, `spki`, `key_id`, `owner_uid`, `possession_sha256`.
    #[must_use]
    pub fn event(&self) -> Event {
        let key_id = self.key.key_id();
        let owner = self
            .owner
            .as_ref()
            .map_or_else(|| service("countersign-gateway"), person);
        let facts = json!({
            "role": self.role.as_str(),
            "spki": STANDARD.encode(self.key.spki_der()),
            "key_id": key_id,
            "owner_uid": self.owner.as_ref().map(|owner| &owner.uid),
            "possession_sha256": self.possession_sha256,
        });
        let holder = holding(owner, &key_id.to_string(), &format!("{} key", self.role));
        user("key_added", ADD_CREDENTIALS, &self.context, &self.actor, holder, facts).finish()
    }
}

impl OperatorAdded {
    /// The event. Facts: `operator_uid`, `roles`.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({"operator_uid": self.operator.uid, "roles": self.roles});
        user(
            "operator_added",
            CREATE,
            &self.context,
            &self.actor,
            person(&self.operator),
            facts,
        )
        .finish()
    }
}

impl AgentAdded {
    /// The event. Facts: `agent_uid`, `sponsor` {`uid`, `name`}.
    #[must_use]
    pub fn event(&self) -> Event {
        let sponsor = json!({"uid": self.sponsor.uid, "name": self.sponsor.name});
        let facts = json!({"agent_uid": self.agent.uid, "sponsor": sponsor});
        user(
            "agent_added",
            CREATE,
            &self.context,
            &self.actor,
            agent(&self.agent),
            facts,
        )
        .finish()
    }
}

impl AgentKeyIssued {
    /// The event. Facts: `agent_uid`, `credential_uid`.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({"agent_uid": self.agent.uid, "credential_uid": self.credential_uid});
        let holder = holding(agent(&self.agent), &self.credential_uid, "runtime key");
        user(
            "agent_key_issued",
            ADD_CREDENTIALS,
            &self.context,
            &self.actor,
            holder,
            facts,
        )
        .finish()
    }
}

impl AgentSwitched {
    /// The event. Facts: `agent_uid`.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({"agent_uid": self.agent.uid});
        let (kind, activity) = match self.enabled {
            true => ("agent_enabled", ENABLE),
            false => ("agent_disabled", DISABLE),
        };
        let who = agent(&self.agent);
        user(kind, activity, &self.context, &self.actor, who, facts)
            .severity(LOW)
            .finish()
    }
}

impl CredentialSet {
    /// The event. Facts: `upstream`, `credential_uid`.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({"upstream": self.upstream.name, "credential_uid": self.credential_uid});
        let holder = holding(service(&self.upstream.name), &self.credential_uid, "provider key");
        user(
            "credential_set",
            ADD_CREDENTIALS,
            &self.context,
            &self.actor,
            holder,
            facts,
        )
        .finish()
    }
}

impl CredentialRemoved {
    /// The event. Facts: `upstream`, `credential_uid`.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({"upstream": self.upstream.name, "credential_uid": self.credential_uid});
        let holder = holding(service(&self.upstream.name), &self.credential_uid, "provider key");
        user(
            "credential_removed",
            REMOVE_CREDENTIALS,
            &self.context,
            &self.actor,
            holder,
            facts,
        )
        .finish()
    }
}

/// `type_id` 99 Other, "Upstream": OCSF has no kind of entity for it.
pub(super) fn upstream_entity(name: &UpstreamName) -> Value {
    json!({"uid": name.name, "name": name.name, "type_id": 99, "type": "Upstream"})
}

impl UpstreamAdded {
    /// The event. Facts: `upstream`, `provider`, `format`, `base_url`, `exceptions`, `contents`.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({
            "upstream": self.upstream.name,
            "provider": self.upstream.provider,
            "format": self.format,
            "base_url": self.base_url,
            "exceptions": (!self.exceptions.is_empty()).then_some(&self.exceptions),
            "contents": contents(&self.contents),
        });
        let what = upstream_entity(&self.upstream);
        entity("upstream_added", CREATE, &self.context, &self.actor, what, facts).finish()
    }
}

impl UpstreamUsed {
    /// The event. Facts: `upstream`, `provider`, `format`.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({"upstream": self.upstream.name, "provider": self.upstream.provider, "format": self.format});
        let what = upstream_entity(&self.upstream);
        entity("upstream_used", ACTIVATE, &self.context, &self.actor, what, facts).finish()
    }
}

impl PolicyPublished {
    /// The event. Facts: `policy_sha256`, `name`, `rules`, `replaces`.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({
            "policy_sha256": self.policy_sha256,
            "name": self.name,
            "rules": self.rules,
            "replaces": self.replaces,
        });
        // 5 Policy.
        let policy = json!({"uid": self.policy_sha256, "name": self.name, "type": "Cedar", "is_applied": true});
        let what = json!({
            "uid": self.policy_sha256,
            "name": self.name,
            "type_id": 5,
            "type": "Policy",
            "policy": policy,
        });
        entity("policy_published", ACTIVATE, &self.context, &self.actor, what, facts).finish()
    }
}

impl AuthRefused {
    /// The event. Facts: `reason`.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({"reason": self.reason});
        let gateway = UpstreamName {
            name: "countersign-gateway".to_owned(),
            provider: String::new(),
        };
        Builder::new("auth_refused", AUTHENTICATION, 1, &self.context, facts)
            .with("user", json!({"name": "unknown", "type_id": 0, "type": "Unknown"}))
            .with("service", upstream(&gateway))
            .with("src_endpoint", source(&Source::Address(self.source)))
            .with("count", json!(self.count))
            .with("start_time", json!(self.first_ms))
            .with("end_time", json!(self.last_ms))
            .status(false)
            .severity(if self.count > 10 { MEDIUM } else { INFORMATIONAL })
            .finish()
    }
}
