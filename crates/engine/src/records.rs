//! The engine's terms turned into records: one function for each thing that is recorded.

mod acting;
mod keeping;

use std::net::{IpAddr, Ipv4Addr};

use action::{
    answer::AnswerFacts,
    proposal::{ExecutionReport, ExecutionStatus},
};
use contract::{UpstreamException, WireFormat};
use evidence::{
    Digest, Draft, PublicKey, Stream,
    ocsf::{
        ActionDocument, AgentName, AuthRefused, Call, CallDecided, CallFinished, CallOutcome, ContentRef, Context,
        Effect as Effected, Event, ExecutionReported, Expiry, ItemDecided, ItemExpired, Person, ProposedKind, Released,
        RuleReason, Source, UpstreamName, Verdict,
    },
    statement::{ApprovalStatement, Choice as Decided},
};
use ledger::NewContent;
use policy::{Decision, Effect};

use crate::{
    books::{OperatorRow, UpstreamRow},
    clock::now_ms,
    items::ItemRow,
    steps::{Bound, Counted, Ending, NotLetIn, Outcome, Story},
};

pub(crate) use acting::{Acting, Export, LogExport, SubjectExport};
pub(crate) use keeping::{Erased, HoldChange, Keeper, Opened};

/// A record can't be made: a fault of this program's own, never of its input.
#[derive(Debug, thiserror::Error)]
#[error("a record can't be made: {0}")]
pub(crate) struct Unrecordable(String);

fn unrecordable(error: impl std::fmt::Display) -> Unrecordable {
    Unrecordable(error.to_string())
}

/// How many tools a record names.
const MOST_TOOLS: usize = 16;

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
        proposed: story.proposed.as_ref().map(|(name, category)| ProposedKind {
            name: name.clone(),
            category: category.clone(),
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
        content_uid: content.header().content_uid.clone(),
        slot: content.header().slot.clone(),
        c: content.commitment(),
    }
}

/// A decision on a call, and what it is bound to.
pub(crate) struct Deciding<'a> {
    pub(crate) decision: &'a Decision,
    /// Who published the policy that decided; nobody for the built-in one.
    pub(crate) policy_author: Option<String>,
    /// Nothing where the call couldn't be read as an action.
    pub(crate) action: Option<&'a Bound>,
    /// The held item and when it expires, where it is held.
    pub(crate) item: Option<(&'a str, i64)>,
    /// The contents sealed with the record.
    pub(crate) contents: &'a [NewContent],
}

/// A call was decided on.
pub(crate) fn call_decided(story: &Story, deciding: &Deciding<'_>) -> Result<Draft, Unrecordable> {
    let decision = deciding.decision;
    let document = deciding.action.map(|action| ActionDocument::parse(&action.document));
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
        action_digest: deciding.action.map(|action| action.digest),
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
            Ending::Answered | Ending::Malformed if outcome.is_upstreams_error() => CallOutcome::UpstreamError,
            Ending::Answered => CallOutcome::Answered,
            Ending::Cut => CallOutcome::Cut,
            Ending::Unreachable => CallOutcome::Unreachable,
            Ending::Timeout => CallOutcome::TimedOut,
            Ending::Malformed => CallOutcome::Malformed,
            Ending::ClientGone => CallOutcome::ClientGone,
            Ending::Halted => CallOutcome::Halted,
            Ending::Resting => CallOutcome::CircuitOpen,
            Ending::NotSent => CallOutcome::NotSent,
            Ending::Unknown => CallOutcome::Unknown,
        },
        http_status: outcome.status,
        prompt_tokens: outcome.facts.usage.prompt_tokens,
        completion_tokens: outcome.facts.usage.completion_tokens,
        total_tokens: outcome.facts.usage.total_tokens,
        finish_reason: outcome.facts.finish_reason.clone(),
        tool_calls: outcome.facts.tool_calls.len() as u64,
        tools_asked: tools_asked(&outcome.facts),
        latency_us: outcome.latency_us.clone(),
        duration_ms: u64::try_from(outcome.duration_ms).ok(),
        action_digest: story.action_digest,
        contents: outcome.response.iter().map(content_ref).collect(),
    };
    draft_for(&story.agent_uid, finished.event())
}

/// The tools' names, each once.
fn tools_asked(facts: &AnswerFacts) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for asked in &facts.tool_calls {
        if names.len() < MOST_TOOLS && !names.contains(&asked.name) {
            names.push(asked.name.clone());
        }
    }
    names
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

/// An agent said what came of an action.
pub(crate) fn execution_reported(
    story: &Story,
    report: &ExecutionReport,
    late: bool,
    content: &NewContent,
) -> Result<Draft, Unrecordable> {
    let reported = ExecutionReported {
        context: context(story),
        call: call(story),
        succeeded: report.status == ExecutionStatus::Success,
        late,
        claimed_ms: report.took_ms,
        action_digest: story.action_digest,
        contents: vec![content_ref(content)],
    };
    draft_for(&story.agent_uid, reported.event())
}

/// Refused logons, counted. Where the sources were too many to count apart, the address is the unspecified one.
pub(crate) fn auth_refused(tenant_uid: &str, source: Option<IpAddr>, why: NotLetIn, counted: Counted) -> Draft {
    let refused = AuthRefused {
        context: Context {
            time_ms: now_ms(),
            tenant_uid: tenant_uid.to_owned(),
        },
        source: source.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        count: u64::from(counted.count),
        first_ms: counted.first_ms,
        last_ms: counted.last_ms,
        reason: why.as_str().to_owned(),
    };
    Draft::new(Stream::sys(), refused.event())
}

/// A wire format's name in records.
pub(crate) fn format_name(format: WireFormat) -> &'static str {
    match format {
        WireFormat::Openai => "openai",
        WireFormat::Anthropic => "anthropic",
        WireFormat::Gemini => "gemini",
    }
}

/// An exception's name in records.
fn exception_name(exception: &UpstreamException) -> String {
    match exception {
        UpstreamException::PrivateNetwork => "private_network",
        UpstreamException::Plaintext => "plaintext",
        UpstreamException::LongSilence => "long_silence",
    }
    .to_owned()
}

/// Who runs an upstream, as far as its configuration says.
pub(crate) fn provider(upstream: &UpstreamRow) -> String {
    if upstream.practice {
        "practice".to_owned()
    } else {
        upstream.name.clone()
    }
}
