//! What checking a file offline found, said in one way for proofs and exports.

use std::path::PathBuf;

use evidence::verifier::Pin;
use reviewer::{PinBook, domain_pins, parse_pins};
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Exit, Failure};

/// What a check found: what holds, in a sentence without its full stop; and whether a pinned key signed it.
pub(in crate::verbs) type Held = (bool, String);

/// What is wrong with a file.
pub(in crate::verbs) type Wrong = String;

/// What is checked, as its verdict says it.
pub(in crate::verbs) struct About {
    /// What fails: `The proof`.
    pub(in crate::verbs) what: &'static str,
    /// What is signed, and under which pinned key: `The checkpoint is signed by the key pinned for this log`.
    pub(in crate::verbs) signed: &'static str,
}

/// A verdict, for scripts and for people.
#[derive(Serialize)]
struct Checked {
    /// `verified`, `signer_not_established` or `failed`.
    verdict: &'static str,
    sentence: String,
}

/// Says the verdict, and gives its exit code.
pub(in crate::verbs) fn say(context: &Context, about: &About, checked: Result<Held, Wrong>) -> Result<Exit, Failure> {
    let (exit, verdict, sentence) = match checked {
        Ok((true, sentence)) => (Exit::Done, "verified", format!("{sentence}. {}.", about.signed)),
        Ok((false, sentence)) => (
            Exit::SignerNotEstablished,
            "signer_not_established",
            format!(
                "{sentence}. Who signed that is not established: no key is pinned for this log that leads to the one that signed, or nothing \
                 is signed."
            ),
        ),
        Err(wrong) => (Exit::Failed, "failed", format!("{} fails: {wrong}.", about.what)),
    };
    let checked = Checked { verdict, sentence };
    context.output.show(&checked, |page| {
        page.line(&checked.sentence);
    })?;
    Ok(exit)
}

/// The keys pinned on this machine, and those of these files.
pub(in crate::verbs) fn pins(context: &Context, files: &[PathBuf]) -> Result<Vec<Pin>, Failure> {
    let mut pins = PinBook::open(&context.data_dir)?.domain();
    for file in files {
        let unread = |error| Failure::new(format!("cannot read `{}` ({error})", file.display()));
        pins.extend(domain_pins(&parse_pins(&std::fs::read(file).map_err(unread)?)?));
    }
    Ok(pins)
}
