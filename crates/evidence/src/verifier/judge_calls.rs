//! Findings about what records say: that each says what one of its kind must, and that what stands in one story is about
//! one call.

use super::bindings::first_difference;
use super::case::{Case, finding};
use super::facts::{Fact, ItemDecided, Reported};
use super::ids;
use super::judge_people::{Hold, held};
use super::report::{Finding, Status};
use super::seen::{Acted, Body, Call, Finished, Said, Seen};
use super::tally::{DETAILED, Judged, NAMED, Tally};
use super::words;
use crate::hash::Digest;

/// "Every record says what one of its kind must."
pub(super) fn facts(case: &Case) -> Finding {
    const TITLE: &str = "Every record says what one of its kind must";
    let of = case.total();
    let (mut read, mut wrong) = (0u64, 0u64);
    let mut malformed: Vec<Seen<'_>> = Vec::new();
    for (seen, body) in case.proved() {
        read = read.saturating_add(1);
        if matches!(body.said, Said::Malformed) {
            wrong = wrong.saturating_add(1);
            if malformed.len() < NAMED {
                malformed.push(seen);
            }
        }
    }
    let passed = read.saturating_sub(wrong);
    let (status, sentence) = match malformed.first() {
        Some(seen) => (
            Status::Fail,
            format!(
                "{} doesn't say what a record of its kind must, so nothing that rests on it is shown.",
                seen.named(of)
            ),
        ),
        None if read < of || of == 0 => (
            Status::NotEstablished,
            "Not every record is the one that was signed, so what those say isn't known.".to_owned(),
        ),
        None => (
            Status::Pass,
            "Each has the facts that its kind wants, in their form.".to_owned(),
        ),
    };
    let detail: Vec<String> = malformed.iter().take(DETAILED).map(|seen| seen.named(of)).collect();
    finding(ids::FACTS, TITLE, status, sentence)
        .counted(passed, of)
        .detailed(detail.join("\n"))
        .naming(malformed)
}

/// "Each decision, release and outcome is about the call that it is filed with."
pub(super) fn calls(case: &Case) -> Option<Finding> {
    const TITLE: &str = "Each decision, release and outcome is about the call that it is filed with";
    let mut tally = Tally::default();
    for (_, body) in case.proved() {
        if let Some(judged) = judged(case, &body) {
            tally.take(body.sequence, &judged);
        }
    }
    tally.finding(
        (ids::CALLS, TITLE),
        |place, why| {
            format!(
                "The record at sequence {} contradicts its story: {why}.",
                words::number(place)
            )
        },
        "Action, agent, request, policy and contents are the same in each story.",
        || "A call that was decided on before the interval goes on in it, and its decision isn't here.".to_owned(),
    )
}

/// Nothing where the record is about no call. One outside the interval supports others and needs no story of its own.
fn judged(case: &Case, body: &Body<'_>) -> Option<Judged> {
    let story = || match body.said {
        _ if !case.is_within(body) => Judged::Holds,
        Said::Call(_) => first_of(case, case.story(body).decided(), body),
        Said::Fact(Fact::ItemDecided(decided)) => {
            over_held(case, body, &decided.item_uid, |call| decision(call, decided))
        }
        Said::Fact(Fact::ItemEnded(ended)) => over_held(case, body, &ended.item_uid, |call| {
            same(call, Some(ended.action_digest))
        }),
        Said::Fact(Fact::Released(released)) => over_held(case, body, &released.item_uid, |call| {
            same(call, Some(released.action_digest))
        }),
        Said::Finished(finished) => outcome(case, body, finished),
        Said::Fact(Fact::Reported(reported)) => execution(case, body, reported),
        _ => Judged::Holds,
    };
    match body.said {
        Said::Call(_)
        | Said::Finished(_)
        | Said::Fact(Fact::ItemDecided(_) | Fact::ItemEnded(_) | Fact::Released(_) | Fact::Reported(_)) => {
            Some(body.contradiction.map_or_else(story, Judged::Fails))
        }
        _ => None,
    }
}

/// One request is decided on once, and ends once: else either could be shown for the other.
fn first_of(case: &Case, first: Option<usize>, body: &Body<'_>) -> Judged {
    match case.earlier(first, body) {
        Some(_) => Judged::Fails("its request has another record of this kind before it"),
        None => Judged::Holds,
    }
}

fn over_held(
    case: &Case,
    body: &Body<'_>,
    item_uid: &str,
    differs: impl Fn(&Call<'_>) -> Option<&'static str>,
) -> Judged {
    match held(case, body, item_uid) {
        Hold::Here(call) => differs(&call).map_or(Judged::Holds, Judged::Fails),
        Hold::Elsewhere => Judged::Fails("its item was held for another request, or only later"),
        Hold::Absent => undecided(case, "no record here, as it was signed, held its item before"),
    }
}

fn outcome(case: &Case, body: &Body<'_>, finished: Finished) -> Judged {
    let story = case.story(body);
    match case.earlier(story.decided(), body).map(|other| other.said) {
        Some(Said::Call(call)) => {
            let action_digest = match finished.action {
                Acted::AsDecided => call.action_digest,
                Acted::Says(digest) => digest,
            };
            match same(&call, action_digest) {
                Some(why) => Judged::Fails(why),
                None => first_of(case, story.finished(), body),
            }
        }
        _ => not_before(case, story.decided()),
    }
}

/// An execution is told once, of the action that was decided on; in time only where nothing had ended it before.
fn execution(case: &Case, body: &Body<'_>, reported: &Reported) -> Judged {
    let story = case.story(body);
    let asked = case.earlier(story.decided(), body);
    let Some(Said::Call(call)) = asked.map(|other| other.said) else {
        return not_before(case, story.decided());
    };
    if let Some(why) = same(&call, Some(reported.action_digest)) {
        return Judged::Fails(why);
    }
    if !reported.late && case.earlier(story.finished(), body).is_some() {
        return Judged::Fails("it was told in time, it says, and its outcome counted as unknown before");
    }
    first_of(case, story.reported(), body)
}

/// No decision on a call stands before what came of it: whether because none is here, or because it stands after it.
fn not_before(case: &Case, decided: Option<usize>) -> Judged {
    match decided {
        Some(_) => Judged::Fails("its call was decided on only later"),
        None => undecided(case, "no record here, as it was signed, decided on its call before"),
    }
}

fn undecided(case: &Case, why: &'static str) -> Judged {
    match case.begins_late {
        true => Judged::Beyond,
        false => Judged::Fails(why),
    }
}

fn same(call: &Call<'_>, action_digest: Option<Digest>) -> Option<&'static str> {
    first_difference([(
        action_digest.is_some() && action_digest == call.action_digest,
        "it names another action than the one that was decided on",
    )])
}

fn decision(call: &Call<'_>, decided: &ItemDecided) -> Option<&'static str> {
    same(call, Some(decided.action_digest)).or_else(|| {
        first_difference([
            (
                Some(decided.view_c) == call.held.and_then(|held| held.view_c),
                "it names another view than the one that the call was held with",
            ),
            (
                decided.policy_sha256 == call.policy_sha256,
                "it names another policy than the one that held the call",
            ),
            (
                Some(decided.tier) == call.held.map(|held| held.tier),
                "it names another tier than the one that the call was held at",
            ),
        ])
    })
}
