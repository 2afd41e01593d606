//! Findings about what was selected: what may be claimed of a file by the kind of its selection, and whether the log tells
//! of the same export.

use std::collections::{BTreeMap, BTreeSet};

use super::case::{Case, finding};
use super::facts::{Exported, Fact};
use super::ids;
use super::judge_stream::{self, OfAgent, interval_words, of_agent_words};
use super::report::{Finding, Status};
use super::seen::{Body, Said, Seen};
use super::words;
use crate::casefile::{Selection, name, selection};
use crate::hash::Digest;

/// The agent and interval, where the file is about one.
fn of_agent(selection: &Selection) -> Option<OfAgent<'_>> {
    match selection {
        Selection::Agent { agent, from_ms, to_ms } => Some(OfAgent {
            agent,
            from_ms: *from_ms,
            to_ms: *to_ms,
        }),
        _ => None,
    }
}

/// The records that belong to the selection by what they say of themselves, in their order; of every kind but an agent's.
fn selected(case: &Case) -> impl Iterator<Item = (Seen<'_>, Body<'_>)> {
    let export = case
        .seal
        .as_ref()
        .map_or(0, |seal| seal.checkpoint.size.saturating_sub(1));
    let readable = case.records.iter().filter_map(|seen| Some((seen, seen.body?)));
    // The export itself comes after all that it selects.
    readable.filter(move |(_, body)| body.sequence < export && case.is_within(body))
}

/// What a file is about, in words: "support-bot, from …".
pub(super) fn about(selection: &Selection) -> String {
    match selection {
        Selection::Agent { agent, from_ms, to_ms } => {
            format!("{}, {}", words::name(&agent.name), of_agent_words(*from_ms, *to_ms))
        }
        Selection::Range { from_ms, to_ms } => format!("every record {}", interval_words("record 0", *from_ms, *to_ms)),
        Selection::Correlation { correlation_uid } => format!("the request {}", words::name(correlation_uid)),
        Selection::Approval { item_uid, .. } => format!("the decision on the held item {}", words::name(item_uid)),
        Selection::Records { sequences } => format!(
            "{} picked by hand",
            words::count(sequences.len() as u64, "record", "records")
        ),
    }
}

/// What is missing, if anything: as far as the selection lets that be said.
pub(super) fn complete(case: &Case) -> Finding {
    let Some(selection) = case.selection() else {
        let sentence = "Without a readable manifest the file doesn't say which records it should have.";
        return finding(ids::COMPLETE, "Nothing is missing", Status::Fail, sentence).about(name::MANIFEST);
    };
    match (of_agent(selection), selection.interval()) {
        (Some(asked), _) => judge_stream::complete(case, &asked),
        (None, Some((from_ms, to_ms))) => range(case, from_ms, to_ms),
        (None, None) => picked(case, selection),
    }
}

/// Nothing is claimed of what isn't in a picked selection, and that is said.
fn picked(case: &Case, selection: &Selection) -> Finding {
    let count = words::count(selected(case).count() as u64, "record", "records");
    let sentence = format!(
        "Nothing is claimed of what was left out: the file is about {}. Each of its {count} is proved at its own place in \
         the log, and whether there are others that belong to the matter isn't shown.",
        about(selection)
    );
    finding(ids::COMPLETE, "Nothing is missing", Status::NotEstablished, sentence)
}

/// What a pass claims of a range: "every record that the log committed from sequence 9 to 13 is here".
fn claim_of_range(first: u64, last: u64) -> String {
    format!(
        "every record that the log committed from sequence {} to {} is here",
        words::number(first),
        words::number(last)
    )
}

/// What a pass claims of what isn't missing, for the verdict; nothing where nothing is claimed.
pub(super) fn claim(case: &Case) -> Option<String> {
    let selection = case.selection()?;
    if let Some(asked) = of_agent(selection) {
        let claim = judge_stream::claim(case, &asked)?;
        return Some(format!("in the chain that the operator named {claim}"));
    }
    selection.interval()?;
    let places = selected(case).filter_map(|(seen, _)| seen.place);
    let (first, last) = places.fold(None, |bounds: Option<(u64, u64)>, place| {
        Some((bounds.map_or(place, |(first, _)| first), place))
    })?;
    Some(claim_of_range(first, last))
}

/// "Every record that the log committed in the range is here": from the first that is here to the last, for its ends are a
/// finding of their own.
fn range(case: &Case, from_ms: Option<i64>, to_ms: Option<i64>) -> Finding {
    const TITLE: &str = "Every record that the log committed in this range is here";
    let fail = |sentence: String| finding(ids::COMPLETE, TITLE, Status::Fail, sentence).about(name::RECORDS);
    let Some((export, _)) = case.export() else {
        return fail(
            "The record of this export isn't here as it was signed, so nothing says where the log ended.".into(),
        );
    };
    let mut missing: Vec<(u64, u64)> = Vec::new();
    let mut bounds: Option<(u64, u64)> = None;
    for place in selected(case).filter_map(|(seen, _)| seen.place) {
        if let Some((_, last)) = bounds
            && last.saturating_add(1) < place
        {
            missing.push((last.saturating_add(1), place.saturating_sub(1)));
        }
        bounds = Some((bounds.map_or(place, |(first, _)| first), place));
    }
    let Some((first, last)) = bounds else {
        return fail("No record of the range is here.".to_owned());
    };
    if from_ms.is_none() && first > 0 {
        missing.insert(0, (0, first - 1));
    }
    if to_ms.is_none() && last.saturating_add(1) < export.sequence {
        missing.push((last.saturating_add(1), export.sequence.saturating_sub(1)));
    }
    if missing.is_empty() {
        let claim = words::capital(&claim_of_range(first, last));
        let sentence = format!(
            "The places run from {} to {} without a gap, and each record is proved at its own. Nothing excludes acts that were \
             never recorded.",
            words::number(first),
            words::number(last)
        );
        return finding(ids::COMPLETE, claim, Status::Pass, sentence);
    }
    let count: u64 = missing
        .iter()
        .map(|(from, to)| to.saturating_sub(*from).saturating_add(1))
        .sum();
    let names: Vec<String> = missing
        .iter()
        .map(|(from, to)| match from == to {
            true => words::number(*from),
            false => format!("{} to {}", words::number(*from), words::number(*to)),
        })
        .collect();
    let sentence = format!(
        "The log has {} at sequence {} in this range, and the file doesn't.",
        words::count(count, "record", "records"),
        words::list(&names, 8)
    );
    fail(sentence).naming_places(missing.into_iter().flat_map(|(from, to)| from..=to))
}

/// "The interval is whole at both ends"; nothing where the selection is no interval.
pub(super) fn boundary(case: &Case) -> Option<Finding> {
    let selection = case.selection()?;
    if let Some(asked) = of_agent(selection) {
        return Some(judge_stream::boundary(case, &asked));
    }
    let (from_ms, to_ms) = selection.interval()?;
    let (mut first, mut last) = (None, None);
    for one in selected(case) {
        first = first.or(Some(one));
        last = Some(one);
    }
    let at = |place: u64| case.records.at_place(place).filter(Seen::is_as_signed)?.body;
    let starts = as_signed(first).is_some_and(|body| match (body.sequence.checked_sub(1), from_ms) {
        (None, _) => true,
        (Some(before), Some(from)) => at(before).is_some_and(|before| before.logged_ms < from),
        (Some(_), None) => false,
    });
    let export = case.export().map(|(body, _)| body.sequence);
    let ends = as_signed(last).is_some_and(|body| {
        let after = body.sequence.saturating_add(1);
        let later = || at(after).zip(to_ms).is_some_and(|(after, to)| after.logged_ms >= to);
        export == Some(after) || later()
    });
    Some(judge_stream::bounded(
        starts,
        ends,
        &interval_words("record 0", from_ms, to_ms),
    ))
}

fn as_signed<'a>(record: Option<(Seen<'a>, Body<'a>)>) -> Option<Body<'a>> {
    let (seen, body) = record?;
    seen.is_as_signed().then_some(body)
}

/// "The log itself says what was exported."
pub(super) fn export(case: &Case) -> Finding {
    const TITLE: &str = "The log itself says what was exported";
    let fail = |sentence: String| finding(ids::EXPORT, TITLE, Status::Fail, sentence);
    let Some((body, exported)) = case.export() else {
        return fail("The last record under the checkpoint isn't here as the record of this export.".to_owned());
    };
    let Some(manifest) = &case.manifest else {
        return fail("Without a readable manifest there is nothing to compare it with.".to_owned())
            .about(name::MANIFEST);
    };
    if exported.asked.selection != manifest.selection {
        return fail(
            "It tells of an export of another agent, interval or selection than the manifest does.".to_owned(),
        );
    }
    if exported.asked.disclosure != manifest.disclosure || exported.asked.since != manifest.since {
        let sentence =
            "It says otherwise than the manifest which contents are disclosed, or what the log goes on from.";
        return fail(sentence.to_owned());
    }
    if exported.size != body.sequence || manifest.export_record != body.sequence {
        return fail("It isn't the record that follows the head at export.".to_owned());
    }
    let mut here = 0u64;
    let counted = |_: &Digest| here = here.saturating_add(1);
    let digest = match of_agent(&manifest.selection) {
        Some(asked) => selection(asked.selected(case).inspect(counted)),
        None => selection(selected(case).filter_map(|(seen, _)| seen.linked()).inspect(counted)),
    };
    if exported.selected != here || exported.selection != digest {
        let selected = words::count(exported.selected, "record was", "records were");
        return fail(format!(
            "It says that {selected} selected, and they aren't those that are here."
        ));
    }
    if let Some(why) = unlike(case, exported, &manifest.selection) {
        return fail(why);
    }
    let sentence = format!(
        "The record at sequence {} names {} for this file ({}), and they are those that are here.",
        words::number(body.sequence),
        words::count(exported.selected, "record", "records"),
        about(&manifest.selection)
    );
    finding(ids::EXPORT, TITLE, Status::Pass, sentence)
}

/// What else the export's record says of a selection, and the records don't.
fn unlike(case: &Case, exported: &Exported, selection: &Selection) -> Option<String> {
    // An agent's head is judged with the end of its stream.
    if of_agent(selection).is_some() {
        return None;
    }
    let named: BTreeMap<&str, (u64, Digest)> = exported
        .heads
        .iter()
        .map(|(stream, number, fp)| (stream.as_str(), (*number, *fp)))
        .collect();
    let (mut streams, mut beyond) = (BTreeSet::new(), BTreeSet::new());
    let mut is_decided = false;
    for (seen, body) in selected(case) {
        streams.insert(body.stream);
        let head = named.get(body.stream);
        if head.is_some_and(|(number, fp)| {
            body.stream_seq > *number || body.stream_seq == *number && seen.linked() != Some(*fp)
        }) {
            beyond.insert(body.stream);
        }
        if let (Selection::Approval { item_uid, .. }, Said::Fact(Fact::ItemDecided(decided))) = (selection, body.said) {
            is_decided |= decided.item_uid == *item_uid;
        }
    }
    if !streams.iter().eq(named.keys()) || named.len() != exported.heads.len() {
        return Some("It names the heads of other streams than those that were selected from.".to_owned());
    }
    if let Some((stream, ..)) = exported
        .heads
        .iter()
        .find(|(stream, ..)| beyond.contains(stream.as_str()))
    {
        return Some(format!(
            "The head that it names of {} isn't that of the records here.",
            words::name(stream)
        ));
    }
    match selection {
        Selection::Approval { item_uid, .. } if !is_decided => Some(format!(
            "No record here is a person's decision on the held item {}.",
            words::name(item_uid)
        )),
        _ => None,
    }
}
