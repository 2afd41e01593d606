//! Findings about releases: each rests on its approval, once, and what was held or denied went out by no other way.

use std::collections::HashSet;

use super::case::{Case, Checked, finding};
use super::facts::{Fact, Released};
use super::ids;
use super::judge_people::{Hold, decision_at, held};
use super::report::{Finding, Status};
use super::seen::{Body, Effect, Said};
use super::words;
use crate::hash::Digest;

/// How many records a finding names at most.
const NAMED: usize = 1000;

/// How long after an approval was checked its release may be recorded, ms.
const RECORDED_WITHIN_MS: i64 = 60_000;

/// How one release, or one outcome, stands.
enum Passage {
    Rightly,
    Wrongly(&'static str),
    /// What it rests on may rightly be absent.
    Beyond,
}

/// The items and ids of releases so far.
#[derive(Default)]
struct Used<'a> {
    items: HashSet<&'a str>,
    ids: HashSet<&'a str>,
}

/// "What was held or denied went out only when released, once, after its approval."
pub(super) fn releases(case: &Case) -> Option<Finding> {
    const TITLE: &str = "Each release follows its approval, once";
    let mut wrong: Vec<(u64, &str)> = Vec::new();
    let (mut of, mut beyond, mut differ) = (0u64, 0u64, 0u64);
    let mut used = Used::default();
    for (_, body) in case.proved() {
        let Some(passage) = passage(case, &body, &mut used) else {
            continue;
        };
        of += 1;
        match passage {
            Passage::Rightly => {}
            Passage::Beyond => beyond += 1,
            Passage::Wrongly(why) => {
                differ += 1;
                if wrong.len() < NAMED {
                    wrong.push((body.sequence, why));
                }
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
            "Each names the approval that it used, and no second use of one is among the records here. That there was none \
             elsewhere can't be shown offline."
                .to_owned(),
        ),
        (None, _) => (
            Status::NotEstablished,
            format!("What a release or an outcome rests on {}.", case.beyond()),
        ),
    };
    let finding = || {
        finding(ids::RELEASES, TITLE, status, sentence)
            .counted(of - (differ + beyond).min(of), of)
            .naming_places(wrong.iter().map(|(sequence, _)| *sequence))
    };
    (of > 0).then(finding)
}

/// How a record stands that released something, or tells what came of it. What contradicts a release counts wherever it
/// is; what lets one go is to be shown only of records in the interval.
fn passage<'a>(case: &'a Case, body: &Body<'a>, used: &mut Used<'a>) -> Option<Passage> {
    let is_within = case.is_within(body);
    match body.said {
        Said::Fact(Fact::Released(released)) => {
            let is_first = used.items.insert(&released.item_uid) & used.ids.insert(&released.jti);
            let ended = case.item(body.stream, &released.item_uid).ended;
            if !is_first {
                Some(Passage::Wrongly("its approval had been used already"))
            } else if case.earlier(ended, body).is_some() {
                Some(Passage::Wrongly("what it released had been denied, or had run out"))
            } else {
                is_within.then(|| release(case, body, released))
            }
        }
        Said::Finished(finished) if finished.known && is_within => outcome(case, body),
        Said::Fact(Fact::Reported(_)) if is_within => outcome(case, body),
        _ => None,
    }
}

fn release(case: &Case, body: &Body<'_>, released: &Released) -> Passage {
    if released.approvals.is_empty() {
        return Passage::Wrongly("it names no approval");
    }
    if matches!(held(case, body, &released.item_uid), Hold::Elsewhere) {
        return Passage::Wrongly("what it released was held for another request, or only later");
    }
    let mut is_beyond = false;
    for payload in &released.approvals {
        match approved(case, body, released, payload) {
            Passage::Rightly => {}
            Passage::Beyond => is_beyond = true,
            wrongly @ Passage::Wrongly(_) => return wrongly,
        }
    }
    match is_beyond {
        true => Passage::Beyond,
        false => Passage::Rightly,
    }
}

/// Whether one approval that a release names lets it pass.
fn approved(case: &Case, body: &Body<'_>, released: &Released, payload: &Digest) -> Passage {
    const UNFIT: Passage =
        Passage::Wrongly("an approval of this action that it names isn't here, earlier, and rightly signed");
    let is_excused = may_lie_before(case, body, released);
    let Some((decision, decided)) = decision_at(case, case.index.statement(payload)) else {
        return if is_excused { Passage::Beyond } else { UNFIT };
    };
    let is_of_it = decided.approved
        && decided.item_uid == released.item_uid
        && decided.action_digest == released.action_digest
        && decision.correlation == body.correlation
        && decision.stream == body.stream
        && decision.sequence < body.sequence;
    if !is_of_it {
        return UNFIT;
    }
    let Some(approval) = case.approvals.get(&decision.sequence) else {
        return match is_excused && !case.is_within(&decision) {
            true => Passage::Beyond,
            false => UNFIT,
        };
    };
    let has_run_out = approval
        .expires_ms
        .is_some_and(|expires| expires.saturating_add(RECORDED_WITHIN_MS) < body.logged_ms);
    match &approval.checked {
        Checked::Fails(_) => UNFIT,
        _ if has_run_out => Passage::Wrongly("the approval that it names had run out"),
        Checked::Beyond(_) => Passage::Beyond,
        Checked::Holds(_) => Passage::Rightly,
    }
}

/// Whether the approval of a release may lie before the interval. It can't where the call was held within it.
fn may_lie_before(case: &Case, body: &Body<'_>, released: &Released) -> bool {
    let hold = case.earlier(case.item(body.stream, &released.item_uid).held, body);
    let is_held_within = case.is_of_interval() && hold.is_some_and(|hold| case.is_within(&hold));
    case.begins_late && !is_held_within
}

/// A call that ended though it was denied, or held and not released; nothing where it needed no release, or has it.
fn outcome(case: &Case, body: &Body<'_>) -> Option<Passage> {
    let story = case.story(body);
    let asked = case.earlier(story.decided(), body)?;
    let Said::Call(call) = asked.said else {
        return None;
    };
    let is_picked = case.begins_late && !case.is_of_interval();
    match (call.effect, call.held) {
        (Effect::Deny, _) => Some(Passage::Wrongly("the call was denied, and yet it ended")),
        (Effect::Hold, _) if case.earlier(story.released(), body).is_some() => None,
        (Effect::Hold, Some(held)) if case.earlier(case.ended(&asked, held), body).is_some() => Some(Passage::Wrongly(
            "the call was held, and a person denied it or it ran out, and yet it ended",
        )),
        (Effect::Hold, _) if case.is_within(&asked) && !is_picked => Some(Passage::Wrongly(
            "the call was held, and ended without having been released",
        )),
        // Held before the interval, or picked without its release: it may have been released.
        (Effect::Hold, _) => Some(Passage::Beyond),
        (Effect::Allow, _) => None,
    }
}
