//! Findings about the records themselves: each as signed, in order, in the sealed log.

use super::case::{Case, finding};
use super::examine::Standing;
use super::ids;
use super::report::{Finding, Status};
use super::seen::Seen;
use super::words;
use crate::casefile::name;

/// How many sentences a finding's detail has at most.
const SHOWN: usize = 50;

/// "Every record is the one that was signed."
pub(super) fn fingerprint(case: &Case) -> Finding {
    const TITLE: &str = "Every record is the one that was signed";
    let of = case.total();
    let altered: Vec<Seen<'_>> = case.records.odd().filter(Seen::is_altered).collect();
    let strange = case.records.odd().filter(|seen| !seen.is_as_signed()).count() as u64;
    let passed = of.saturating_sub(strange);
    let result = |status, sentence: String| finding(ids::FINGERPRINT, TITLE, status, sentence).counted(passed, of);
    let detail: Vec<String> = altered
        .iter()
        .take(SHOWN)
        .map(|seen| altered_detail(seen, of))
        .collect();
    match (altered.as_slice(), passed) {
        ([], _) if of == 0 => result(Status::Fail, "There is no record in the file.".to_owned()).about(name::RECORDS),
        ([], passed) if passed == of => result(
            Status::Pass,
            "Each hashes to the fingerprint that the log sealed in its place.".to_owned(),
        ),
        ([], _) => {
            let sentence = format!(
                "{} not shown to be the record that the log sealed in its place.",
                if of - passed == 1 {
                    "One is".to_owned()
                } else {
                    format!("{} are", words::number(of - passed))
                }
            );
            result(Status::NotEstablished, sentence)
        }
        ([one], _) => result(Status::Fail, altered_sentence(one, of)),
        (many, _) => {
            let sentence = format!(
                "{} of {} are not the records that were signed. {}",
                case.names(many),
                words::number(of),
                many.first().map(|seen| altered_sentence(seen, of)).unwrap_or_default()
            );
            result(Status::Fail, sentence)
        }
    }
    .detailed(detail.join("\n"))
    .naming(altered)
}

fn altered_sentence(seen: &Seen<'_>, of: u64) -> String {
    let named = seen.named(of);
    let Standing::Altered(signed) = seen.standing else {
        return named;
    };
    let signed = match signed {
        Some(signed) => format!("signed was {}", words::short(&signed)),
        None => "what was signed can't be told from this file".to_owned(),
    };
    if let Some(why) = seen.unreadable {
        let hash = seen
            .hashes_to
            .map(|d| format!("; it hashes to {}", words::short(&d)))
            .unwrap_or_default();
        return format!("{named} can't be read as a record: {why}{hash}, {signed}.");
    }
    match (seen.hashes_to, seen.body) {
        (Some(own), Some(body)) if matches!(seen.standing, Standing::Altered(Some(d)) if d == own) => {
            let claimed = words::short(&body.claimed);
            format!(
                "{named} says that its fingerprint is {claimed}; it hashes to {}, as was signed.",
                words::short(&own)
            )
        }
        (Some(own), _) => format!("{named} hashes to {}, {signed}.", words::short(&own)),
        (None, _) => format!("{named} can't be hashed; {signed}."),
    }
}

fn altered_detail(seen: &Seen<'_>, of: u64) -> String {
    let whole = |d: Option<crate::hash::Digest>| d.map_or_else(|| "unknown".to_owned(), |d| d.to_string());
    let signed = match seen.standing {
        Standing::Altered(signed) => whole(signed),
        _ => "unknown".to_owned(),
    };
    let claimed = whole(seen.body.map(|body| body.claimed));
    format!(
        "{}: hashes to {}, signed {signed}, says {claimed}",
        seen.named(of),
        whole(seen.hashes_to)
    )
}

/// "The records are in their order, unbroken."
pub(super) fn order(case: &Case) -> Finding {
    const TITLE: &str = "The records are in their order, unbroken";
    let problems = case.order.problems(&case.records);
    let unread = case.order.unread();
    let of = case.total();
    let out_of_order = (problems.len() as u64).saturating_add(case.order.further());
    let passed = of.saturating_sub(out_of_order.saturating_add(unread));
    let detail: Vec<String> = problems
        .iter()
        .take(SHOWN)
        .map(|(seen, problem)| format!("{} {problem}", seen.named(of)))
        .collect();
    let (status, sentence) = match (problems.first(), unread) {
        (Some((seen, problem)), _) => (Status::Fail, format!("{} {problem}.", seen.named(of))),
        (None, 1..) => (
            Status::NotEstablished,
            "A record that can't be read names no predecessor.".to_owned(),
        ),
        (None, 0) => (Status::Pass, pass_sentence(case)),
    };
    finding(ids::ORDER, TITLE, status, sentence)
        .counted(passed, of)
        .detailed(detail.join("\n"))
        .naming(problems.into_iter().map(|(seen, _)| seen))
}

fn pass_sentence(case: &Case) -> String {
    let place = |seen: Option<Seen<'_>>| seen.and_then(|seen| seen.place).map(words::number).unwrap_or_default();
    format!(
        "Each names its predecessor, where that one is here too; sequence {} to {}.",
        place(case.records.first()),
        place(case.records.last())
    )
}

/// When it was sealed: after the export, whose time is the operator's claim as all are.
fn sealed_after(case: &Case) -> String {
    case.export()
        .map(|(body, _)| {
            let time = words::time(body.logged_ms);
            format!("; it was sealed after the export, at {time} by the operator's clock")
        })
        .unwrap_or_default()
}

/// "They belong to one log, as sealed."
pub(super) fn inclusion(case: &Case) -> Finding {
    const TITLE: &str = "They belong to one log, as sealed";
    let of = case.total();
    let Some(seal) = &case.seal else {
        return finding(
            ids::INCLUSION,
            TITLE,
            Status::Fail,
            "There is no checkpoint that can be read, so nothing shows that they were ever in a log.",
        )
        .counted(0, of)
        .about(name::CHECKPOINT);
    };
    let outside: Vec<(Seen<'_>, &str)> = case
        .records
        .odd()
        .filter_map(|seen| Some((seen, seen.unproved?)))
        .collect();
    // One that was altered has no place in the log as it stands; that is said of it already, and isn't said twice.
    let strange: Vec<(Seen<'_>, &str)> = outside.iter().copied().filter(|(seen, _)| !seen.is_altered()).collect();
    let passed = of - (outside.len() as u64).min(of);
    let size = words::number(seal.checkpoint.size);
    let (status, sentence) = match (strange.first(), outside.first()) {
        (Some((seen, why)), _) => (
            Status::Fail,
            format!("{} isn't in the log as sealed: {why}.", seen.named(of)),
        ),
        (None, Some((seen, _))) => (
            Status::NotEstablished,
            format!(
                "{} can't be proved to be in it as it stands, for it was altered; the others are in checkpoint {size}.",
                seen.named(of)
            ),
        ),
        (None, None) if of == 0 => (Status::Fail, "There is no record in the file.".to_owned()),
        (None, None) => (
            Status::Pass,
            format!(
                "Each is in checkpoint {size}, root {}, by a proof of its own{}.",
                words::short(&seal.checkpoint.root),
                sealed_after(case)
            ),
        ),
    };
    let detail: Vec<String> = outside
        .iter()
        .take(SHOWN)
        .map(|(seen, why)| format!("{}: {why}", seen.named(of)))
        .collect();
    let detail = format!(
        "origin {}\nroot {}\n{}",
        seal.checkpoint.origin,
        seal.checkpoint.root,
        detail.join("\n")
    );
    finding(ids::INCLUSION, TITLE, status, sentence)
        .counted(passed, of)
        .detailed(detail.trim_end())
        .naming(outside.into_iter().map(|(seen, _)| seen))
}
