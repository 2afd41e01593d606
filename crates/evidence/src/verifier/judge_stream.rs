//! Findings about what isn't there, of a file about one agent: nothing of it missing, the interval whole.

use std::cmp::Ordering;

use super::case::{Case, finding};
use super::facts::Exported;
use super::ids;
use super::report::{Finding, Status};
use super::seen::{Body, Seen};
use super::words;
use crate::casefile::{Named, name};
use crate::hash::Digest;

/// The agent and the interval that a file is about.
pub(super) struct OfAgent<'a> {
    pub(super) agent: &'a Named,
    pub(super) from_ms: Option<i64>,
    pub(super) to_ms: Option<i64>,
}

impl OfAgent<'_> {
    /// The linked fingerprints of the selected records, in their order.
    pub(super) fn selected<'a>(&'a self, case: &'a Case) -> impl Iterator<Item = Digest> + 'a {
        let selected = case.records.iter().filter(|seen| {
            let body = seen.body.filter(|body| body.stream == self.agent.uid);
            body.is_some_and(|body| self.place_of(&body).is_eq())
        });
        selected.filter_map(|seen| seen.linked())
    }

    /// Whether a record lies before the interval, in it, or after it.
    fn place_of(&self, body: &Body<'_>) -> Ordering {
        if self.from_ms.is_some_and(|from| body.logged_ms < from) {
            Ordering::Less
        } else if self.to_ms.is_some_and(|to| body.logged_ms >= to) {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    }
}

/// A record of the agent, with its words.
type Of<'a> = (Seen<'a>, Body<'a>);

/// The agent's records that the file is about, by their lines, with the neighbours that show where the interval ends.
struct Interval<'a> {
    case: &'a Case,
    before: Option<Of<'a>>,
    selected: Vec<u32>,
    after: Option<Of<'a>>,
}

impl<'a> Interval<'a> {
    fn of(case: &'a Case, asked: &OfAgent<'_>) -> Self {
        let mut interval = Self {
            case,
            before: None,
            selected: Vec::new(),
            after: None,
        };
        for (at, seen) in (0u32..).zip(case.records.iter()) {
            let Some(body) = seen.body.filter(|body| body.stream == asked.agent.uid) else {
                continue;
            };
            match asked.place_of(&body) {
                Ordering::Less => interval.before = Some((seen, body)),
                Ordering::Greater => interval.after = interval.after.or(Some((seen, body))),
                Ordering::Equal => interval.selected.push(at),
            }
        }
        interval.keep_neighbours();
        interval
    }

    /// A record before or after the interval bounds it only if no number lies between: else it supports something else,
    /// as the record that opens the stream does.
    fn keep_neighbours(&mut self) {
        let next_to = |(a, left): Of<'_>, (b, right): Of<'_>| {
            let altered = !a.is_as_signed() || !b.is_as_signed();
            altered || left.stream_seq.checked_add(1) == Some(right.stream_seq)
        };
        if let (Some(before), Some(first)) = (self.before, self.first().or(self.after)) {
            self.before = self.before.filter(|_| next_to(before, first));
        }
        if let (Some(after), Some(last)) = (self.after, self.last().or(self.before)) {
            self.after = self.after.filter(|_| next_to(last, after));
        }
    }

    fn at(&self, at: u32) -> Option<Of<'a>> {
        let seen = self.case.records.get(usize::try_from(at).ok()?)?;
        Some((seen, seen.body?))
    }

    /// The first of the selected records.
    fn first(&self) -> Option<Of<'a>> {
        self.at(*self.selected.first()?)
    }

    /// The last of the selected records.
    fn last(&self) -> Option<Of<'a>> {
        self.at(*self.selected.last()?)
    }

    /// Neighbours and selected records, in order.
    fn chain(&self) -> impl Iterator<Item = Of<'a>> {
        let selected = self.selected.iter().filter_map(|at| self.at(*at));
        self.before.into_iter().chain(selected).chain(self.after)
    }

    fn chain_first(&self) -> Option<Of<'a>> {
        self.before.or_else(|| self.first()).or(self.after)
    }

    fn chain_last(&self) -> Option<Of<'a>> {
        self.after.or_else(|| self.last()).or(self.before)
    }
}

fn head(exported: &Exported, agent: &str) -> Option<(u64, Digest)> {
    exported
        .heads
        .iter()
        .find(|(stream, ..)| stream == agent)
        .map(|(_, number, fp)| (*number, *fp))
}

/// "Nothing of the agent is missing": from one number of its chain to another, for more can't be shown.
pub(super) fn complete(case: &Case, asked: &OfAgent<'_>) -> Finding {
    let agent = words::name(&asked.agent.name);
    let title = format!("Nothing of {agent} is missing");
    let result = |status, sentence: String| finding(ids::COMPLETE, title.clone(), status, sentence);
    let interval = Interval::of(case, asked);
    let missing = missing_leaves(case, asked, &interval);
    if !missing.is_empty() {
        let sentence = format!(
            "The log has {} of {agent} at sequence {}, and the file doesn't.",
            words::count(missing.len() as u64, "record", "records"),
            listed(&missing)
        );
        return result(Status::Fail, sentence)
            .naming_places(missing)
            .about(name::RECORDS);
    }
    if let Some(gap) = gap(&interval, asked) {
        return result(Status::Fail, gap).about(name::RECORDS);
    }
    let Some((_, exported)) = case.export() else {
        let sentence = "The record of this export isn't here as it was signed, so nothing says where the records end.";
        return result(Status::Fail, sentence.to_owned());
    };
    if let Some(cut) = cut(&interval, exported, asked) {
        return result(Status::Fail, cut).about(name::RECORDS);
    }
    let Some(claim) = claimed(case, asked, &interval) else {
        let sentence = format!("No record of {agent} is here, and nothing shows that it has none in this interval.");
        return result(Status::NotEstablished, sentence);
    };
    finding(
        ids::COMPLETE,
        words::capital(&claim),
        Status::Pass,
        complete_sentence(case, asked, &interval, &claim),
    )
    .detailed(rebuilt(case, asked, &interval).unwrap_or_default())
}

/// What a pass claims: "nothing of support-bot is missing from its number 0 to number 11". That an interval has nothing of
/// it has to be shown by the records before and after; nothing, where it isn't.
pub(super) fn claim(case: &Case, asked: &OfAgent<'_>) -> Option<String> {
    claimed(case, asked, &Interval::of(case, asked))
}

fn claimed(case: &Case, asked: &OfAgent<'_>, interval: &Interval<'_>) -> Option<String> {
    let agent = words::name(&asked.agent.name);
    match (interval.first(), interval.last()) {
        (Some((_, first)), Some((_, last))) => {
            let (first, last) = (words::number(first.stream_seq), words::number(last.stream_seq));
            Some(format!(
                "nothing of {agent} is missing from its number {first} to number {last}"
            ))
        }
        _ => {
            let (starts, ends) = ends(case, asked, interval);
            (starts && ends).then(|| format!("nothing of {agent} lies in this interval"))
        }
    }
}

/// The first few of some places.
fn listed(places: &[u64]) -> String {
    let names: Vec<String> = places.iter().map(|place| words::number(*place)).collect();
    words::list(&names, 8)
}

/// Leaves of the agent, by its tag, in the part of the interval that the skeleton covers, that no line of the file is.
fn missing_leaves(case: &Case, asked: &OfAgent<'_>, interval: &Interval<'_>) -> Vec<u64> {
    // Beyond the neighbours, or the first and last record of an interval whose bounds aren't shown, nothing is claimed.
    let first = asked
        .from_ms
        .and(interval.chain_first())
        .map_or(0, |(_, body)| body.sequence);
    let last = asked
        .to_ms
        .and(interval.chain_last())
        .map_or(u64::MAX, |(_, body)| body.sequence);
    let mut absent = absent_leaves(case, asked);
    absent.retain(|place| (first..=last).contains(place));
    absent
}

/// All leaves of the agent, by its tag, that the skeleton has and no line of the file is.
fn absent_leaves(case: &Case, asked: &OfAgent<'_>) -> Vec<u64> {
    let (Some(seal), Some(tag)) = (&case.seal, case.tags.proved(&asked.agent.uid)) else {
        return Vec::new();
    };
    let begin = seal.skeleton_first().unwrap_or_default();
    let index = |place: u64| usize::try_from(place.checked_sub(begin)?).ok();
    let mut here = vec![false; seal.entries().count()];
    for place in case.records.iter().filter_map(|seen| seen.place) {
        if let Some(leaf) = index(place).and_then(|at| here.get_mut(at)) {
            *leaf = true;
        }
    }
    seal.entries()
        .zip(here)
        .filter(|((_, entry), here)| entry.tag == tag && !here)
        .map(|((place, _), _)| place)
        .collect()
}

/// A number of the stream that is passed over between two records that are here as signed.
fn gap(interval: &Interval<'_>, asked: &OfAgent<'_>) -> Option<String> {
    let agent = words::name(&asked.agent.name);
    // One that was altered may carry any number; what counts is that there is room for exactly it.
    let mut last: Option<(u64, u64)> = None;
    for (index, (seen, body)) in (0u64..).zip(interval.chain()) {
        if !seen.is_as_signed() {
            continue;
        }
        if let Some((number, at)) = last {
            let expected = number.saturating_add(index - at);
            if body.stream_seq > expected {
                let missing = words::count(body.stream_seq - expected, "record", "records");
                let (from, to) = (words::number(number), words::number(body.stream_seq));
                return Some(format!(
                    "Between number {from} and number {to} of {agent} {missing} can't be found here."
                ));
            }
        } else if interval.before.is_none() && body.stream_seq > index && asked.from_ms.is_none() {
            let missing = words::count(body.stream_seq - index, "record", "records");
            return Some(format!("The first {missing} of {agent} can't be found here."));
        }
        last = Some((body.stream_seq, index));
    }
    None
}

/// The stream goes on after the last record that is here, by the head that the export record names.
fn cut(interval: &Interval<'_>, exported: &Exported, asked: &OfAgent<'_>) -> Option<String> {
    let agent = words::name(&asked.agent.name);
    let Some((number, fp)) = head(exported, &asked.agent.uid) else {
        return Some(format!("The record of this export names no head of {agent}."));
    };
    if interval.after.is_some() {
        return None;
    }
    let Some((seen, body)) = interval.chain_last() else {
        // In a bounded interval that is a matter of its boundaries.
        return asked.to_ms.is_none().then(|| {
            format!(
                "{agent} has records up to number {}, and none is here.",
                words::number(number)
            )
        });
    };
    // The numbers of one that was altered say nothing; its place was checked by its links and leaf.
    if !seen.is_as_signed() {
        return None;
    }
    if body.stream_seq != number {
        let here = words::number(body.stream_seq);
        let sentence = format!(
            "The records of {agent} end here at number {here}, and the log's own at {}.",
            words::number(number)
        );
        return asked.to_ms.is_none().then_some(sentence);
    }
    (seen.hashes_to != Some(fp))
        .then(|| format!("The last record of {agent} isn't the one that the record of this export names as its head."))
}

fn complete_sentence(case: &Case, asked: &OfAgent<'_>, interval: &Interval<'_>, claim: &str) -> String {
    let mut sentences = vec![format!(
        "In the chain ending at the head that the operator named, {claim}."
    )];
    if interval.after.is_none() && is_head(case, asked, interval) {
        sentences.push("That is its head.".to_owned());
    }
    let absent = absent_leaves(case, asked);
    if !absent.is_empty() {
        sentences.push(format!(
            "The log has {} of it at sequence {}, outside of what is claimed, and they aren't here.",
            words::count(absent.len() as u64, "more record", "more records"),
            listed(&absent)
        ));
    }
    if !skeleton_covers(case, asked, interval) {
        sentences.push("Without a skeleton this doesn't exclude a second chain.".to_owned());
    }
    sentences.push("Nothing excludes acts filed under another agent, or acts that were never recorded.".to_owned());
    sentences.join(" ")
}

/// What the skeleton shows.
fn rebuilt(case: &Case, asked: &OfAgent<'_>, interval: &Interval<'_>) -> Option<String> {
    let seal = case.seal.as_ref().filter(|_| skeleton_covers(case, asked, interval))?;
    Some(format!(
        "{} from {} to {} were rebuilt to the sealed root: no other within what is claimed has this agent's tag. Whose the \
         leaves under other tags are isn't shown.",
        words::count(seal.entries().count() as u64, "leaf", "leaves"),
        words::number(seal.skeleton_first().unwrap_or_default()),
        words::number(seal.checkpoint.size.saturating_sub(1))
    ))
}

fn skeleton_covers(case: &Case, asked: &OfAgent<'_>, interval: &Interval<'_>) -> bool {
    let tag = case.tags.proved(&asked.agent.uid);
    let first = case
        .seal
        .as_ref()
        .filter(|_| tag.is_some())
        .and_then(super::seal::Seal::skeleton_first);
    match (first, interval.chain_first()) {
        (Some(first), Some((_, body))) => first <= body.sequence,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// "The interval is whole at both ends."
pub(super) fn boundary(case: &Case, asked: &OfAgent<'_>) -> Finding {
    let (starts, ends) = ends(case, asked, &Interval::of(case, asked));
    bounded(starts, ends, &of_agent_words(asked.from_ms, asked.to_ms))
}

/// Whether the interval's beginning and its end are shown.
fn ends(case: &Case, asked: &OfAgent<'_>, interval: &Interval<'_>) -> (bool, bool) {
    let starts = match (interval.before, interval.first()) {
        (Some((before, _)), _) => before.is_as_signed(),
        (None, Some((first, body))) => first.is_as_signed() && body.stream_seq == 0,
        (None, None) => interval
            .after
            .is_some_and(|(after, body)| after.is_as_signed() && body.stream_seq == 0),
    };
    let ends = match interval.after {
        Some((after, _)) => after.is_as_signed(),
        None => is_head(case, asked, interval),
    };
    (starts, ends)
}

/// Whether the last record that is here is the head that the record of the export names.
fn is_head(case: &Case, asked: &OfAgent<'_>, interval: &Interval<'_>) -> bool {
    let head = case.export().and_then(|(_, exported)| head(exported, &asked.agent.uid));
    interval
        .chain_last()
        .is_some_and(|(last, body)| last.is_as_signed() && head == last.hashes_to.map(|d| (body.stream_seq, d)))
}

/// The finding about an interval's two ends.
pub(super) fn bounded(starts: bool, ends: bool, interval: &str) -> Finding {
    let (status, sentence) = match (starts, ends) {
        (true, true) => (
            Status::Pass,
            format!("The records before and after it, or the log's own ends, bound it: {interval}."),
        ),
        (false, true) => (
            Status::NotEstablished,
            format!("The boundary at its beginning isn't established: {interval}."),
        ),
        (true, false) => (
            Status::NotEstablished,
            format!("The boundary at its end isn't established: {interval}."),
        ),
        (false, false) => (
            Status::NotEstablished,
            format!("Its boundaries aren't established: {interval}."),
        ),
    };
    finding(ids::BOUNDARY, "The interval is whole at both ends", status, sentence)
}

/// An interval in words; `first` is where it begins if nothing bounds it.
pub(super) fn interval_words(first: &str, from_ms: Option<i64>, to_ms: Option<i64>) -> String {
    let from = from_ms.map_or_else(|| first.to_owned(), words::time);
    let to = to_ms.map_or_else(|| "the export".to_owned(), |to| format!("before {}", words::time(to)));
    format!("from {from} to {to}")
}

/// The interval of an agent's records in words.
pub(super) fn of_agent_words(from_ms: Option<i64>, to_ms: Option<i64>) -> String {
    interval_words("its first record", from_ms, to_ms)
}
