//! Calls, decisions, releases, outcomes, in words.

use serde_json::Value;

use super::{Field, Outcome, Reader, Selects, Summary, code, plain, said};

/// The record in words, if it is of a call.
pub(super) fn say(of: &Reader<'_>) -> Option<Summary> {
    Some(match of.kind {
        "call_decided" => decided(of),
        "call_finished" => finished(of),
        "item_decided" => countersigned(of),
        "item_expired" => expired(of),
        "released" => released(of),
        "execution_reported" => reported(of),
        _ => return None,
    })
}

fn agent<'a>(of: &Reader<'a>) -> &'a str {
    of.text("/ai_agent/name").unwrap_or("an agent")
}

/// `model call to gpt-4o`, `proposal of payment.create`.
fn call(of: &Reader<'_>) -> String {
    if let Some(kind) = of.fact("action_kind") {
        return format!("proposal of {kind}");
    }
    // Where a person or the gateway acts on a call, the call's own operation stands among the facts.
    let what = match of.fact("operation").or_else(|| of.text("/api/operation")) {
        Some(
            "chat.completions"
            | "responses"
            | "messages"
            | "gemini.generate_content"
            | "gemini.stream_generate_content",
        ) => "model call",
        Some("messages.count_tokens" | "gemini.count_tokens") => "count of tokens",
        Some("embeddings") => "call for embeddings",
        Some("actions.propose") => "proposed action",
        Some("actions.report") => "report of an execution",
        Some(operation) => operation,
        None => "call",
    };
    of.text("/ai_model/name")
        .map_or_else(|| what.to_owned(), |model| format!("{what} to {model}"))
}

fn parties(of: &Reader<'_>) -> [Option<Field>; 7] {
    [
        of.fact_code("Kind of action", "action_kind"),
        of.fact_code("Category", "category"),
        of.text("/ai_agent/name")
            .map(|name| plain("Agent", name).selecting(Selects::Agent)),
        of.text("/ai_agent/uid")
            .map(|uid| code("Agent's uid", uid).selecting(Selects::Agent)),
        of.facts
            .pointer("/sponsor/name")
            .and_then(Value::as_str)
            .map(|name| plain("Sponsor", name)),
        of.text("/ai_model/name")
            .map(|name| code("Model", name).selecting(Selects::Model)),
        of.text("/api/service/name")
            .map(|name| plain("Upstream", name).selecting(Selects::Upstream)),
    ]
}

fn texts(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn contents(of: &Reader<'_>) -> Vec<Option<Field>> {
    let list = of.facts.get("contents").and_then(Value::as_array).into_iter().flatten();
    list.map(|content| {
        let slot = content.get("slot").and_then(Value::as_str)?;
        Some(code(
            &format!("Commitment to the {slot}"),
            content.get("c").and_then(Value::as_str)?,
        ))
    })
    .collect()
}

fn decided(of: &Reader<'_>) -> Summary {
    let (who, call) = (agent(of), call(of));
    let tier = of.fact_number("tier").unwrap_or_default();
    let rules = of
        .event
        .get("authorizations")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let rules: Vec<(&str, &str)> = rules
        .filter_map(|rule| {
            let text = |name| {
                rule.get("policy")
                    .and_then(|policy| policy.get(name))
                    .and_then(Value::as_str)
            };
            Some((text("uid")?, text("desc").unwrap_or_default()))
        })
        .collect();
    let why = rules
        .iter()
        .map(|(_, text)| *text)
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    let because = if why.is_empty() {
        String::new()
    } else {
        format!(" {why}")
    };
    let (decision, did, sentence, title, note) = match of.fact("effect") {
        Some("allow") => {
            let sentence = format!("The policy allowed a {call} by {who}.{because}");
            (
                Outcome::Allowed,
                call.clone(),
                sentence,
                "Allowed",
                "by policy".to_owned(),
            )
        }
        Some("hold") => {
            let sentence = format!("A {call} by {who} was held for a person to countersign.{because}");
            (
                Outcome::Held,
                format!("asked for a {call}"),
                sentence,
                "Held",
                format!("tier {tier}"),
            )
        }
        _ => {
            let sentence = format!("The policy refused a {call} by {who}.{because}");
            (
                Outcome::Refused,
                format!("{call} refused"),
                sentence,
                "Refused",
                "by policy".to_owned(),
            )
        }
    };
    let missing = texts(of.facts.get("not_established")).join(", ");
    let mut summary = said(who, &did, sentence)
        .decided(decision)
        .step(title, &note)
        .with(parties(of));
    summary.fields.extend(
        rules
            .iter()
            .map(|(rule, text)| plain("Decided by", &format!("{rule}: {text}"))),
    );
    summary
        .with([
            of.fact_code("Policy", "policy_sha256"),
            (of.fact("effect") == Some("hold")).then(|| plain("Review", &format!("tier {tier}"))),
            of.fact_code("Action", "action_digest"),
            of.fact_code("Approval", "item_uid"),
            (!missing.is_empty()).then(|| plain("Not established", &missing)),
        ])
        .with(contents(of))
}

fn finished(of: &Reader<'_>) -> Summary {
    let (who, call) = (agent(of), call(of));
    let tokens = of
        .event
        .pointer("/message_context/total_tokens")
        .and_then(Value::as_u64);
    let status = of.event.pointer("/http_response/code").and_then(Value::as_u64);
    let with_status = status.map(|code| format!(" with status {code}")).unwrap_or_default();
    let (decision, did, ending, title) = match of.fact("outcome").unwrap_or("unknown") {
        "answered" => {
            let did = tokens.map_or_else(|| "answered".to_owned(), |tokens| format!("answered, {tokens} tokens"));
            (Outcome::Allowed, did, "was answered".to_owned(), "Answered")
        }
        "upstream_error" => (
            Outcome::Failed,
            "upstream's error".to_owned(),
            format!("got an error from the upstream{with_status}"),
            "Failed",
        ),
        "cut" => (
            Outcome::Failed,
            "answer broke off".to_owned(),
            "was answered in part; the answer broke off".to_owned(),
            "Cut",
        ),
        "unreachable" => (
            Outcome::Failed,
            "upstream unreachable".to_owned(),
            "didn't reach the upstream".to_owned(),
            "Failed",
        ),
        "timed_out" => (
            Outcome::Failed,
            "upstream too slow".to_owned(),
            "got no answer in time".to_owned(),
            "Failed",
        ),
        "client_gone" => (
            Outcome::Failed,
            "went away".to_owned(),
            "was broken off by the agent before the end of the answer".to_owned(),
            "Cut",
        ),
        "malformed" => (
            Outcome::Failed,
            "answer can't be read".to_owned(),
            "got an answer that isn't what the upstream's format says".to_owned(),
            "Failed",
        ),
        "halted" => (
            Outcome::Refused,
            "halted".to_owned(),
            "was cut: its agent was halted".to_owned(),
            "Halted",
        ),
        "circuit_open" => (
            Outcome::Failed,
            "never sent".to_owned(),
            "was never sent: the upstream failed too often just before".to_owned(),
            "Failed",
        ),
        "not_sent" => (
            Outcome::Failed,
            "never sent".to_owned(),
            "was never sent: no credential could be put on it".to_owned(),
            "Failed",
        ),
        _ => (
            Outcome::Failed,
            "outcome unknown".to_owned(),
            "has no known outcome".to_owned(),
            "Unknown",
        ),
    };
    let note = tokens.map_or_else(String::new, |tokens| format!("{tokens} tokens"));
    let count = |label: &str, name: &str| {
        let number = of
            .event
            .get("message_context")
            .and_then(|context| context.get(name))
            .and_then(Value::as_u64);
        number.map(|number| plain(label, &number.to_string()))
    };
    said(who, &did, format!("The {call} by {who} {ending}."))
        .decided(decision)
        .step(title, &note)
        .with(parties(of))
        .with([
            status.map(|status| plain("HTTP status", &status.to_string())),
            count("Tokens in", "prompt_tokens"),
            count("Tokens out", "completion_tokens"),
            count("Tokens in all", "total_tokens"),
            of.fact_plain("Ended because", "finish_reason"),
            asked(of),
            of.number("duration").map(|ms| plain("Took", &format!("{ms} ms"))),
            of.fact_code("Action", "action_digest"),
        ])
        .with(contents(of))
}

fn reported(of: &Reader<'_>) -> Summary {
    let (who, call) = (agent(of), call(of));
    let late = of.facts.get("late").and_then(Value::as_bool) == Some(true);
    let after = if late {
        ", after its outcome counted as unknown"
    } else {
        ""
    };
    let (decision, did, title) = match of.fact("outcome") {
        Some("success") => (Outcome::Allowed, "executed", "Executed"),
        _ => (Outcome::Failed, "failed to execute", "Failed"),
    };
    said(
        who,
        &format!("{did}, it says"),
        format!("{who} says that it {did} what was let go of the {call}{after}. Nothing but its word was checked."),
    )
    .decided(decision)
    .step(title, if late { "told late" } else { "as the agent says" })
    .with(parties(of))
    .with([
        of.fact_number("claimed_ms")
            .map(|ms| plain("Took, as the agent says", &format!("{ms} ms"))),
        late.then(|| plain("Told", "after its outcome counted as unknown")),
        of.fact_code("Action", "action_digest"),
    ])
    .with(contents(of))
}

/// The tools that the model asked for: `refund, mail.send`, with how many calls where there are more than names.
fn asked(of: &Reader<'_>) -> Option<Field> {
    let calls = of.facts.get("tool_calls").and_then(Value::as_u64)?;
    let names = texts(of.facts.get("tools_asked"));
    Some(plain(
        "Tools asked for",
        &match names.as_slice() {
            [] => format!("{calls} calls"),
            names if names.len() as u64 == calls => names.join(", "),
            names => format!("{} ({calls} calls)", names.join(", ")),
        },
    ))
}

fn countersigned(of: &Reader<'_>) -> Summary {
    let (who, agent) = (of.actor(), agent(of));
    let call = call(of);
    let approved = of.fact("decision") == Some("approve");
    let sole = of.facts.get("sole_operator").and_then(Value::as_bool) == Some(true);
    let alone = if sole { " As the sole operator, alone." } else { "" };
    let (did, decision, sentence, title) = if approved {
        let sentence = format!("{who} countersigned a {call} by {agent}.{alone}");
        (
            format!("countersigned {agent}'s call"),
            Outcome::Signed,
            sentence,
            "Signed",
        )
    } else {
        let sentence = format!("{who} denied a {call} by {agent}.{alone}");
        (format!("denied {agent}'s call"), Outcome::Refused, sentence, "Denied")
    };
    said(who, &did, sentence)
        .decided(decision)
        .step(title, who)
        .with([
            of.fact_code("Action", "action_digest"),
            of.fact_code("Shown to signer", "view_c"),
            of.fact_code("Signed with", "key_id"),
            of.fact_code("Statement", "payload_sha256"),
            of.fact_code("Commitment to the reason", "reason_c"),
            of.fact_code("Policy", "policy_sha256"),
            of.fact_code("Approval", "item_uid"),
            sole.then(|| plain("Second person", "none: the reviewer is the sole operator")),
        ])
        .with(parties(of))
}

fn expired(of: &Reader<'_>) -> Summary {
    let (agent, call) = (agent(of), call(of));
    let (sentence, did, title, note) = match of.fact("expiry") {
        Some("lapsed") => (
            format!("The approval of a {call} by {agent} lapsed: the agent didn't come for it in time."),
            "let lapse",
            "Lapsed",
            "not used",
        ),
        Some("void") => (
            format!(
                "The approval of a {call} by {agent} became void: something isn't any more as it was when it was given."
            ),
            "voided",
            "Void",
            "not used",
        ),
        _ => (
            format!("Nobody decided on a {call} by {agent} in time: it is denied."),
            "denied, too late,",
            "Expired",
            "nobody decided",
        ),
    };
    said("gateway", &format!("{did} {agent}'s call"), sentence)
        .decided(Outcome::Refused)
        .step(title, note)
        .with([
            of.fact_code("Action", "action_digest"),
            of.fact_code("Approval", "item_uid"),
        ])
        .with(parties(of))
}

fn released(of: &Reader<'_>) -> Summary {
    let (agent, call) = (agent(of), call(of));
    let mut summary = said(
        "gateway",
        "released once",
        format!("The countersigned {call} by {agent} was released, once."),
    )
    .decided(Outcome::Signed)
    .step("Released", "once")
    .with([
        of.fact_code("Action", "action_digest"),
        of.fact_code("Release", "jti"),
        of.fact_code("Approval", "item_uid"),
    ]);
    for statement in texts(of.facts.get("approvals")) {
        summary.fields.push(code("Statement", statement));
    }
    summary.with(parties(of))
}
