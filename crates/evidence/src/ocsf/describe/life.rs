//! The lives of the log, keys, agents, credentials, upstreams and policies, in words.

use serde_json::Value;

use super::{Field, Outcome, Reader, Selects, Summary, code, plain, said};

/// The record in words, if it is of one of these.
pub(super) fn say(of: &Reader<'_>) -> Option<Summary> {
    Some(match of.kind {
        "log_opened" => opened(of),
        "log_started" => {
            let verified = of.fact_number("verified").unwrap_or_default();
            let sentence = match of.fact_number("from").unwrap_or_default() {
                0 => format!("The gateway verified {verified} records and began to serve."),
                from => format!(
                    "The gateway went on from its verified head of {from} records, verified {verified} more, and began to serve."
                ),
            };
            said("gateway", "began to serve", sentence)
        }
        "log_stopped" => said("gateway", "stopped", "The gateway stopped in good order.".to_owned()),
        "exported" => exported(of),
        "log_exported" => log_exported(of),
        "subject_exported" => subject_exported(of),
        "key_added" => key_added(of),
        "key_rotated" => key_rotated(of),
        "mac_rotated" => mac_rotated(of),
        "operator_added" => {
            let name = user(of);
            said(
                of.actor(),
                &format!("registered operator {name}"),
                format!("{name} was registered as an operator."),
            )
            .with([of.fact_code("Operator's uid", "operator_uid")])
        }
        "agent_added" | "agent_key_issued" | "agent_disabled" | "agent_enabled" => agent(of),
        "credential_set" | "credential_removed" => credential(of),
        "upstream_added" | "upstream_used" | "upstream_removed" => upstream(of),
        "alias_set" | "alias_removed" => alias(of),
        "action_kind_set" | "action_kind_removed" => action_kind(of),
        "checkpoint_place_added" | "checkpoint_place_removed" => place(of),
        "signer_pinned" | "signer_unpinned" => signer(of),
        "policy_published" => policy(of),
        "auth_refused" => refused(of),
        _ => return None,
    })
}

fn user<'a>(of: &Reader<'a>) -> &'a str {
    of.text("/user/name").unwrap_or("somebody")
}

fn opened(of: &Reader<'_>) -> Summary {
    let earlier = of.facts.pointer("/earlier/origin").and_then(Value::as_str);
    let size = of.facts.pointer("/earlier/size").and_then(Value::as_u64);
    let after = if earlier.is_some() {
        " It goes on from an earlier log, which is no longer written to."
    } else {
        ""
    };
    said(
        "gateway",
        "opened the log",
        format!("The log was opened under its first key.{after}"),
    )
    .with([
        of.fact_code("Log key", "key_id"),
        of.fact_code("Nonce", "nonce16"),
        earlier.map(|origin| code("Goes on from", origin)),
        size.map(|size| plain("Its last good head", &format!("{size} records"))),
    ])
}

fn key_rotated(of: &Reader<'_>) -> Summary {
    let (who, role) = (of.actor(), of.fact("role").unwrap_or("signing"));
    let from = of.fact_number("from_size").unwrap_or_default();
    let sentence = format!("{who} replaced the {role} key: from {from} records on, the new one signs.");
    said(who, &format!("rotated the {role} key"), sentence).with([
        of.fact_code("Retired key", "old_key_id"),
        of.fact_code("New key", "new_key_id"),
        of.fact_code("Statement", "statement_sha256"),
    ])
}

fn mac_rotated(of: &Reader<'_>) -> Summary {
    let who = of.actor();
    let (epoch, from) = (
        of.fact_number("epoch").unwrap_or_default(),
        of.fact_number("from").unwrap_or_default(),
    );
    let sentence =
        format!("{who} replaced the operators' MAC key: from record {from} on, the log is in epoch {epoch}.");
    said(who, "rotated the MAC key", sentence).with([Some(plain("Epoch", &epoch.to_string()))])
}

fn exported(of: &Reader<'_>) -> Summary {
    let who = of.actor();
    let filter = |path: &str| of.facts.get("filter").and_then(|filter| filter.pointer(path));
    // The name stood elsewhere in the records of earlier versions.
    let agent = filter("/agent/name").or(filter("/agent_name")).and_then(Value::as_str);
    let selected = of.fact_number("selected").unwrap_or_default();
    let about = match filter("/kind").and_then(Value::as_str) {
        Some("range") => "of every agent in a time".to_owned(),
        Some("correlation") => "of one request".to_owned(),
        Some("approval") => "of one approval".to_owned(),
        Some("records") => "picked by hand".to_owned(),
        _ => format!("of {}", agent.unwrap_or("an agent")),
    };
    let disclosed = |name: &str| {
        of.facts
            .pointer(&format!("/disclosure/{name}"))
            .and_then(Value::as_array)
    };
    let some = ["slots", "disclosed"]
        .iter()
        .any(|name| disclosed(name).is_some_and(|list| !list.is_empty()))
        || filter("/disclose_contents").and_then(Value::as_bool) == Some(true);
    let sentence = format!("{who} exported a case file with {selected} records {about}.");
    said(who, &format!("exported {}", agent.unwrap_or("a case file")), sentence).with([
        agent.map(|agent| plain("Agent", agent)),
        Some(plain("Records", &selected.to_string())),
        Some(plain("Contents", if some { "disclosed" } else { "withheld" })),
        of.fact_number("size")
            .map(|size| plain("Log's size", &size.to_string())),
        of.fact_code("Selection", "selection"),
    ])
}

fn subject_exported(of: &Reader<'_>) -> Summary {
    let who = of.actor();
    let number = |name: &str| of.fact_number(name).unwrap_or_default();
    let (found, records) = (number("found"), number("records"));
    let sentence = format!("{who} exported what is known of one person: {found} contents of {records} records.");
    said(who, "exported a person's data", sentence).with([
        Some(plain("Contents", &found.to_string())),
        Some(plain("Records", &records.to_string())),
        of.fact_number("size")
            .map(|size| plain("Log's size", &size.to_string())),
        of.fact_code("Document", "sha256"),
    ])
}

fn log_exported(of: &Reader<'_>) -> Summary {
    let who = of.actor();
    let count = of.fact_number("count").unwrap_or_default();
    let filtered = of.facts.get("contents").is_some();
    let which = if filtered {
        "that match a filter"
    } else {
        "as they stand"
    };
    said(
        who,
        "exported records",
        format!("{who} exported {count} records of the log, {which}."),
    )
    .with([
        Some(plain("Records", &count.to_string())),
        of.fact_number("first")
            .map(|first| plain("First record", &first.to_string())),
        of.fact_number("last")
            .map(|last| plain("Last record", &last.to_string())),
        of.fact_number("size")
            .map(|size| plain("Log's size", &size.to_string())),
        of.fact_code("Lines' SHA-256", "sha256"),
        of.facts
            .pointer("/contents/0/c")
            .and_then(Value::as_str)
            .map(|c| code("Commitment to the filter", c)),
    ])
}

fn key_added(of: &Reader<'_>) -> Summary {
    let (who, owner) = (of.actor(), user(of));
    let role = of.fact("role").unwrap_or("signing");
    said(
        who,
        &format!("registered a {role} key"),
        format!("A {role} key was registered for {owner}."),
    )
    .with([
        Some(plain("Whose", owner)),
        Some(plain("May sign", &role_in_words(role))),
        of.fact_code("Key", "key_id"),
        of.fact_code("Proof of possession", "possession_sha256"),
    ])
}

fn role_in_words(role: &str) -> String {
    match role {
        "log" => "checkpoints of the log",
        "case" => "case files",
        "release" => "releases of approved actions",
        "reviewer" => "approvals and denials",
        other => other,
    }
    .to_owned()
}

fn agent(of: &Reader<'_>) -> Summary {
    let (who, agent) = (of.actor(), user(of));
    let (did, sentence) = match of.kind {
        "agent_added" => ("registered", format!("{who} registered the agent {agent}.")),
        "agent_key_issued" => ("issued a key to", format!("{who} issued a runtime key to {agent}.")),
        "agent_enabled" => (
            "let on",
            format!("{who} let the agent {agent} call again: its key is accepted."),
        ),
        _ => (
            "halted",
            format!("{who} halted the agent {agent}: its key is no longer accepted."),
        ),
    };
    said(who, &format!("{did} {agent}"), sentence).with([
        Some(plain("Agent", agent).selecting(Selects::Agent)),
        of.fact_code("Agent's uid", "agent_uid")
            .map(|field| field.selecting(Selects::Agent)),
        of.facts
            .pointer("/sponsor/name")
            .and_then(Value::as_str)
            .map(|name| plain("Sponsor", name)),
        of.fact_code("Runtime key", "credential_uid"),
    ])
}

fn credential(of: &Reader<'_>) -> Summary {
    let (who, upstream) = (of.actor(), of.fact("upstream").unwrap_or("an upstream"));
    let (did, sentence) = if of.kind == "credential_set" {
        (
            "sealed a credential for",
            format!("{who} sealed a credential for the upstream {upstream}."),
        )
    } else {
        (
            "removed the credential of",
            format!("{who} removed the credential of the upstream {upstream}."),
        )
    };
    said(who, &format!("{did} {upstream}"), sentence).with([
        Some(plain("Upstream", upstream).selecting(Selects::Upstream)),
        of.fact_code("Credential", "credential_uid"),
    ])
}

fn upstream(of: &Reader<'_>) -> Summary {
    let (who, upstream) = (of.actor(), of.fact("upstream").unwrap_or("an upstream"));
    let format = of.fact("format").unwrap_or("its");
    let (did, sentence) = match of.kind {
        "upstream_added" => ("configured", format!("{who} configured the upstream {upstream}.")),
        "upstream_removed" => (
            "removed",
            format!("{who} took the upstream {upstream} out of the configuration."),
        ),
        _ => (
            "switched to",
            format!("{who} pointed the route for {format} calls at {upstream}."),
        ),
    };
    said(who, &format!("{did} {upstream}"), sentence).with([
        Some(plain("Upstream", upstream).selecting(Selects::Upstream)),
        of.fact_plain("Speaks", "format"),
        of.fact_code("Address", "base_url"),
    ])
}

fn alias(of: &Reader<'_>) -> Summary {
    let (who, alias) = (of.actor(), of.fact("alias").unwrap_or("a name"));
    let model = of.fact("model").unwrap_or("a model");
    let upstream = of.fact("upstream").unwrap_or("an upstream");
    let (did, sentence) = if of.kind == "alias_set" {
        (
            "set the alias",
            format!("{who} had {alias} stand for the model {model} of {upstream}."),
        )
    } else {
        (
            "removed the alias",
            format!("{who} ended that {alias} stands for the model {model} of {upstream}."),
        )
    };
    said(who, &format!("{did} {alias}"), sentence).with([
        Some(plain("Upstream", upstream).selecting(Selects::Upstream)),
        of.fact_plain("Model", "model"),
    ])
}

fn action_kind(of: &Reader<'_>) -> Summary {
    let (who, kind) = (of.actor(), of.fact("action_kind").unwrap_or("a kind"));
    let (did, sentence) = if of.kind == "action_kind_set" {
        (
            "registered the kind",
            format!("{who} registered {kind} as a kind of action that agents may propose."),
        )
    } else {
        (
            "removed the kind",
            format!("{who} ended that agents may propose {kind}."),
        )
    };
    said(who, &format!("{did} {kind}"), sentence).with([
        of.fact_code("Kind of action", "action_kind"),
        of.fact_code("Category", "category"),
        of.fact_code("Definition", "definition_sha256"),
        of.fact_code("Replaces", "replaces"),
    ])
}

fn place(of: &Reader<'_>) -> Summary {
    let who = of.actor();
    let (did, sentence) = if of.kind == "checkpoint_place_added" {
        (
            "added a checkpoint place",
            format!("{who} had the log's checkpoints sent to another place."),
        )
    } else {
        (
            "removed a checkpoint place",
            format!("{who} ended that the log's checkpoints go to a place."),
        )
    };
    said(who, did, sentence).with([of.fact_code("Address", "address")])
}

fn signer(of: &Reader<'_>) -> Summary {
    let who = of.actor();
    let (did, sentence) = if of.kind == "signer_pinned" {
        (
            "pinned a signer",
            format!("{who} trusts this key from now on: case files that it signed are verified as its owner’s."),
        )
    } else {
        ("unpinned a signer", format!("{who} trusts this key no longer."))
    };
    said(who, did, sentence).with([
        of.fact_code("Key", "key_id"),
        of.fact_code("Of the log", "log"),
        of.fact_plain("Role", "role"),
    ])
}

fn policy(of: &Reader<'_>) -> Summary {
    let who = of.actor();
    let rules = of.fact_number("rules").unwrap_or_default();
    let sentence = format!("A policy of {rules} rules came into force, published by {who}.");
    said(who, "published a policy", sentence).with([
        of.fact_plain("Policy", "name"),
        of.fact_code("SHA-256", "policy_sha256"),
        of.fact_code("Replaces", "replaces"),
    ])
}

fn refused(of: &Reader<'_>) -> Summary {
    let source = of.text("/src_endpoint/ip").unwrap_or("an unknown place");
    let count = of.number("count").unwrap_or(1);
    let times = if count == 1 {
        "once".to_owned()
    } else {
        format!("{count} times")
    };
    let fields: [Option<Field>; 3] = [
        Some(code("From", source)),
        Some(plain("Attempts", &count.to_string())),
        of.fact("reason").map(|reason| plain("Why", &reason.replace('_', " "))),
    ];
    said(
        source,
        "sign-in refused",
        format!("Authentication from {source} was refused {times}."),
    )
    .decided(Outcome::Refused)
    .with(fields)
}
