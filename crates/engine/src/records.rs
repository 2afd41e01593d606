//! The engine's terms turned into records: one function for each thing that is recorded.

use std::net::{IpAddr, Ipv4Addr};

use action::Action;
use contract::WireFormat;
use evidence::{
    Digest, Draft, Envelope, PublicKey, Role, Stream,
    ocsf::{
        ActionDocument, Actor, AgentAdded, AgentDisabled, AgentKeyIssued, AgentName, AuthRefused, Call, CallDecided,
        CallFinished, CallOutcome, ContentRef, Context, CredentialRemoved, CredentialSet, Effect as Effected, Event,
        Expiry, Exported, ItemDecided, ItemExpired, KeyAdded, LogStarted, LogStopped, OperatorAdded, Person,
        PolicyPublished, Released, RuleReason, Source, UpstreamAdded, UpstreamName, UpstreamUsed, Verdict,
    },
    statement::{ApprovalStatement, Choice as Decided},
};
use ledger::NewContent;
use policy::{Decision, Effect, Policy};

use crate::{
    books::{AgentRow, OperatorRow, UpstreamRow},
    clock::now_ms,
    items::ItemRow,
    steps::{Counted, Ending, Outcome, Story, commitment},
};

/// A record can't be made: a fault of this program's own, never of its input.
#[derive(Debug, thiserror::Error)]
#[error("a record can't be made: {0}")]
pub(crate) struct Unrecordable(String);

fn unrecordable(error: impl std::fmt::Display) -> Unrecordable {
    Unrecordable(error.to_string())
}

/// What this product doesn't establish yet about a call: recorded as such, never as a pass.
const NOT_ESTABLISHED: [(&str, &str); 3] = [("privacy", "personal data"), ("rate", "rate"), ("risk", "risk")];

/// The same, for a reviewer.
pub(crate) fn not_established_in_words() -> Vec<String> {
    NOT_ESTABLISHED.iter().map(|(_, words)| (*words).to_owned()).collect()
}

/// A moment, for a person: `20 Nov 2026, 10:42:07 UTC`.
pub(crate) fn moment(ms: i64) -> String {
    evidence::ocsf::moment(ms)
}

/// A day, for a person: `20 Nov 2026`.
pub(crate) fn day(ms: i64) -> String {
    moment(ms).split(',').next().unwrap_or_default().to_owned()
}

/// A decision's reasons, as consoles get them.
pub(crate) fn reasons(decision: &Decision) -> Vec<contract::Reason> {
    let reason = |reason: &policy::Reason| contract::Reason {
        rule: reason.rule.clone(),
        text: reason.text.clone(),
    };
    decision.reasons.iter().map(reason).collect()
}

fn draft_for(agent_uid: &str, event: Event) -> Result<Draft, Unrecordable> {
    let stream = Stream::agent(agent_uid).ok_or_else(|| unrecordable("an agent's uid can't name a stream"))?;
    Ok(Draft::new(stream, event))
}

fn call(story: &Story) -> Call {
    Call {
        request_uid: story.request_uid.clone(),
        agent: AgentName {
            uid: story.agent_uid.clone(),
            name: story.agent_name.clone(),
        },
        operation: story.operation.clone(),
        model: (!story.model.is_empty()).then(|| story.model.clone()),
        upstream: (!story.upstream.is_empty()).then(|| UpstreamName {
            name: story.upstream.clone(),
            provider: story.provider.clone(),
        }),
        source: Source::Network(story.source.ip(), story.source.port()),
    }
}

fn context(story: &Story) -> Context {
    Context {
        time_ms: now_ms(),
        tenant_uid: story.tenant_uid.clone(),
    }
}

fn content_ref(content: &NewContent) -> ContentRef {
    ContentRef {
        content_uid: content.header.content_uid.clone(),
        slot: content.header.slot.clone(),
        c: commitment(content),
    }
}

/// A decision on a call, and what it is bound to.
pub(crate) struct Deciding<'a> {
    pub(crate) decision: &'a Decision,
    /// Who published the policy that decided; nobody for the built-in one.
    pub(crate) policy_author: Option<String>,
    /// Nothing where the call couldn't be read as an action.
    pub(crate) action: Option<&'a Action>,
    /// The held item and when it expires, where it is held.
    pub(crate) item: Option<(&'a str, i64)>,
    /// The contents sealed with the record.
    pub(crate) contents: &'a [NewContent],
}

/// A call was decided on.
pub(crate) fn call_decided(story: &Story, deciding: &Deciding<'_>) -> Result<Draft, Unrecordable> {
    let decision = deciding.decision;
    let document = deciding.action.map(|action| ActionDocument::parse(&action.document()));
    let (effect, tier) = match decision.effect {
        Effect::Allow => (Effected::Allow, 0),
        Effect::Hold { tier } => (Effected::Hold, tier.number()),
        Effect::Deny => (Effected::Deny, 4),
    };
    let decided = CallDecided {
        context: context(story),
        call: call(story),
        effect,
        reasons: decision
            .reasons
            .iter()
            .map(|reason| RuleReason {
                rule: reason.rule.clone(),
                text: reason.text.clone(),
            })
            .collect(),
        sponsor: Person {
            uid: story.sponsor_uid.clone(),
            name: story.sponsor_name.clone(),
        },
        policy_sha256: decision.policy_sha256,
        policy_author: deciding.policy_author.clone(),
        tier,
        action: document.transpose().map_err(unrecordable)?,
        action_digest: deciding.action.map(Action::digest),
        contents: deciding.contents.iter().map(content_ref).collect(),
        not_established: NOT_ESTABLISHED.iter().map(|(name, _)| (*name).to_owned()).collect(),
        item_uid: deciding.item.map(|(uid, _)| uid.to_owned()),
        expires_ms: deciding.item.map(|(_, expires_ms)| expires_ms),
    };
    draft_for(&story.agent_uid, decided.event())
}

/// A released call ended.
pub(crate) fn call_finished(story: &Story, outcome: &Outcome) -> Result<Draft, Unrecordable> {
    let finished = CallFinished {
        context: context(story),
        call: call(story),
        outcome: match outcome.ending {
            Ending::Answered if outcome.status.is_some_and(|status| status >= 400) => CallOutcome::UpstreamError,
            Ending::Answered => CallOutcome::Answered,
            Ending::Cut => CallOutcome::Cut,
            Ending::Unreachable => CallOutcome::Unreachable,
            Ending::Timeout => CallOutcome::TimedOut,
            Ending::ClientGone => CallOutcome::ClientGone,
            Ending::NotSent => CallOutcome::NotSent,
            Ending::Unknown => CallOutcome::Unknown,
        },
        http_status: outcome.status,
        prompt_tokens: outcome.usage.prompt_tokens,
        completion_tokens: outcome.usage.completion_tokens,
        total_tokens: outcome.usage.total_tokens,
        finish_reason: outcome.usage.finish_reason.clone(),
        duration_ms: u64::try_from(outcome.duration_ms).ok(),
        action_digest: story.action_digest,
        contents: outcome.response.iter().map(content_ref).collect(),
    };
    draft_for(&story.agent_uid, finished.event())
}

/// A reviewer's decision, and what it was made on.
pub(crate) struct Reviewed<'a> {
    pub(crate) row: &'a ItemRow,
    pub(crate) statement: &'a ApprovalStatement,
    pub(crate) payload_sha256: Digest,
    pub(crate) key: &'a PublicKey,
    pub(crate) operator: &'a OperatorRow,
    pub(crate) sole_operator: bool,
    pub(crate) reason: Option<&'a NewContent>,
}

/// A person decided.
pub(crate) fn item_decided(story: &Story, reviewed: &Reviewed<'_>) -> Result<Draft, Unrecordable> {
    let statement = reviewed.statement;
    let decided = ItemDecided {
        context: context(story),
        call: call(story),
        reviewer: Person {
            uid: reviewed.operator.uid.clone(),
            name: reviewed.operator.name.clone(),
        },
        verdict: if statement.decision == Decided::Approve {
            Verdict::Approved
        } else {
            Verdict::Denied
        },
        item_uid: reviewed.row.uid.clone(),
        payload_sha256: reviewed.payload_sha256,
        key_id: reviewed.key.key_id(),
        sole_operator: reviewed.sole_operator,
        tier: reviewed.row.tier,
        action_digest: statement.action_digest,
        view_c: statement.view_c,
        reason_c: statement.reason_c,
        policy_sha256: statement.policy_sha256,
        contents: reviewed.reason.iter().map(|reason| content_ref(reason)).collect(),
    };
    draft_for(&story.agent_uid, decided.event())
}

/// An item ended without being used.
pub(crate) fn item_ended(story: &Story, row: &ItemRow, expiry: Expiry) -> Result<Draft, Unrecordable> {
    let ended = ItemExpired {
        context: context(story),
        call: call(story),
        item_uid: row.uid.clone(),
        expiry,
        action_digest: row.action_digest,
    };
    draft_for(&story.agent_uid, ended.event())
}

/// An approval was used.
pub(crate) fn released(story: &Story, row: &ItemRow, jti: &str) -> Result<Draft, Unrecordable> {
    let released = Released {
        context: context(story),
        call: call(story),
        item_uid: row.uid.clone(),
        jti: jti.to_owned(),
        action_digest: row.action_digest,
        approvals: row.decision.iter().map(|decision| decision.payload_sha256).collect(),
    };
    draft_for(&story.agent_uid, released.event())
}

/// Refused logons, counted. Where the sources were too many to count apart, the address is the unspecified one.
pub(crate) fn auth_refused(tenant_uid: &str, source: Option<IpAddr>, counted: Counted) -> Draft {
    let refused = AuthRefused {
        context: Context {
            time_ms: now_ms(),
            tenant_uid: tenant_uid.to_owned(),
        },
        source: source.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        count: u64::from(counted.count),
        first_ms: counted.first_ms,
        last_ms: counted.last_ms,
        reason: "unknown_key".to_owned(),
    };
    Draft::new(Stream::sys(), refused.event())
}

/// A wire format's name in records.
pub(crate) fn format_name(format: WireFormat) -> &'static str {
    match format {
        WireFormat::Openai => "openai",
        WireFormat::Anthropic => "anthropic",
    }
}

/// Who runs an upstream, as far as its configuration says.
pub(crate) fn provider(upstream: &UpstreamRow) -> String {
    if upstream.practice {
        "practice".to_owned()
    } else {
        upstream.name.clone()
    }
}

/// Records of what an operator does, or the gateway for itself.
pub(crate) struct Acting {
    tenant_uid: String,
    actor: Actor,
    operator: Person,
}

impl Acting {
    /// An operator acts.
    pub(crate) fn operator(tenant_uid: &str, operator_uid: &str, operator_name: &str) -> Self {
        let operator = Person {
            uid: operator_uid.to_owned(),
            name: operator_name.to_owned(),
        };
        Self {
            tenant_uid: tenant_uid.to_owned(),
            actor: Actor::Person(operator.clone()),
            operator,
        }
    }

    fn context(&self) -> Context {
        Context {
            time_ms: now_ms(),
            tenant_uid: self.tenant_uid.clone(),
        }
    }

    /// The gateway's own key.
    pub(crate) fn gateway_key(&self, role: Role, key: &PublicKey) -> Draft {
        let added = KeyAdded {
            context: self.context(),
            actor: Actor::Gateway,
            role,
            key: *key,
            owner: None,
            possession_sha256: None,
        };
        Draft::new(Stream::sys(), added.event())
    }

    /// The operator themself.
    pub(crate) fn operator_added(&self) -> Draft {
        let added = OperatorAdded {
            context: self.context(),
            actor: self.actor.clone(),
            operator: self.operator.clone(),
            roles: ["administrator", "reviewer", "auditor"].map(str::to_owned).to_vec(),
        };
        Draft::new(Stream::sys(), added.event())
    }

    /// The operator's reviewer key, with the proof that it is theirs.
    pub(crate) fn reviewer_key(&self, key: &PublicKey, possession: &Envelope) -> Draft {
        let added = KeyAdded {
            context: self.context(),
            actor: self.actor.clone(),
            role: Role::Reviewer,
            key: *key,
            owner: Some(self.operator.clone()),
            possession_sha256: Some(Digest::sha256(possession.unverified_payload())),
        };
        Draft::new(Stream::sys(), added.event())
    }

    /// A policy comes into force.
    pub(crate) fn policy(&self, policy: &Policy, replaces: Option<Digest>) -> Draft {
        let published = PolicyPublished {
            context: self.context(),
            actor: if replaces.is_none() {
                Actor::Gateway
            } else {
                self.actor.clone()
            },
            policy_sha256: policy.sha256(),
            name: if replaces.is_none() { "built-in" } else { "published" }.to_owned(),
            rules: policy.rules().len() as u64,
            replaces,
        };
        Draft::new(Stream::sys(), published.event())
    }

    /// An upstream is configured.
    pub(crate) fn upstream(&self, row: &UpstreamRow) -> Draft {
        let added = UpstreamAdded {
            context: self.context(),
            actor: self.actor.clone(),
            upstream: UpstreamName {
                name: row.name.clone(),
                provider: provider(row),
            },
            format: format_name(row.format).to_owned(),
            base_url: row.base_url.clone(),
        };
        Draft::new(Stream::sys(), added.event())
    }

    /// A route is pointed at an upstream.
    pub(crate) fn upstream_used(&self, row: &UpstreamRow) -> Draft {
        let used = UpstreamUsed {
            context: self.context(),
            actor: self.actor.clone(),
            upstream: UpstreamName {
                name: row.name.clone(),
                provider: provider(row),
            },
            format: format_name(row.format).to_owned(),
        };
        Draft::new(Stream::sys(), used.event())
    }

    /// A credential is sealed.
    pub(crate) fn credential_set(&self, row: &UpstreamRow, fingerprint: &str) -> Draft {
        let set = CredentialSet {
            context: self.context(),
            actor: self.actor.clone(),
            upstream: UpstreamName {
                name: row.name.clone(),
                provider: provider(row),
            },
            credential_uid: fingerprint.to_owned(),
        };
        Draft::new(Stream::sys(), set.event())
    }

    /// A credential is destroyed.
    pub(crate) fn credential_removed(&self, row: &UpstreamRow, fingerprint: &str) -> Draft {
        let removed = CredentialRemoved {
            context: self.context(),
            actor: self.actor.clone(),
            upstream: UpstreamName {
                name: row.name.clone(),
                provider: provider(row),
            },
            credential_uid: fingerprint.to_owned(),
        };
        Draft::new(Stream::sys(), removed.event())
    }

    /// An agent is registered.
    pub(crate) fn agent(&self, row: &AgentRow) -> Result<Draft, Unrecordable> {
        let added = AgentAdded {
            context: self.context(),
            actor: self.actor.clone(),
            agent: AgentName {
                uid: row.uid.clone(),
                name: row.name.clone(),
            },
            sponsor: Person {
                uid: row.sponsor_uid.clone(),
                name: row.sponsor_name.clone(),
            },
        };
        draft_for(&row.uid, added.event())
    }

    /// An agent gets a runtime key.
    pub(crate) fn agent_key(&self, row: &AgentRow) -> Result<Draft, Unrecordable> {
        let issued = AgentKeyIssued {
            context: self.context(),
            actor: self.actor.clone(),
            agent: AgentName {
                uid: row.uid.clone(),
                name: row.name.clone(),
            },
            credential_uid: row.key_hint.clone(),
        };
        draft_for(&row.uid, issued.event())
    }

    /// An agent is disabled.
    pub(crate) fn agent_disabled(&self, row: &AgentRow) -> Result<Draft, Unrecordable> {
        let disabled = AgentDisabled {
            context: self.context(),
            actor: self.actor.clone(),
            agent: AgentName {
                uid: row.uid.clone(),
                name: row.name.clone(),
            },
        };
        draft_for(&row.uid, disabled.event())
    }

    /// A case file is made.
    pub(crate) fn exported(&self, export: Export) -> Draft {
        let exported = Exported {
            context: self.context(),
            actor: self.actor.clone(),
            agent: export.agent,
            from_ms: export.from_ms,
            to_ms: export.to_ms,
            disclose_contents: export.disclose_contents,
            heads: vec![export.head],
            size: export.size,
            selected: export.selected,
            selection: export.selection,
        };
        Draft::new(Stream::sys(), exported.event())
    }

    /// The gateway began to serve.
    pub(crate) fn log_started(&self, verified: u64) -> Draft {
        Draft::new(
            Stream::sys(),
            LogStarted {
                context: self.context(),
                verified,
            }
            .event(),
        )
    }

    /// The gateway stops in good order.
    pub(crate) fn log_stopped(&self) -> Draft {
        Draft::new(
            Stream::sys(),
            LogStopped {
                context: self.context(),
            }
            .event(),
        )
    }
}

/// What goes into a case file.
pub(crate) struct Export {
    pub(crate) agent: AgentName,
    pub(crate) from_ms: Option<i64>,
    pub(crate) to_ms: Option<i64>,
    pub(crate) disclose_contents: bool,
    pub(crate) head: evidence::ocsf::StreamHead,
    pub(crate) size: u64,
    pub(crate) selected: u64,
    pub(crate) selection: Digest,
}
