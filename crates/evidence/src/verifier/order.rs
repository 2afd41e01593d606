//! Whether the records are in their order: followed while they are read, so that no record has to be kept for it but those
//! about which there is something to say.

use std::collections::HashMap;

use uuid::Uuid;

use super::examine::Examined;
use super::names::Name;
use super::records::Records;
use super::seen::{Body, Seen};
use super::words;
use crate::hash::Digest;
use crate::record::Previous;

/// The most lines about whose order a question is kept until everything is known; beyond, it is answered at once.
const MOST: usize = 20_000;

/// A line whose order can't be told, or is wrong, by what was read before it: one before it may turn out to be another.
#[derive(Debug)]
struct Question {
    at: usize,
    before: Option<(usize, Option<Uuid>)>,
    in_stream: Option<usize>,
    prev: Option<Previous>,
    stream_prev: Option<Digest>,
}

/// What was read last.
#[derive(Debug, Clone, Copy)]
struct Last {
    at: usize,
    place: Option<u64>,
    /// Its sequence, uid, time and fingerprint, where it can be read.
    said: Option<(u64, Uuid, i64, Digest)>,
    in_order: bool,
}

/// The order of the lines read so far.
#[derive(Debug, Default)]
pub(super) struct Order {
    last: Option<Last>,
    streams: HashMap<Name, usize>,
    questions: Vec<Question>,
    /// Lines that were found wrong after [`MOST`] questions.
    further: u64,
    /// Lines that can't be read.
    unread: u64,
}

/// What a line says of those before it.
pub(super) struct Links {
    last: Last,
    prev: Option<Previous>,
    stream_prev: Option<Digest>,
}

impl Links {
    /// Of a line that will be the one at this place in the file.
    pub(super) fn of(seen: &Examined, at: usize) -> Self {
        let body = seen.body.as_ref();
        Self {
            last: Last {
                at,
                place: seen.place,
                said: body.map(|body| (body.sequence, body.uid, body.logged_ms, body.claimed)),
                in_order: seen.is_in_order(),
            },
            prev: body.and_then(|body| body.prev),
            stream_prev: body.and_then(|body| body.stream_prev),
        }
    }
}

impl Order {
    /// Takes in a line that was just kept.
    pub(super) fn follow(&mut self, links: &Links, records: &Records) {
        let at = links.last.at;
        let before = self.last.replace(links.last);
        let stream = records.stream(at);
        let in_stream = stream.and_then(|stream| self.streams.insert(stream, at));
        self.unread = self.unread.saturating_add(u64::from(stream.is_none()));
        if is_next(links, before) && is_next_in_stream(links, in_stream, records) {
            return;
        }
        let question = Question {
            at,
            before: before.map(|last| (last.at, last.said.map(|(_, uid, ..)| uid))),
            in_stream,
            prev: links.prev,
            stream_prev: links.stream_prev,
        };
        if self.questions.len() < MOST {
            self.questions.push(question);
        } else if answer(&question, records).is_some() {
            self.further = self.further.saturating_add(1);
        }
    }

    /// The lines that are out of order, with what is wrong, in their order.
    pub(super) fn problems<'a>(&self, records: &'a Records) -> Vec<(Seen<'a>, String)> {
        let answered = self.questions.iter().filter_map(|question| answer(question, records));
        answered.collect()
    }

    /// How many more are.
    pub(super) fn further(&self) -> u64 {
        self.further
    }

    /// How many lines can't be read, and so name no predecessor.
    pub(super) fn unread(&self) -> u64 {
        self.unread
    }
}

/// Whether a line plainly follows the one before it.
fn is_next(links: &Links, before: Option<Last>) -> bool {
    let Some(before) = before else { return true };
    if let (Some(place), Some(earlier)) = (links.last.place, before.place)
        && place <= earlier
    {
        return false;
    }
    let Some((sequence, _, logged_ms, _)) = links.last.said else {
        return true;
    };
    if before.said.is_some_and(|(.., earlier_ms, _)| earlier_ms > logged_ms) {
        return false;
    }
    let next_to = before.place.and_then(|place| place.checked_add(1)) == Some(sequence);
    let names_it = links.prev.is_some_and(|prev| {
        before.in_order
            && before
                .said
                .is_some_and(|(_, uid, _, claimed)| (uid, claimed) == (prev.uid, prev.fingerprint))
    });
    !next_to || links.prev.is_none() || names_it
}

/// Whether a line plainly follows the one before it in its stream.
fn is_next_in_stream(links: &Links, earlier: Option<usize>, records: &Records) -> bool {
    let here = records.get(links.last.at).and_then(|seen| seen.body);
    let earlier = earlier.and_then(|at| records.get(at));
    let (Some(here), Some(seen)) = (here, earlier) else {
        return true;
    };
    let Some(before) = seen.body else { return true };
    match before.stream_seq.checked_add(1) {
        Some(next) if next == here.stream_seq => {
            links.last.said.is_some() && seen.is_as_signed() && Some(before.claimed) == links.stream_prev
        }
        _ => before.stream_seq < here.stream_seq,
    }
}

/// What is wrong with the order of a line, now that it is known how those before it stand.
fn answer<'a>(question: &Question, records: &'a Records) -> Option<(Seen<'a>, String)> {
    let seen = records.get(question.at)?;
    let before = question.before.and_then(|(at, uid)| Some((records.get(at)?, uid)));
    let problem = misplaced(&seen, before.map(|(before, _)| before)).or_else(|| {
        let body = seen.body?;
        unlinked(&body, question, before, records)
    });
    problem.map(|problem| (seen, problem))
}

/// A place that doesn't rise from line to line.
fn misplaced(seen: &Seen<'_>, before: Option<Seen<'_>>) -> Option<String> {
    let (place, earlier) = (seen.place?, before?.place?);
    match place.cmp(&earlier) {
        std::cmp::Ordering::Greater => None,
        std::cmp::Ordering::Equal => Some("stands here twice".to_owned()),
        std::cmp::Ordering::Less => Some(format!("stands after sequence {}", words::number(earlier))),
    }
}

/// A predecessor that is here and isn't the one that the record names, in the log or in its stream.
fn unlinked(
    body: &Body<'_>,
    question: &Question,
    before: Option<(Seen<'_>, Option<Uuid>)>,
    records: &Records,
) -> Option<String> {
    if let (Some((before, uid)), Some(prev)) = (before, &question.prev)
        && before.place.and_then(|place| place.checked_add(1)) == Some(body.sequence)
    {
        if before.linked().is_some_and(|linked| linked != prev.fingerprint) {
            return Some("names another predecessor than the record before it".to_owned());
        }
        if uid.is_some_and(|uid| uid != prev.uid) {
            return Some("names another predecessor's uid than that of the record before it".to_owned());
        }
    }
    let earlier = question.in_stream.and_then(|at| records.get(at));
    if let Some((seen, earlier)) = earlier.and_then(|seen| Some((seen, seen.body?))) {
        if earlier.stream_seq.checked_add(1) == Some(body.stream_seq) && seen.linked() != question.stream_prev {
            return Some(format!(
                "names another predecessor in the stream `{}` than the one that is here",
                body.stream
            ));
        }
        if earlier.stream_seq >= body.stream_seq {
            return Some(format!(
                "has a number in the stream `{}` that an earlier record has passed",
                body.stream
            ));
        }
    }
    let earlier_ms = before
        .and_then(|(before, _)| before.body)
        .map(|before| before.logged_ms);
    (earlier_ms > Some(body.logged_ms)).then(|| "was logged earlier than the record before it".to_owned())
}
