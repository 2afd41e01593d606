//! Records of what operators do, and the gateway for itself.

use evidence::{
    Digest, Draft, Envelope, PublicKey, Role, Stream,
    casefile::Asked,
    ocsf::{
        ActionKindChanged, Actor, AgentAdded, AgentKeyIssued, AgentName, AgentSwitched, AliasChanged,
        CheckpointPlaceChanged, Context, CredentialRemoved, CredentialSet, Exported, KeyAdded, LogExported, LogStarted,
        LogStopped, OperatorAdded, Person, PolicyPublished, SignerPinned, StreamHead, SubjectExported, UpstreamAdded,
        UpstreamName, UpstreamRemoved, UpstreamUsed,
    },
    verifier::Pin,
};
use ledger::{Cause, NewContent};
use policy::Policy;

use super::{Unrecordable, content_ref, draft_for, exception_name, format_name, provider};
use crate::{
    books::{AgentRow, AliasRow, UpstreamRow},
    clock::now_ms,
    kinds::RegisteredKind,
};

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

    /// Why and by whom a key of the log's is rotated.
    pub(crate) fn cause(&self, reason: Option<NewContent>) -> Cause {
        Cause {
            context: self.context(),
            actor: self.actor.clone(),
            reason,
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
    pub(crate) fn upstream(&self, row: &UpstreamRow, justification: Option<&NewContent>) -> Draft {
        let added = UpstreamAdded {
            context: self.context(),
            actor: self.actor.clone(),
            upstream: upstream_name(row),
            format: format_name(row.format).to_owned(),
            base_url: row.base_url.clone(),
            exceptions: row.exceptions.iter().map(exception_name).collect(),
            contents: justification.into_iter().map(content_ref).collect(),
        };
        Draft::new(Stream::sys(), added.event())
    }

    /// An upstream is taken away.
    pub(crate) fn upstream_removed(&self, row: &UpstreamRow) -> Draft {
        let removed = UpstreamRemoved {
            context: self.context(),
            actor: self.actor.clone(),
            upstream: upstream_name(row),
        };
        Draft::new(Stream::sys(), removed.event())
    }

    /// A name begins or ceases to stand for an upstream's model.
    pub(crate) fn alias(&self, row: &AliasRow, upstream: &UpstreamRow, set: bool) -> Draft {
        let changed = AliasChanged {
            context: self.context(),
            actor: self.actor.clone(),
            alias: row.name.clone(),
            upstream: upstream_name(upstream),
            model: row.model.clone(),
            set,
        };
        Draft::new(Stream::sys(), changed.event())
    }

    /// A kind of action is registered, defined anew or taken away.
    pub(crate) fn action_kind(&self, kind: &RegisteredKind, replaces: Option<Digest>, set: bool) -> Draft {
        let changed = ActionKindChanged {
            context: self.context(),
            actor: self.actor.clone(),
            kind: kind.named(),
            definition_sha256: kind.sha256,
            replaces,
            set,
        };
        Draft::new(Stream::sys(), changed.event())
    }

    /// A route is pointed at an upstream.
    pub(crate) fn upstream_used(&self, row: &UpstreamRow) -> Draft {
        let used = UpstreamUsed {
            context: self.context(),
            actor: self.actor.clone(),
            upstream: upstream_name(row),
            format: format_name(row.format).to_owned(),
        };
        Draft::new(Stream::sys(), used.event())
    }

    /// A place that checkpoints go to is added or removed.
    pub(crate) fn checkpoint_place(&self, address: &str, added: bool) -> Draft {
        let changed = CheckpointPlaceChanged {
            context: self.context(),
            actor: self.actor.clone(),
            address: address.to_owned(),
            added,
        };
        Draft::new(Stream::sys(), changed.event())
    }

    /// A signer is pinned, or trusted no longer.
    pub(crate) fn signer(&self, pin: &Pin, pinned: bool) -> Draft {
        let changed = SignerPinned {
            context: self.context(),
            actor: self.actor.clone(),
            log: pin.origin.to_string(),
            role: pin.role.to_string(),
            key_id: pin.key.key_id().to_string(),
            pinned,
        };
        Draft::new(Stream::sys(), changed.event())
    }

    /// A credential is sealed.
    pub(crate) fn credential_set(&self, row: &UpstreamRow, fingerprint: &str) -> Draft {
        let set = CredentialSet {
            context: self.context(),
            actor: self.actor.clone(),
            upstream: upstream_name(row),
            credential_uid: fingerprint.to_owned(),
        };
        Draft::new(Stream::sys(), set.event())
    }

    /// A credential is destroyed.
    pub(crate) fn credential_removed(&self, row: &UpstreamRow, fingerprint: &str) -> Draft {
        let removed = CredentialRemoved {
            context: self.context(),
            actor: self.actor.clone(),
            upstream: upstream_name(row),
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

    /// An agent is disabled, or may call again.
    pub(crate) fn agent_switched(&self, row: &AgentRow) -> Result<Draft, Unrecordable> {
        let switched = AgentSwitched {
            context: self.context(),
            actor: self.actor.clone(),
            agent: AgentName {
                uid: row.uid.clone(),
                name: row.name.clone(),
            },
            enabled: row.enabled,
        };
        draft_for(&row.uid, switched.event())
    }

    /// A case file is made.
    pub(crate) fn exported(&self, export: Export, reasons: &[NewContent]) -> Draft {
        let exported = Exported {
            context: self.context(),
            actor: self.actor.clone(),
            filter: export.asked.selection,
            disclosure: export.asked.disclosure.unwrap_or_default(),
            since: export.asked.since,
            contents: reasons.iter().map(content_ref).collect(),
            heads: export.heads,
            size: export.size,
            selected: export.selected,
            selection: export.selection,
        };
        Draft::new(Stream::sys(), exported.event())
    }

    /// Records of the log are exported.
    pub(crate) fn log_exported(&self, export: LogExport, filter: Option<&NewContent>) -> Draft {
        let exported = LogExported {
            context: self.context(),
            actor: self.actor.clone(),
            filter: filter.map(content_ref),
            size: export.size,
            root: export.root,
            count: export.count,
            first_and_last: export.first_and_last,
            sha256: export.sha256,
        };
        Draft::new(Stream::sys(), exported.event())
    }

    /// What is known of a person is exported.
    pub(crate) fn subject_exported(&self, export: SubjectExport, typed: &[NewContent]) -> Draft {
        let exported = SubjectExported {
            context: self.context(),
            actor: self.actor.clone(),
            contents: typed.iter().map(content_ref).collect(),
            size: export.size,
            root: export.root,
            records: export.records,
            found: export.found,
            sha256: export.sha256,
        };
        Draft::new(Stream::sys(), exported.event())
    }

    /// The gateway began to serve.
    pub(crate) fn log_started(&self, from: u64, verified: u64) -> Draft {
        Draft::new(
            Stream::sys(),
            LogStarted {
                context: self.context(),
                verified,
                from,
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

fn upstream_name(row: &UpstreamRow) -> UpstreamName {
    UpstreamName {
        name: row.name.clone(),
        provider: provider(row),
    }
}

/// What goes into an export of the log.
pub(crate) struct LogExport {
    pub(crate) size: u64,
    pub(crate) root: Digest,
    pub(crate) count: u64,
    pub(crate) first_and_last: Option<(u64, u64)>,
    pub(crate) sha256: Digest,
}

/// What goes into a case file.
pub(crate) struct Export {
    pub(crate) asked: Asked,
    pub(crate) heads: Vec<StreamHead>,
    pub(crate) size: u64,
    pub(crate) selected: u64,
    pub(crate) selection: Digest,
}

/// What goes into an export about a person.
pub(crate) struct SubjectExport {
    pub(crate) size: u64,
    pub(crate) root: Digest,
    pub(crate) records: u64,
    pub(crate) found: u64,
    pub(crate) sha256: Digest,
}
