//! The records as they are kept in mind until all are read: of one that is in order some 70 bytes, whatever it says, so
//! that a file of a million records fits into the memory of any machine. What is out of the ordinary is kept beside.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;

use super::examine::{Examined, Standing};
use super::facts::{CallDecided, CallFinished, Fact};
use super::names::{Name, Names};
use super::seen::{Acted, Body, Call, Effect, Finished, Held, Said, Seen};
use crate::hash::Digest;

/// A line as it is kept. Of a record that is as signed, `place` is its sequence and `claimed` what it hashes to.
#[derive(Debug)]
struct Line {
    place: u64,
    logged_ms: i64,
    stream_seq: u64,
    claimed: Digest,
    stream: Option<Name>,
    correlation: Option<Name>,
    what: Option<Name>,
    fact: FactAt,
}

/// Where what a record says is kept, and whether the line is an odd one: four bytes.
#[derive(Debug, Clone, Copy)]
struct FactAt(u32);

impl FactAt {
    const OTHER: u32 = 0;
    const MALFORMED: u32 = 1;
    const CALL: u32 = 2;
    const FINISHED: u32 = 3;
    const FINISHED_UNKNOWN: u32 = 4;
    const KEPT: u32 = 5;
    const ODD: u32 = 1 << 3;
    const BITS: u32 = 4;

    fn new(kind: u32, at: usize, odd: bool) -> Self {
        let odd = if odd { Self::ODD } else { 0 };
        Self(u32::try_from(at).unwrap_or_default() << Self::BITS | odd | kind)
    }

    fn is_odd(self) -> bool {
        self.0 & Self::ODD != 0
    }

    fn kind(self) -> u32 {
        self.0 & (Self::ODD - 1)
    }

    fn at(self) -> usize {
        usize::try_from(self.0 >> Self::BITS).unwrap_or(usize::MAX)
    }
}

/// What is out of the ordinary with a line.
#[derive(Debug)]
struct Odd {
    /// Nothing where it can't be read as a record.
    sequence: Option<u64>,
    place: Option<u64>,
    unreadable: Option<String>,
    hashes_to: Option<Digest>,
    standing: Standing,
    unproved: Option<String>,
    /// What the record after it in the log, or else in its stream, says that it was; as far as these were read.
    in_log: Option<Digest>,
    in_stream: Option<Digest>,
}

#[derive(Debug)]
struct KeptCall {
    effect: Effect,
    action_digest: Option<Digest>,
    action_holds: bool,
    policy: u32,
    /// Its place among the held ones, counted from 1.
    held: Option<NonZeroU32>,
}

/// The lines of `records.jsonl`, by their places in it.
#[derive(Debug, Default)]
pub(super) struct Records {
    lines: Vec<Line>,
    calls: Vec<KeptCall>,
    held: Vec<Held>,
    policies: Vec<Digest>,
    policy_at: HashMap<Digest, u32>,
    facts: Vec<Fact>,
    contradictions: BTreeMap<usize, &'static str>,
    odd: BTreeMap<usize, Odd>,
    odd_places: HashMap<u64, usize>,
    odd_numbers: HashMap<(Name, u64), usize>,
    pub(super) names: Names,
    beside: u64,
}

/// What an odd line, or a kept fact, costs beside its texts: an estimate, and on the safe side.
const BESIDE: u64 = 512;

impl Records {
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// About how many bytes of memory they take beside what every record takes.
    pub(super) fn bytes_beside(&self) -> u64 {
        self.beside.saturating_add(self.names.bytes())
    }

    /// The line at this place in the file.
    pub(super) fn get(&self, at: usize) -> Option<Seen<'_>> {
        let line = self.lines.get(at)?;
        let odd = line.fact.is_odd().then(|| self.odd.get(&at)).flatten();
        let text = |name: Option<Name>| name.map(|name| self.names.text(name));
        let body = |sequence| Body {
            sequence,
            logged_ms: line.logged_ms,
            stream: text(line.stream).unwrap_or_default(),
            stream_seq: line.stream_seq,
            claimed: line.claimed,
            correlation: text(line.correlation),
            said: self.said(line.fact),
            contradiction: self.contradictions.get(&at).copied(),
        };
        Some(Seen {
            number: (at as u64).saturating_add(1),
            place: odd.map_or(Some(line.place), |odd| odd.place),
            what: text(line.what).unwrap_or_default(),
            body: odd.map_or(Some(line.place), |odd| odd.sequence).map(body),
            unreadable: odd.and_then(|odd| odd.unreadable.as_deref()),
            hashes_to: odd.map_or(Some(line.claimed), |odd| odd.hashes_to),
            standing: odd.map_or(Standing::AsSigned, |odd| odd.standing),
            unproved: odd.and_then(|odd| odd.unproved.as_deref()),
        })
    }

    fn said(&self, fact: FactAt) -> Said<'_> {
        let finished = |known| {
            Said::Finished(Finished {
                known,
                action: Acted::AsDecided,
            })
        };
        match fact.kind() {
            FactAt::MALFORMED => Said::Malformed,
            FactAt::CALL => self.call(fact.at()).map_or(Said::Malformed, Said::Call),
            FactAt::FINISHED => finished(true),
            FactAt::FINISHED_UNKNOWN => finished(false),
            FactAt::KEPT => match self.facts.get(fact.at()) {
                Some(Fact::CallFinished(finished)) => Said::Finished(Finished {
                    known: finished.known,
                    action: Acted::Says(finished.action_digest),
                }),
                Some(fact) => Said::Fact(fact),
                None => Said::Malformed,
            },
            _ => Said::Other,
        }
    }

    fn call(&self, at: usize) -> Option<Call<'_>> {
        let call = self.calls.get(at)?;
        let index = |at: u32| usize::try_from(at).ok();
        Some(Call {
            effect: call.effect,
            action_digest: call.action_digest,
            action_holds: call.action_holds,
            policy_sha256: *self.policies.get(index(call.policy)?)?,
            held: call.held.and_then(|at| self.held.get(index(at.get())?.checked_sub(1)?)),
        })
    }

    /// The stream of a line.
    pub(super) fn stream(&self, at: usize) -> Option<Name> {
        self.lines.get(at)?.stream
    }

    /// The stream and the request of a line; nothing where it can't be read.
    pub(super) fn request(&self, at: usize) -> Option<(Name, Option<Name>)> {
        let line = self.lines.get(at)?;
        Some((line.stream?, line.correlation))
    }

    /// Whether the record in the one line stands before that in the other, in the log, as they say.
    pub(super) fn is_before(&self, one: usize, other: usize) -> bool {
        let sequence = |at: usize| self.lines.get(at).map(|line| line.place);
        sequence(one)
            .zip(sequence(other))
            .is_some_and(|(one, other)| one < other)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Seen<'_>> {
        (0..self.lines.len()).filter_map(|at| self.get(at))
    }

    pub(super) fn first(&self) -> Option<Seen<'_>> {
        self.get(0)
    }

    pub(super) fn last(&self) -> Option<Seen<'_>> {
        self.get(self.lines.len().checked_sub(1)?)
    }

    /// The lines that aren't, in every respect, as signed.
    pub(super) fn odd(&self) -> impl Iterator<Item = Seen<'_>> {
        self.odd.keys().filter_map(|at| self.get(*at))
    }

    /// The line of this place in the log, in a file whose lines go by ascending place.
    pub(super) fn at_place(&self, place: u64) -> Option<Seen<'_>> {
        let (mut low, mut high) = (0, self.lines.len());
        while low < high {
            let middle = low.midpoint(high);
            let seen = self.get(middle)?;
            match seen.place.cmp(&Some(place)) {
                std::cmp::Ordering::Equal => return Some(seen),
                std::cmp::Ordering::Less => low = middle.saturating_add(1),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Keeps a line, and gives its place in the file. `decided` is the action of the first decision on its request.
    pub(super) fn push(&mut self, seen: Examined, decided: Option<Digest>) -> usize {
        let at = self.lines.len();
        let what = (!seen.what.is_empty()).then(|| self.names.take(&seen.what));
        let is_odd = !seen.is_in_order();
        let Some(body) = &seen.body else {
            self.keep_odd(at, &seen, None);
            self.lines.push(Line {
                place: 0,
                logged_ms: 0,
                stream_seq: 0,
                claimed: Digest::new([0; 32]),
                stream: None,
                correlation: None,
                what,
                fact: FactAt::new(FactAt::OTHER, 0, true),
            });
            return at;
        };
        let stream = self.names.take(&body.stream);
        let correlation = body.correlation.as_deref().map(|uid| self.names.take(uid));
        if is_odd {
            self.keep_odd(at, &seen, Some(stream));
        } else {
            self.tell(body.sequence, stream, body);
        }
        let Some(body) = seen.body else { return at };
        if let Some(contradiction) = body.contradiction {
            self.beside = self.beside.saturating_add(64);
            self.contradictions.insert(at, contradiction);
        }
        let decided = decided.filter(|_| !is_odd);
        let (kind, index) = self.keep(body.fact, decided);
        self.lines.push(Line {
            place: body.sequence,
            logged_ms: body.logged_ms,
            stream_seq: body.stream_seq,
            claimed: body.claimed,
            stream: Some(stream),
            correlation,
            what,
            fact: FactAt::new(kind, index, is_odd),
        });
        at
    }

    fn keep_odd(&mut self, at: usize, seen: &Examined, stream: Option<Name>) {
        let texts = [&seen.unreadable, &seen.unproved].into_iter().flatten();
        let texts: usize = texts.map(String::len).sum();
        self.beside = self.beside.saturating_add(BESIDE).saturating_add(texts as u64);
        if let Some(place) = seen.place {
            self.odd_places.insert(place, at);
        }
        if let (Some(stream), Some(body)) = (stream, &seen.body) {
            self.odd_numbers.insert((stream, body.stream_seq), at);
        }
        let odd = Odd {
            sequence: seen.body.as_ref().map(|body| body.sequence),
            place: seen.place,
            unreadable: seen.unreadable.clone(),
            hashes_to: seen.hashes_to,
            standing: seen.standing,
            unproved: seen.unproved.clone(),
            in_log: None,
            in_stream: None,
        };
        self.odd.insert(at, odd);
    }

    /// A record that is as signed says what stood before it, in the log and in its stream.
    fn tell(&mut self, sequence: u64, stream: Name, body: &super::examine::Body) {
        let before = sequence.checked_sub(1).and_then(|place| self.odd_places.get(&place));
        if let Some(odd) = before.and_then(|at| self.odd.get_mut(at)) {
            odd.in_log = body.prev.as_ref().map(|prev| prev.fingerprint);
        }
        let number = body.stream_seq.checked_sub(1);
        let before = number.and_then(|number| self.odd_numbers.get(&(stream, number)));
        if let Some(odd) = before.and_then(|at| self.odd.get_mut(at)) {
            odd.in_stream = body.stream_prev;
        }
    }

    /// Keeps what a record says: its kind, and where it is kept.
    fn keep(&mut self, fact: Fact, decided: Option<Digest>) -> (u32, usize) {
        match fact {
            Fact::Other => (FactAt::OTHER, 0),
            Fact::Malformed => (FactAt::MALFORMED, 0),
            Fact::CallDecided(call) => (FactAt::CALL, self.keep_call(&call)),
            Fact::CallFinished(CallFinished { known, action_digest })
                if decided.is_some() && action_digest == decided =>
            {
                match known {
                    true => (FactAt::FINISHED, 0),
                    false => (FactAt::FINISHED_UNKNOWN, 0),
                }
            }
            fact => {
                self.beside = self.beside.saturating_add(BESIDE).saturating_add(fact.text_bytes());
                self.facts.push(fact);
                (FactAt::KEPT, self.facts.len().saturating_sub(1))
            }
        }
    }

    fn keep_call(&mut self, call: &CallDecided) -> usize {
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let next = number(self.policies.len());
        let policy = *self.policy_at.entry(call.policy_sha256).or_insert(next);
        if policy == next {
            self.policies.push(call.policy_sha256);
            self.beside = self.beside.saturating_add(128);
        }
        let held = call.item_uid.as_deref().and_then(|uid| {
            let held = Held {
                item: self.names.take(uid),
                view_c: call.view_c(),
                tier: call.tier,
                sponsor: self.names.take(&call.sponsor),
                policy_author: call.policy_author.as_deref().map(|uid| self.names.take(uid)),
            };
            self.beside = self.beside.saturating_add(96);
            self.held.push(held);
            NonZeroU32::new(number(self.held.len()))
        });
        self.calls.push(KeptCall {
            effect: match call.effect.as_str() {
                "allow" => Effect::Allow,
                "hold" => Effect::Hold,
                _ => Effect::Deny,
            },
            action_digest: call.action_digest,
            action_holds: call.action_holds,
            policy,
            held,
        });
        self.calls.len().saturating_sub(1)
    }

    /// What records without a proof of their own are: by what their proved successors say of them, or because the record
    /// that was signed in their place is here too.
    pub(super) fn settle(&mut self) {
        if !self.odd.is_empty() {
            self.find_doubles();
        }
        for odd in self.odd.values_mut().filter(|odd| odd.place.is_some()) {
            match (odd.standing, odd.in_log.or(odd.in_stream)) {
                (Standing::Altered(None), Some(signed)) => odd.standing = Standing::Altered(Some(signed)),
                (Standing::Unproved, Some(signed)) if odd.hashes_to != Some(signed) => {
                    odd.standing = Standing::Altered(Some(signed));
                }
                _ => {}
            }
        }
    }

    /// Holds the odd lines against the records that are as signed and stand at the same place in the log or in a stream.
    fn find_doubles(&mut self) {
        for line in self.lines.iter().filter(|line| !line.fact.is_odd()) {
            let same = self.odd_places.get(&line.place);
            if let Some(odd) = same.and_then(|at| self.odd.get_mut(at)) {
                odd.in_log = odd.in_log.or(Some(line.claimed));
            }
            let number = line.stream.map(|stream| (stream, line.stream_seq));
            let same = number.and_then(|number| self.odd_numbers.get(&number));
            if let Some(odd) = same.and_then(|at| self.odd.get_mut(at)) {
                odd.in_stream = odd.in_stream.or(Some(line.claimed));
            }
        }
    }
}
