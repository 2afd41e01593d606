//! Contents, their keeping and erasing, and tampering, in words.

use serde_json::Value;

use super::{Field, Outcome, Reader, Summary, code, plain, said};

/// The record in words, if it is of one of these.
pub(super) fn say(of: &Reader<'_>) -> Option<Summary> {
    Some(match of.kind {
        "contents_erased" => erased(of),
        "content_opened" => opened(of),
        "retention_set" => retention(of),
        "legal_hold_set" | "legal_hold_lifted" => hold(of),
        "tampering_found" => tampering(of),
        _ => return None,
    })
}

fn counted(count: u64) -> String {
    if count == 1 {
        "1 content".to_owned()
    } else {
        format!("{count} contents")
    }
}

fn days(count: u64) -> String {
    if count == 1 {
        "1 day".to_owned()
    } else {
        format!("{count} days")
    }
}

fn erased(of: &Reader<'_>) -> Summary {
    let who = of.text("/actor/user/name").unwrap_or("gateway");
    let count = counted(of.number("count").unwrap_or_default());
    let why = match of.fact("cause") {
        Some("retention") => "because the time that contents are kept was over",
        Some("search") => "because a text was found in them",
        Some("agent") => "as everything of an agent",
        _ => "by name",
    };
    let listed = of.facts.get("erased").and_then(Value::as_array).into_iter().flatten();
    let first: Vec<Option<Field>> = listed
        .take(20)
        .map(|gone| Some(code("Erased", gone.get("content_uid").and_then(Value::as_str)?)))
        .collect();
    let subject = if who == "gateway" { "The gateway" } else { who };
    said(
        who,
        &format!("erased {count}"),
        format!("{subject} erased {count} {why}. The commitments to them stay."),
    )
    .step("Erased", &count)
    .with([
        of.fact_code("Erasure", "erasure_uid"),
        of.fact_code("Stream", "stream"),
        of.fact_code("Commitment to the reason", "reason_c"),
    ])
    .with(first)
}

fn opened(of: &Reader<'_>) -> Summary {
    let who = of.actor();
    let slot = of.fact("slot").unwrap_or("content");
    let record = of.fact_number("record").unwrap_or_default();
    let (did, sentence) = match of.fact("item_uid") {
        Some(_) => (
            "opened a held call".to_owned(),
            format!("{who} opened the held call of record {record} and was shown its contents."),
        ),
        None => (
            format!("opened a {slot}"),
            format!("{who} opened the {slot} of record {record}."),
        ),
    };
    said(who, &did, sentence).step("Opened", who).with([
        of.fact_code("Content", "content_uid"),
        of.fact_code("Commitment", "c"),
        of.fact_code("Approval", "item_uid"),
        of.text("/api/request/uid").map(|uid| code("Operator's request", uid)),
    ])
}

fn retention(of: &Reader<'_>) -> Summary {
    let who = of.actor();
    let (now, least) = (
        of.fact_number("days").unwrap_or_default(),
        of.fact_number("minimum_days").unwrap_or_default(),
    );
    let before = of.facts.pointer("/before/days").and_then(Value::as_u64);
    said(
        who,
        "set how long contents are kept",
        format!("{who} set that contents are kept for {}.", days(now)),
    )
    .with([
        Some(plain("Kept for", &days(now))),
        Some(plain("At least", &days(least))),
        before.map(|before| plain("Before", &days(before))),
    ])
}

fn hold(of: &Reader<'_>) -> Summary {
    let who = of.actor();
    let scope = |name: &str| of.facts.pointer(&format!("/scope/{name}")).and_then(Value::as_str);
    let what = match (scope("kind"), scope("name")) {
        (Some("agent"), Some(name)) => format!("everything of {name}"),
        (Some("request"), _) => "everything of one request".to_owned(),
        (Some("content"), _) => "one content".to_owned(),
        _ => "every content".to_owned(),
    };
    let (did, sentence) = if of.kind == "legal_hold_set" {
        (
            "set a legal hold",
            format!("{who} set a legal hold: {what} is kept until it is lifted."),
        )
    } else {
        ("lifted a legal hold", format!("{who} lifted the legal hold on {what}."))
    };
    said(who, did, sentence).with([
        of.fact_code("Hold", "hold_uid"),
        scope("uid").map(|uid| code("On", uid)),
        of.fact_code("Commitment to the reason", "reason_c"),
    ])
}

fn tampering(of: &Reader<'_>) -> Summary {
    let what = of.fact("what").unwrap_or("it doesn't verify");
    let when = if of.fact("found") == Some("starting") {
        "at a start"
    } else {
        "when it was verified"
    };
    said(
        "gateway",
        "found tampering",
        format!(
            "The log wasn't what was written, {when}: {}.",
            what.trim_end_matches('.')
        ),
    )
    .decided(Outcome::Failed)
    .with([
        of.text("/finding_info/uid").map(|uid| code("Finding", uid)),
        of.fact_number("sequence")
            .map(|at| plain("First wrong record", &at.to_string())),
    ])
}
