//! Findings about people's decisions: what each signed, and who they may be.

use std::collections::BTreeSet;

use super::bindings::first_difference;
use super::case::{Approval, Case, Checked, finding};
use super::facts::{Fact, ItemDecided};
use super::ids;
use super::report::{Finding, Status};
use super::seen::{Body, Call, Said};
use super::words;
use crate::casefile::name;
use crate::envelope::{Envelope, IN_TOTO};
use crate::hash::Digest;
use crate::key::Role;
use crate::statement::{ApprovalStatement, Choice};

/// Every decision of a person that is here as signed.
fn decisions(case: &Case) -> impl Iterator<Item = (Body<'_>, &ItemDecided)> {
    case.proved().filter_map(|(_, body)| match body.said {
        Said::Fact(Fact::ItemDecided(decided)) => Some((body, decided.as_ref())),
        _ => None,
    })
}

/// What is at a place of the index, if it is a person's decision.
pub(super) fn decision_at(case: &Case, at: Option<usize>) -> Option<(Body<'_>, &ItemDecided)> {
    let body = case.body(at?)?;
    match body.said {
        Said::Fact(Fact::ItemDecided(decided)) => Some((body, decided)),
        _ => None,
    }
}

/// What is here of the record that held an item.
pub(super) enum Hold<'a> {
    /// It is here, in the same story and stream, earlier in the log.
    Here(Call<'a>),
    /// It is here, and belongs to another request, or comes later.
    Elsewhere,
    /// It isn't here as it was signed.
    Absent,
}

/// The record that held this item.
pub(super) fn held<'a>(case: &'a Case, body: &Body<'_>, item_uid: &str) -> Hold<'a> {
    let Some(other) = case.item(body.stream, item_uid).held.and_then(|at| case.body(at)) else {
        return Hold::Absent;
    };
    match other.said {
        Said::Call(call) if other.correlation == body.correlation && other.sequence < body.sequence => Hold::Here(call),
        _ => Hold::Elsewhere,
    }
}

/// Checks one reviewer's statement against the record that holds its digest, and that against what was held.
pub(super) fn check_approval(case: &Case, sequence: u64, bytes: &[u8]) -> Approval {
    match signed_statement(case, sequence, bytes) {
        Err(why) => Approval {
            checked: Checked::Fails(why),
            expires_ms: None,
            saw: None,
        },
        Ok((body, decided, statement)) => Approval {
            checked: compared(case, &body, decided, &statement),
            expires_ms: Some(statement.expires_ms),
            saw: Some(statement.seen_checkpoint),
        },
    }
}

fn compared(case: &Case, body: &Body<'_>, decided: &ItemDecided, statement: &ApprovalStatement) -> Checked {
    const ABSENT: &str = "the record that held the item isn't here as it was signed";
    let call = match held(case, body, &decided.item_uid) {
        Hold::Here(call) => Some(call),
        Hold::Absent if case.begins_late => None,
        Hold::Absent => return Checked::Fails(ABSENT.to_owned()),
        Hold::Elsewhere => {
            let why = "the record that held the item is of another request, or stands after it";
            return Checked::Fails(why.to_owned());
        }
    };
    let difference = call
        .and_then(|call| unlike_held(&call, statement).or_else(|| barred(case, &call, decided)))
        .or_else(|| mismatch(case, body, decided, statement));
    match (difference, call) {
        (Some(difference), _) => Checked::Fails(difference.to_owned()),
        (None, None) => Checked::Beyond(ABSENT.to_owned()),
        (None, Some(_)) => Checked::Holds(approved_words(body, decided)),
    }
}

/// What the statement says otherwise than the record that held the call.
fn unlike_held(call: &Call<'_>, statement: &ApprovalStatement) -> Option<&'static str> {
    first_difference([
        (
            Some(statement.action_digest) == call.action_digest,
            "it is about another action than the one that was held",
        ),
        (
            call.action_holds,
            "the held action's document doesn't give the digest that was signed",
        ),
        (
            statement.policy_sha256 == call.policy_sha256,
            "it names another policy than the one that held the call",
        ),
    ])
}

/// Why the reviewer may not approve this call: who answers for the agent may not, nor who published the policy that held it,
/// but for a sole operator, who is recorded as one.
fn barred(case: &Case, call: &Call<'_>, decided: &ItemDecided) -> Option<&'static str> {
    let held = call.held.filter(|_| decided.approved && !decided.sole_operator)?;
    let reviewer = case.records.names.find(&decided.reviewer.0)?;
    if held.sponsor == reviewer {
        return Some("its reviewer answers for the agent, and isn't recorded as the sole operator");
    }
    (held.policy_author == Some(reviewer))
        .then_some("its reviewer published the policy that held the call, and isn't recorded as the sole operator")
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
    let (uid, name) = added.owner.as_ref().ok_or("its key is registered as nobody's")?;
    let (reviewer, reviewers_name) = &decided.reviewer;
    if uid != reviewer || name.as_ref() != Some(reviewers_name) {
        let person = |uid, name| format!("{} ({})", words::name(name), words::name(uid));
        return Err(format!(
            "its key is registered as that of {}, not of {}",
            person(uid, name.as_deref().unwrap_or_default()),
            person(reviewer, reviewers_name)
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
    statement: &ApprovalStatement,
) -> Option<&'static str> {
    let approve = statement.decision == Choice::Approve;
    let origin = case.seal.as_ref().map(|seal| seal.checkpoint.origin);
    let tenant = case.manifest.as_ref().map(|manifest| manifest.tenant.uid.as_str());
    first_difference([
        (
            statement.action_digest == decided.action_digest,
            "it is about another action than the record says",
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
    ])
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
        words::name(&decided.reviewer.1),
        words::short(&decided.action_digest)
    )
}

/// What a signature of a reviewer doesn't show.
const REGISTER: &str = "Who these people are, and that they are distinct, is the operator's own register speaking: their keys aren't pinned.";

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
    let mut unseen: u64 = 0;
    for (sequence, approval) in &case.approvals {
        let file = name::approval(*sequence);
        let root_then = approval.saw.and_then(|saw| case.root_at(saw.size));
        unseen += u64::from(root_then.is_none());
        match &approval.checked {
            Checked::Fails(why) => wrong.push((*sequence, format!("{file} doesn't hold: {why}"))),
            Checked::Holds(sentence) => right.push(sentence.clone()),
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
    let (status, sentence) = match (wrong.first(), beyond.first()) {
        (Some((_, why)), _) => (Status::Fail, format!("{why}.")),
        (None, Some(why)) => (Status::NotEstablished, format!("{why}: it {}.", case.beyond())),
        (None, None) => {
            let saw = saw_words(unseen, right.len() as u64);
            (Status::Pass, format!("{} {saw} {REGISTER}", some(&right)))
        }
    };
    Some(
        finding(ids::APPROVALS, TITLE, status, sentence)
            .counted(passed, of)
            .detailed(detail.join("\n"))
            .naming_places(wrong.into_iter().map(|(sequence, _)| sequence)),
    )
}

/// Holds what each reviewer signed to have seen of the log against what it was then, as far as that is shown.
pub(super) fn hold_against_log(case: &mut Case) {
    let saw_another = |approval: &Approval| {
        let saw = approval.saw?;
        Some(case.root_at(saw.size)? != saw.root)
    };
    let wrong: Vec<u64> = case
        .approvals
        .iter()
        .filter(|(_, approval)| saw_another(approval) == Some(true))
        .map(|(sequence, _)| *sequence)
        .collect();
    for sequence in wrong {
        if let Some(approval) = case.approvals.get_mut(&sequence) {
            let why = "what the reviewer signed to have seen of the log isn't its beginning";
            approval.checked = Checked::Fails(why.to_owned());
        }
    }
}

fn saw_words(unseen: u64, of: u64) -> String {
    match unseen {
        0 => "What each signed to have seen of the log is its beginning.".to_owned(),
        unseen if unseen == of => {
            "Whether what was signed as seen of the log is its beginning isn't shown here.".to_owned()
        }
        unseen => format!(
            "For {} of {} it isn't shown that what was signed as seen of the log is its beginning.",
            words::number(unseen),
            words::number(of)
        ),
    }
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
