//! What the one who verifies saw of a log before, held against what a file shows of it.

use std::cmp::Ordering;

use super::case::{Case, finding};
use super::ids;
use super::report::{Finding, Status};
use super::words;

/// "The log goes on from what you saw of it before"; nothing where nothing was seen of it.
pub(super) fn remembered(case: &Case) -> Option<Finding> {
    const TITLE: &str = "The log goes on from what you saw of it before";
    let sealed = case.seal.as_ref()?.checkpoint;
    let seen = case.pins.remembered(&sealed.origin)?;
    let (size, time) = (seen.checkpoint.size, words::time(seen.seen_ms));
    let records = words::count(size, "record", "records");
    let (status, sentence) = match (case.root_at(size), size.cmp(&sealed.size)) {
        (Some(root), _) if root != seen.checkpoint.root => (
            Status::Fail,
            format!(
                "On {time} you verified a file of this log with {records}, and they aren't the beginning of the log that this \
                 file is of: there are two histories of one log. Keep both files; together they show it."
            ),
        ),
        (Some(_), Ordering::Equal) => (
            Status::Pass,
            format!("It is the log of {records} that you saw on {time}."),
        ),
        (Some(_), _) => (
            Status::Pass,
            format!(
                "The {records} that you saw on {time} are the beginning of this log: nothing of them was changed since."
            ),
        ),
        (None, Ordering::Greater) => (
            Status::NotEstablished,
            format!(
                "This file is of the log as it was with {}, and on {time} you saw it with {records}. Nothing here shows that \
                 those go on from this: ask for a new export.",
                words::number(sealed.size)
            ),
        ),
        (None, _) => (
            Status::NotEstablished,
            format!(
                "On {time} you saw this log with {records}, and nothing here shows that it goes on from them. Ask the signer \
                 to export it again, going on from that file (`--since`)."
            ),
        ),
    };
    let detail = format!("seen: size {size}, root {}", seen.checkpoint.root);
    Some(finding(ids::MEMORY, TITLE, status, sentence).detailed(detail))
}
