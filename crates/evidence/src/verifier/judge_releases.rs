//! Findings about releases: each rests on its approval, once, and what was held or denied went out by no other way.

use std::collections::HashSet;

use super::case::{Case, Checked};
use super::facts::{Fact, Released};
use super::ids;
use super::judge_people::{Hold, decision_at, held};
use super::report::Finding;
use super::seen::{Body, Effect, Said};
use super::tally::{Judged, Tally};
use super::words;
use crate::hash::Digest;

/// How long after an approval was checked its release may be recorded, ms.
const RECORDED_WITHIN_MS: i64 = 60_000;

/// The releases so far: their items and ids.
#[derive(Default)]
struct Used<'a> {
    items: HashSet<&'a str>,
    ids: HashSet<&'a str>,
    /// Their places, where they were judged.
    judged: HashSet<u64>,
}

/// "What was held or denied went out only when released, once, after its approval."
pub(super) fn releases(case: &Case) -> Option<Finding> {
    let mut tally = Tally::default();
    let mut used = Used::default();
    for (_, body) in case.proved() {
        if let Some((place, judged)) = judged(case, &body, &mut used) {
            tally.take(place, &judged);
        }
    }
    tally.finding(
        (ids::RELEASES, "Each release follows its approval, once"),
        |place, why| {
            format!(
                "The record at sequence {} stands without approval: {why}.",
                words::number(place)
            )
        },
        "Each names the approval that it used, and no second use of one is among the records here. That there was none \
         elsewhere can't be shown offline.",
        || format!("What a release or an outcome rests on {}.", case.beyond()),
    )
}

/// How a record stands that released something, or tells what came of it: with the place of the record that is judged.
/// What contradicts a release counts wherever it is; what lets one go is to be shown of releases in the interval, and of
/// those that something in it rests on.
fn judged<'a>(case: &'a Case, body: &Body<'a>, used: &mut Used<'a>) -> Option<(u64, Judged)> {
    let is_within = case.is_within(body);
    match body.said {
        Said::Fact(Fact::Released(released)) => {
            let is_first = used.items.insert(&released.item_uid) & used.ids.insert(&released.jti);
            let ended = case.item(body.stream, &released.item_uid).ended;
            let judged = if !is_first {
                Judged::Fails("its approval had been used already")
            } else if case.earlier(ended, body).is_some() {
                Judged::Fails("what it released had been denied, or had run out")
            } else if is_within {
                release(case, body, released)
            } else {
                return None;
            };
            used.judged.insert(body.sequence).then_some((body.sequence, judged))
        }
        Said::Finished(finished) if finished.known && is_within => outcome(case, body, used),
        Said::Fact(Fact::Reported(_)) if is_within => outcome(case, body, used),
        _ => None,
    }
}

fn release(case: &Case, body: &Body<'_>, released: &Released) -> Judged {
    if released.approvals.is_empty() {
        return Judged::Fails("it names no approval");
    }
    if matches!(held(case, body, &released.item_uid), Hold::Elsewhere) {
        return Judged::Fails("what it released was held for another request, or only later");
    }
    let mut is_beyond = false;
    for payload in &released.approvals {
        match approved(case, body, released, payload) {
            Judged::Holds => {}
            Judged::Beyond => is_beyond = true,
            fails @ Judged::Fails(_) => return fails,
        }
    }
    match is_beyond {
        true => Judged::Beyond,
        false => Judged::Holds,
    }
}

/// Whether one approval that a release names lets it pass.
fn approved(case: &Case, body: &Body<'_>, released: &Released, payload: &Digest) -> Judged {
    const UNFIT: Judged =
        Judged::Fails("an approval of this action that it names isn't here, earlier, and rightly signed");
    let is_excused = may_lie_before(case, body, released);
    let Some((decision, decided)) = decision_at(case, case.index.statement(payload)) else {
        return if is_excused { Judged::Beyond } else { UNFIT };
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
            true => Judged::Beyond,
            false => UNFIT,
        };
    };
    let has_run_out = approval
        .expires_ms
        .is_some_and(|expires| expires.saturating_add(RECORDED_WITHIN_MS) < body.logged_ms);
    match &approval.checked {
        Checked::Fails(_) => UNFIT,
        _ if has_run_out => Judged::Fails("the approval that it names had run out"),
        Checked::Beyond(_) => Judged::Beyond,
        Checked::Holds(_) => Judged::Holds,
    }
}

/// Whether the approval of a release may lie before the interval. It can't where the call was held within it.
fn may_lie_before(case: &Case, body: &Body<'_>, released: &Released) -> bool {
    let hold = case.earlier(case.item(body.stream, &released.item_uid).held, body);
    let is_held_within = case.is_of_interval() && hold.is_some_and(|hold| case.is_within(&hold));
    case.begins_late && !is_held_within
}

/// A call that ended though it was denied, or held and not released; nothing where it needed no release, or has it.
fn outcome(case: &Case, body: &Body<'_>, used: &mut Used<'_>) -> Option<(u64, Judged)> {
    let story = case.story(body);
    let asked = case.earlier(story.decided(), body)?;
    let Said::Call(call) = asked.said else {
        return None;
    };
    if let (Effect::Hold, Some(release)) = (call.effect, case.earlier(story.released(), body)) {
        return rests_on(case, &release, used);
    }
    let is_picked = case.begins_late && !case.is_of_interval();
    let judged = match (call.effect, call.held) {
        (Effect::Deny, _) => Judged::Fails("the call was denied, and yet it ended"),
        (Effect::Hold, Some(held)) if case.earlier(case.ended(&asked, held), body).is_some() => {
            Judged::Fails("the call was held, and a person denied it or it ran out, and yet it ended")
        }
        (Effect::Hold, _) if case.is_within(&asked) && !is_picked => {
            Judged::Fails("the call was held, and ended without having been released")
        }
        // Held before the interval, or picked without its release: it may have been released.
        (Effect::Hold, _) => Judged::Beyond,
        (Effect::Allow, _) => return None,
    };
    Some((body.sequence, judged))
}

/// A release outside the interval that an outcome in it rests on: judged once, and told of where it doesn't hold.
fn rests_on(case: &Case, body: &Body<'_>, used: &mut Used<'_>) -> Option<(u64, Judged)> {
    let Said::Fact(Fact::Released(released)) = body.said else {
        return None;
    };
    if case.is_within(body) || used.judged.contains(&body.sequence) {
        return None;
    }
    match release(case, body, released) {
        Judged::Holds => None,
        judged => used.judged.insert(body.sequence).then_some((body.sequence, judged)),
    }
}
