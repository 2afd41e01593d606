//! One event of every kind and variant, for tests.

#![expect(clippy::unwrap_used, reason = "a test's failure is its panic")]

use serde_json::json;

use super::*;
use crate::hash::Digest;
use crate::key::Role;
use crate::key::tests::key;
use crate::origin::Origin;

mod exported;
mod keeping;
mod rotated;

pub(crate) const NOW: i64 = 1_795_000_000_000;

pub(crate) fn context() -> Context {
    Context {
        time_ms: NOW,
        tenant_uid: "tenant-1".to_owned(),
    }
}

pub(crate) fn agent() -> AgentName {
    AgentName {
        uid: "agent-1".to_owned(),
        name: "procurement-bot".to_owned(),
    }
}

pub(crate) fn person() -> Person {
    Person {
        uid: "operator-1".to_owned(),
        name: "Treasurer".to_owned(),
    }
}

pub(crate) fn upstream() -> UpstreamName {
    UpstreamName {
        name: "practice".to_owned(),
        provider: "practice".to_owned(),
    }
}

pub(crate) fn call() -> Call {
    Call {
        request_uid: "request-1".to_owned(),
        agent: agent(),
        operation: "chat.completions".to_owned(),
        model: Some("practice/gpt-4o".to_owned()),
        upstream: Some(upstream()),
        proposed: None,
        source: Source::Network("127.0.0.1".parse().unwrap(), 51_234),
    }
}

pub(crate) fn digest(text: &str) -> Digest {
    Digest::sha256(text.as_bytes())
}

fn payment() -> ProposedKind {
    ProposedKind {
        name: "payment.create".to_owned(),
        category: "move_money".to_owned(),
    }
}

fn content(slot: &str) -> ContentRef {
    ContentRef {
        content_uid: format!("content-{slot}"),
        slot: slot.to_owned(),
        c: digest(slot),
    }
}

pub(crate) fn decided(effect: Effect) -> CallDecided {
    let held = effect == Effect::Hold;
    let action = ActionDocument::from_value(json!({"v": 1, "kind": "model_call", "contents": []}));
    CallDecided {
        context: context(),
        call: call(),
        effect,
        reasons: vec![RuleReason {
            rule: "tools-act".to_owned(),
            text: "The model is offered tools that act.".to_owned(),
        }],
        sponsor: person(),
        policy_sha256: digest("policy"),
        policy_author: Some("operator-1".to_owned()),
        tier: if held { 2 } else { 0 },
        action_digest: Some(action.digest().unwrap()),
        action: Some(action),
        contents: vec![content("request"), content("view")],
        not_established: vec!["privacy".to_owned(), "rate".to_owned(), "risk".to_owned()],
        item_uid: held.then(|| "item-1".to_owned()),
        expires_ms: held.then_some(NOW + 300_000),
    }
}

pub(crate) fn finished(outcome: CallOutcome) -> CallFinished {
    CallFinished {
        context: context(),
        call: call(),
        outcome,
        http_status: Some(200),
        prompt_tokens: Some(800),
        completion_tokens: Some(12),
        total_tokens: Some(812),
        finish_reason: Some("stop".to_owned()),
        tool_calls: 2,
        tools_asked: vec!["refund".to_owned()],
        duration_ms: Some(311),
        latency_us: vec![("decide", 180), ("first_byte", 290_000)],
        action_digest: Some(digest("action")),
        contents: vec![content("response")],
    }
}

pub(crate) fn item_decided(verdict: Verdict) -> ItemDecided {
    ItemDecided {
        context: context(),
        call: call(),
        reviewer: person(),
        verdict,
        item_uid: "item-1".to_owned(),
        payload_sha256: digest("payload"),
        key_id: key(Role::Reviewer, 3).public().key_id(),
        sole_operator: true,
        tier: 2,
        action_digest: digest("action"),
        view_c: digest("view"),
        reason_c: Some(digest("reason")),
        policy_sha256: digest("policy"),
        contents: vec![content("reason")],
    }
}

pub(crate) fn log_opened() -> LogOpened {
    LogOpened {
        context: context(),
        key: key(Role::Log, 1).public(),
        nonce: [5; 16],
        earlier: None,
    }
}

fn calls() -> Vec<(&'static str, Event)> {
    let bare = Call {
        model: None,
        upstream: None,
        source: Source::Gateway,
        ..call()
    };
    let unread = CallDecided {
        call: bare.clone(),
        reasons: Vec::new(),
        policy_author: None,
        action: None,
        action_digest: None,
        contents: Vec::new(),
        not_established: Vec::new(),
        ..decided(Effect::Deny)
    };
    let broken = CallFinished {
        call: bare,
        http_status: None,
        prompt_tokens: None,
        completion_tokens: None,
        total_tokens: None,
        finish_reason: None,
        tool_calls: 0,
        tools_asked: Vec::new(),
        duration_ms: None,
        latency_us: Vec::new(),
        action_digest: None,
        contents: Vec::new(),
        ..finished(CallOutcome::Unknown)
    };
    let expired = |expiry| ItemExpired {
        context: context(),
        call: call(),
        item_uid: "item-1".to_owned(),
        expiry,
        action_digest: digest("action"),
    };
    let released = Released {
        context: context(),
        call: call(),
        item_uid: "item-1".to_owned(),
        jti: "jti-1".to_owned(),
        action_digest: digest("action"),
        approvals: vec![digest("payload")],
    };
    let proposed = Call {
        operation: "actions.propose".to_owned(),
        model: None,
        upstream: None,
        proposed: Some(payment()),
        ..call()
    };
    let proposal = CallDecided {
        call: proposed.clone(),
        ..decided(Effect::Hold)
    };
    let reported = |succeeded, late| ExecutionReported {
        context: context(),
        call: proposed.clone(),
        succeeded,
        late,
        claimed_ms: Some(311),
        action_digest: Some(digest("action")),
        contents: vec![content("execution")],
    };
    vec![
        ("call_decided", decided(Effect::Allow).event()),
        ("call_decided", decided(Effect::Deny).event()),
        ("call_decided", decided(Effect::Hold).event()),
        ("call_decided", unread.event()),
        ("call_finished", finished(CallOutcome::Answered).event()),
        ("call_finished", finished(CallOutcome::UpstreamError).event()),
        ("call_finished", finished(CallOutcome::Cut).event()),
        ("call_finished", finished(CallOutcome::Unreachable).event()),
        ("call_finished", finished(CallOutcome::TimedOut).event()),
        ("call_finished", finished(CallOutcome::ClientGone).event()),
        ("call_finished", finished(CallOutcome::NotSent).event()),
        ("call_finished", finished(CallOutcome::Malformed).event()),
        ("call_finished", finished(CallOutcome::Halted).event()),
        ("call_finished", finished(CallOutcome::CircuitOpen).event()),
        ("call_finished", broken.event()),
        ("item_decided", item_decided(Verdict::Approved).event()),
        ("item_decided", item_decided(Verdict::Denied).event()),
        ("item_expired", expired(Expiry::Undecided).event()),
        ("item_expired", expired(Expiry::Lapsed).event()),
        ("item_expired", expired(Expiry::Void).event()),
        ("released", released.event()),
        ("call_decided", proposal.event()),
        ("execution_reported", reported(true, false).event()),
        ("execution_reported", reported(false, true).event()),
    ]
}

fn lives() -> Vec<(&'static str, Event)> {
    let (context, actor, agent) = (context(), Actor::Person(person()), agent());
    let earlier = EarlierLog {
        origin: Origin::new(b"spki", &[1; 16]),
        size: 9,
        root: digest("root"),
    };
    let key_added = |role, owner| KeyAdded {
        context: context.clone(),
        actor: actor.clone(),
        role,
        key: key(role, 2).public(),
        owner,
        possession_sha256: Some(digest("possession")),
    };
    let switched = |enabled| AgentSwitched {
        context: context.clone(),
        actor: actor.clone(),
        agent: agent.clone(),
        enabled,
    };
    vec![
        ("log_opened", log_opened().event()),
        (
            "log_opened",
            LogOpened {
                earlier: Some(earlier),
                ..log_opened()
            }
            .event(),
        ),
        (
            "log_started",
            LogStarted {
                context: context.clone(),
                verified: 40,
                from: 0,
            }
            .event(),
        ),
        (
            "log_stopped",
            LogStopped {
                context: context.clone(),
            }
            .event(),
        ),
        ("key_added", key_added(Role::Reviewer, Some(person())).event()),
        ("key_added", key_added(Role::Case, None).event()),
        (
            "operator_added",
            OperatorAdded {
                context: context.clone(),
                actor: Actor::Gateway,
                operator: person(),
                roles: vec!["reviewer".to_owned()],
            }
            .event(),
        ),
        (
            "agent_added",
            AgentAdded {
                context: context.clone(),
                actor: actor.clone(),
                agent: agent.clone(),
                sponsor: person(),
            }
            .event(),
        ),
        (
            "agent_key_issued",
            AgentKeyIssued {
                context: context.clone(),
                actor: Actor::Agent(agent.clone()),
                agent: agent.clone(),
                credential_uid: "csk_1a2b".to_owned(),
            }
            .event(),
        ),
        ("agent_disabled", switched(false).event()),
        ("agent_enabled", switched(true).event()),
    ]
}

fn configuration() -> Vec<(&'static str, Event)> {
    let (context, actor, upstream) = (context(), Actor::Person(person()), upstream());
    let place = |added| CheckpointPlaceChanged {
        context: context.clone(),
        actor: actor.clone(),
        address: "/mnt/witness".to_owned(),
        added,
    };
    let signer = |pinned| SignerPinned {
        context: context.clone(),
        actor: actor.clone(),
        log: format!("countersign/log/{}", "9d".repeat(32)),
        role: "case".to_owned(),
        key_id: format!("SHA256:{}", "k".repeat(43)),
        pinned,
    };
    let alias = |set| AliasChanged {
        context: context.clone(),
        actor: actor.clone(),
        alias: "fast".to_owned(),
        upstream: upstream.clone(),
        model: "gpt-5.2-mini".to_owned(),
        set,
    };
    let kind = |set: bool| ActionKindChanged {
        context: context.clone(),
        actor: actor.clone(),
        kind: payment(),
        definition_sha256: digest("definition"),
        replaces: set.then(|| digest("before")),
        set,
    };
    let credential_uid = "0123456789ab".to_owned();
    vec![
        (
            "credential_set",
            CredentialSet {
                context: context.clone(),
                actor: actor.clone(),
                upstream: upstream.clone(),
                credential_uid: credential_uid.clone(),
            }
            .event(),
        ),
        (
            "credential_removed",
            CredentialRemoved {
                context: context.clone(),
                actor: actor.clone(),
                upstream: upstream.clone(),
                credential_uid,
            }
            .event(),
        ),
        (
            "upstream_added",
            UpstreamAdded {
                context: context.clone(),
                actor: actor.clone(),
                upstream: upstream.clone(),
                format: "openai".to_owned(),
                base_url: "embedded".to_owned(),
                exceptions: vec!["private_network".to_owned()],
                contents: vec![content("justification")],
            }
            .event(),
        ),
        (
            "upstream_removed",
            UpstreamRemoved {
                context: context.clone(),
                actor: actor.clone(),
                upstream: upstream.clone(),
            }
            .event(),
        ),
        ("alias_set", alias(true).event()),
        ("alias_removed", alias(false).event()),
        ("action_kind_set", kind(true).event()),
        ("action_kind_removed", kind(false).event()),
        ("checkpoint_place_added", place(true).event()),
        ("checkpoint_place_removed", place(false).event()),
        ("signer_pinned", signer(true).event()),
        ("signer_unpinned", signer(false).event()),
        (
            "upstream_used",
            UpstreamUsed {
                context: context.clone(),
                actor: actor.clone(),
                upstream,
                format: "openai".to_owned(),
            }
            .event(),
        ),
        (
            "policy_published",
            PolicyPublished {
                context: context.clone(),
                actor,
                policy_sha256: digest("policy"),
                name: "published".to_owned(),
                rules: 6,
                replaces: Some(digest("built-in")),
            }
            .event(),
        ),
        (
            "auth_refused",
            AuthRefused {
                context,
                source: "::1".parse().unwrap(),
                count: 40,
                first_ms: NOW - 60_000,
                last_ms: NOW,
                reason: "unknown_key".to_owned(),
            }
            .event(),
        ),
    ]
}

/// Every kind with its variants, `(kind, event)`.
pub(crate) fn every_event() -> Vec<(&'static str, Event)> {
    let mut all = calls();
    all.extend(keeping::keeping());
    all.extend(lives());
    all.extend(exported::exports());
    all.extend(configuration());
    all.extend(rotated::rotations());
    all
}
