//! Findings about decisions: people's signatures, and the releases that rest on them.

use std::collections::{BTreeSet, HashSet};

use super::case::{Case, Checked, finding};
use super::facts::{Fact, ItemDecided, Released};
use super::ids;
use super::report::{Finding, Status};
use super::seen::{Body, Call, Effect, Said};
use super::words;
use crate::casefile::name;
use crate::envelope::{Envelope, IN_TOTO};
use crate::hash::Digest;
use crate::key::Role;
use crate::statement::{ApprovalStatement, Choice};

/// How many records a finding names at most.
const NAMED: usize = 1000;

/// Every decision of a person that is here as signed.
fn decisions(case: &Case) -> impl Iterator<Item = (Body<'_>, &ItemDecided)> {
    case.proved().filter_map(|(_, body)| match body.said {
        Said::Fact(Fact::ItemDecided(decided)) => Some((body, decided.as_ref())),
        _ => None,
    })
}

/// What is at a place of the index, if it is a person's decision.
fn decision_at(case: &Case, at: Option<usize>) -> Option<(Body<'_>, &ItemDecided)> {
    let body = case.body(at?)?;
    match body.said {
        Said::Fact(Fact::ItemDecided(decided)) => Some((body, decided)),
        _ => None,
    }
}

/// The record that held this item, in the same story and stream, earlier in the log.
pub(super) fn held<'a>(case: &'a Case, body: &Body<'_>, item_uid: &str) -> Option<Call<'a>> {
    let other = case.body(case.item(body.stream, item_uid).held?)?;
    match other.said {
        Said::Call(call) if other.correlation == body.correlation && other.sequence < body.sequence => Some(call),
        _ => None,
    }
}

/// Checks one reviewer's statement against the record that holds its digest, and that against what was held.
pub(super) fn check_approval(case: &Case, sequence: u64, bytes: &[u8]) -> Checked {
    match signed_statement(case, sequence, bytes) {
        Err(why) => Checked::Fails(why),
        Ok((body, decided, statement)) => {
            let Some(call) = held(case, &body, &decided.item_uid) else {
                let why = "the record that held the item isn't here as it was signed".to_owned();
                return if case.begins_late() {
                    Checked::Beyond(why)
                } else {
                    Checked::Fails(why)
                };
            };
            match mismatch(case, &body, decided, &call, &statement) {
                Some(difference) => Checked::Fails(difference.to_owned()),
                None => Checked::Holds(approved_words(&body, decided)),
            }
        }
    }
}

/// The statement, if it is the one that the record means, signed by the key that was the reviewer's at the time.
fn signed_statement<'a>(
    case: &'a Case,
    sequence: u64,
    bytes: &[u8],
) -> Result<(Body<'a>, &'a ItemDecided, ApprovalStatement), String> {
    let decision = decision_at(case, case.index.decision(sequence));
    let (body, decided) = decision.ok_or("no record here, as it was signed, is a person's decision at that place")?;
    let envelope = Envelope::parse(bytes).map_err(|error| error.to_string())?;
    if Digest::sha256(envelope.unverified_payload()) != decided.payload_sha256 || *envelope.key_id() != decided.key_id {
        return Err("it isn't the statement whose digest and key the record holds".to_owned());
    }
    let (registered, added) = case
        .key_added(Role::Reviewer, decided.key_id)
        .ok_or("no record here registers the key that signed it as a reviewer's")?;
    if registered >= sequence {
        return Err(format!(
            "its key was registered only later, at sequence {}",
            words::number(registered)
        ));
    }
    let (owner, _) = added.owner.as_ref().ok_or("its key is registered as nobody's")?;
    if *owner != decided.reviewer.0 {
        return Err(format!(
            "its key is registered as that of `{owner}`, not of `{}`",
            decided.reviewer.0
        ));
    }
    let payload = envelope
        .verify(IN_TOTO, &added.key)
        .map_err(|error| error.to_string())?;
    let statement = ApprovalStatement::parse(payload).map_err(|error| error.to_string())?;
    Ok((body, decided, statement))
}

/// What the statement says otherwise than the records that it belongs to.
fn mismatch(
    case: &Case,
    body: &Body<'_>,
    decided: &ItemDecided,
    call: &Call<'_>,
    statement: &ApprovalStatement,
) -> Option<&'static str> {
    let approve = statement.decision == Choice::Approve;
    let origin = case.seal.as_ref().map(|seal| seal.checkpoint.origin);
    let tenant = case.manifest.as_ref().map(|manifest| manifest.tenant.uid.as_str());
    let compared = [
        (
            Some(statement.action_digest) == call.action_digest,
            "it is about another action than the one that was held",
        ),
        (
            statement.action_digest == decided.action_digest,
            "it is about another action than the record says",
        ),
        (
            call.action_holds,
            "the held action's document doesn't give the digest that was signed",
        ),
        (approve == decided.approved, "it decides otherwise than the record says"),
        (Some(statement.origin) == origin, "it was given for another log"),
        (
            Some(statement.tenant_uid.as_str()) == tenant,
            "it was given for another tenant",
        ),
        (
            Some(statement.request_uid.as_str()) == body.correlation,
            "it was given for another request",
        ),
        (
            statement.reviewer_uid == decided.reviewer.0,
            "it names another reviewer than the record does",
        ),
        (
            statement.policy_sha256 == call.policy_sha256,
            "it names another policy than the one that held the call",
        ),
        (
            statement.policy_sha256 == decided.policy_sha256,
            "it names another policy than the record does",
        ),
        (
            statement.view_c == decided.view_c,
            "it is about another view than the record says was shown",
        ),
        (
            statement.reason_c == decided.reason_c,
            "it gives another reason than the record says",
        ),
        (
            statement.scope == "once" && statement.uses == 1,
            "it reaches further than one release of one action",
        ),
        (
            statement.expires_ms > body.logged_ms,
            "it had run out when it was recorded",
        ),
        // The log never runs backwards, and a reviewer can have seen no more of it than there was.
        (
            statement.seen_checkpoint.size <= body.sequence,
            "it names a checkpoint that this log didn't have yet",
        ),
        (
            !decided.approved || !decided.sole_operator || decided.tier <= 2,
            "a sole operator approved beyond tier 2",
        ),
    ];
    compared
        .into_iter()
        .find(|(same, _)| !same)
        .map(|(_, difference)| difference)
}

fn approved_words(body: &Body<'_>, decided: &ItemDecided) -> String {
    let verb = if decided.approved { "countersigned" } else { "denied" };
    let alone = if decided.sole_operator {
        ", as the sole operator"
    } else {
        ""
    };
    let time = words::time(body.logged_ms);
    format!(
        "{} {verb} on {time}{alone}, over action {}",
        decided.reviewer.1,
        words::short(&decided.action_digest)
    )
}

/// "Every decision of a person is signed by a registered reviewer."
pub(super) fn approvals(case: &Case) -> Option<Finding> {
    const TITLE: &str = "Every approval and denial is signed by a registered reviewer";
    let within = decisions(case).filter(|(body, _)| case.is_within(body));
    let expected: BTreeSet<u64> = within.map(|(body, _)| body.sequence).collect();
    let of = expected.union(&case.approvals.keys().copied().collect()).count() as u64;
    if of == 0 {
        return None;
    }
    let mut wrong: Vec<(u64, String)> = Vec::new();
    let mut right: Vec<String> = Vec::new();
    let mut beyond: Vec<String> = Vec::new();
    for (sequence, checked) in &case.approvals {
        let file = name::approval(*sequence);
        match checked {
            Checked::Holds(sentence) => right.push(sentence.clone()),
            Checked::Fails(why) => wrong.push((*sequence, format!("{file} doesn't hold: {why}"))),
            Checked::Beyond(why) => beyond.push(format!("{file} is signed, but {why}")),
        }
    }
    for sequence in expected
        .iter()
        .filter(|sequence| !case.approvals.contains_key(sequence))
    {
        let record = words::number(*sequence);
        wrong.push((
            *sequence,
            format!("The signed statement whose digest the record at sequence {record} holds isn't here"),
        ));
    }
    let sentences = wrong.iter().map(|(_, why)| why).chain(&beyond).chain(&right);
    let detail: Vec<String> = sentences.take(50).cloned().collect();
    let passed = right.len() as u64;
    let people = "That these are distinct people is the operator's own register speaking: their keys aren't pinned.";
    let (status, sentence) = match (wrong.first(), beyond.first()) {
        (Some((_, why)), _) => (Status::Fail, format!("{why}.")),
        (None, Some(why)) => (Status::NotEstablished, format!("{why}: it {}.", case.beyond())),
        (None, None) => (Status::Pass, some(&right)),
    };
    Some(
        finding(ids::APPROVALS, TITLE, status, sentence)
            .counted(passed, of)
            .detailed(format!("{}\n{people}", detail.join("\n")))
            .naming_places(wrong.into_iter().map(|(sequence, _)| sequence)),
    )
}

/// The first few of what holds, in a sentence.
fn some(sentences: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = sentences.get(..SHOWN).unwrap_or(sentences).join("; ");
    match sentences.len().saturating_sub(SHOWN) {
        0 => format!("{shown}."),
        more => format!("{shown}; and {} more.", words::number(more as u64)),
    }
}

/// "What was held or denied went out only when released, once, after its approval."
pub(super) fn releases(case: &Case) -> Option<Finding> {
    const TITLE: &str = "Each release follows its approval, once";
    let mut wrong: Vec<(u64, &str)> = Vec::new();
    let (mut of, mut beyond, mut differ) = (0u64, 0u64, 0u64);
    let (mut items, mut ids) = (HashSet::new(), HashSet::new());
    for (_, body) in case.proved().filter(|(_, body)| case.is_within(body)) {
        let problem = match body.said {
            Said::Fact(Fact::Released(released)) => {
                of += 1;
                let fresh = items.insert(&released.item_uid) & ids.insert(&released.jti);
                let known = released.approvals.iter().all(|payload| is_checkable(case, payload));
                let ended = had_ended(case, &body, released);
                match (fresh, known || !case.begins_late()) {
                    (false, _) => Some("its approval had been used already"),
                    (true, true) => unapproved(case, &body, released).or(ended),
                    (true, false) if ended.is_some() => ended,
                    (true, false) => {
                        beyond += 1;
                        None
                    }
                }
            }
            Said::Finished(finished) if finished.known => unreleased(case, &body).inspect(|_| of += 1),
            Said::Fact(Fact::Reported(_)) => unreleased(case, &body).inspect(|_| of += 1),
            _ => None,
        };
        if let Some(why) = problem {
            differ += 1;
            if wrong.len() < NAMED {
                wrong.push((body.sequence, why));
            }
        }
    }
    let (status, sentence) = match (wrong.first(), beyond) {
        (Some((sequence, why)), _) => (
            Status::Fail,
            format!(
                "The record at sequence {} stands without approval: {why}.",
                words::number(*sequence)
            ),
        ),
        (None, 0) => (
            Status::Pass,
            "Each names the approval that it used, and none is used twice.".to_owned(),
        ),
        (None, _) => (
            Status::NotEstablished,
            format!("An approval that was used {}.", case.beyond()),
        ),
    };
    let finding = || {
        finding(ids::RELEASES, TITLE, status, sentence)
            .counted(of - (differ + beyond).min(of), of)
            .naming_places(wrong.iter().map(|(sequence, _)| *sequence))
    };
    (of > 0).then(finding)
}

/// Whether the file has to show this approval: not one that was given before the interval, and isn't here with its
/// statement.
fn is_checkable(case: &Case, payload: &Digest) -> bool {
    decision_at(case, case.index.statement(payload))
        .is_some_and(|(body, _)| case.is_within(&body) || case.approvals.contains_key(&body.sequence))
}

/// An item that a person denied, or that ran out, before it was released.
fn had_ended(case: &Case, body: &Body<'_>, released: &Released) -> Option<&'static str> {
    let ended = case.item(body.stream, &released.item_uid).ended;
    case.earlier(ended, body)
        .map(|_| "what it released had been denied, or had run out")
}

/// A call that ended though it was held and not released, or denied.
fn unreleased(case: &Case, body: &Body<'_>) -> Option<&'static str> {
    let story = case.story(body);
    let asked = case.earlier(story.decided(), body)?;
    let Said::Call(call) = asked.said else {
        return None;
    };
    match call.effect {
        Effect::Deny => Some("the call was denied, and yet it ended"),
        // Where the call was held before the interval, it may have been released before it, too.
        Effect::Hold if !case.is_within(&asked) => None,
        Effect::Hold if case.earlier(story.released(), body).is_none() => {
            Some("the call was held, and ended without having been released")
        }
        _ => None,
    }
}

fn unapproved(case: &Case, body: &Body<'_>, released: &Released) -> Option<&'static str> {
    if released.approvals.is_empty() {
        return Some("it names no approval");
    }
    let fits = |payload: &Digest| {
        decision_at(case, case.index.statement(payload)).is_some_and(|(approval, decided)| {
            decided.approved
                && decided.item_uid == released.item_uid
                && decided.action_digest == released.action_digest
                && approval.correlation == body.correlation
                && approval.stream == body.stream
                && approval.sequence < body.sequence
                && !matches!(case.approvals.get(&approval.sequence), None | Some(Checked::Fails(_)))
        })
    };
    let all = released.approvals.iter().all(fits);
    (!all).then_some("an approval of this action that it names isn't here, earlier, and rightly signed")
}
