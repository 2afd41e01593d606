//! `countersign log prove`, `consistency` and `check-receipt`: what the log proves, and the checks that need no log.

use std::path::{Path, PathBuf};

use contract::{
    CONSISTENCY_FORMAT, ConsistencyProof, ConsistencyQuery, INCLUSION_FORMAT, InclusionProof, InclusionQuery, Receipt,
    ReceiptState, SignedRotation,
};
use evidence::checkpoint::CheckpointError;
use evidence::rotation::{KeyRotation, LogKeys, SealError};
use evidence::tree::{verify_consistency, verify_inclusion};
use evidence::verifier::Pin;
use evidence::{Digest, LogEntry, Record, Role, SignedCheckpoint, Tag};
use reviewer::save;
use serde::de::DeserializeOwned;

use super::checked::{self, About, Held, Wrong};
use super::named;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::session;

/// A record to prove, or a proof to check.
#[derive(Debug, clap::Args)]
pub(crate) struct Inclusion {
    /// The record, by its number or anything that identifies it
    #[arg(required_unless_present = "check")]
    record: Option<String>,
    /// To the checkpoint over so many records [default: the first that covers it]
    #[arg(long, value_name = "COUNT", conflicts_with = "check")]
    size: Option<u64>,
    #[command(flatten)]
    files: Files,
}

/// Two sizes to prove, or a proof to check.
#[derive(Debug, clap::Args)]
pub(crate) struct Consistency {
    /// The earlier size, in records
    #[arg(required_unless_present = "check")]
    from: Option<u64>,
    /// The later size [default: the log's]
    to: Option<u64>,
    #[command(flatten)]
    files: Files,
}

/// Where a proof goes to or comes from.
#[derive(Debug, clap::Args)]
pub(crate) struct Files {
    /// Write the proof into this file, to be checked elsewhere
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    out: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
    /// Check this proof instead; needs no gateway and no log
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
    /// Trust the keys of this file too when checking, as `export-pin` writes it
    #[arg(long = "pin", value_name = "FILE")]
    pins: Vec<PathBuf>,
}

const PROOF: About = About {
    what: "The proof",
    signed: "The checkpoint is signed by the key pinned for this log, or one that it handed over to",
};

pub(super) async fn inclusion(context: &Context, args: Inclusion) -> Result<Exit, Failure> {
    if let Some(file) = &args.files.check {
        let pins = checked::pins(context, &args.files.pins)?;
        let checked = read(file, INCLUSION_FORMAT).and_then(|proof| check_inclusion(&proof, &pins));
        return checked::say(context, &PROOF, checked);
    }
    let wanted = args.record.unwrap_or_default();
    let proof = session::reading(context, async |o| {
        let sequence = named(o, &wanted).await?;
        Ok(o.log_prove(InclusionQuery {
            sequence,
            size: args.size,
        })
        .await?)
    })
    .await?;
    if let Some(out) = &args.files.out {
        save(&serde_json::to_vec_pretty(&proof)?, out, args.files.force)?;
    }
    context.output.show(&proof, |page| {
        page.line(format!(
            "Record {} is leaf {} of the tree of {} records.",
            proof.sequence, proof.sequence, proof.size
        ))
        .gap();
        page.facts(&[
            ("Log", proof.origin.as_str()),
            ("Fingerprint", &proof.fingerprint),
            ("Tag", &proof.tag),
            ("Root", &proof.root),
            ("Audit path", &proof.path.join("\n")),
            ("Checkpoint", proof.checkpoint.trim_end()),
        ]);
        say_where(page, args.files.out.as_deref(), "prove");
    })?;
    Ok(Exit::Done)
}

pub(super) async fn consistency(context: &Context, args: Consistency) -> Result<Exit, Failure> {
    if let Some(file) = &args.files.check {
        let pins = checked::pins(context, &args.files.pins)?;
        let checked = read(file, CONSISTENCY_FORMAT).and_then(|proof| check_consistency(&proof, &pins));
        return checked::say(context, &PROOF, checked);
    }
    let query = ConsistencyQuery {
        from: args.from.unwrap_or_default(),
        to: args.to,
    };
    let proof = session::reading(context, async |o| Ok(o.log_consistency(query).await?)).await?;
    if let Some(out) = &args.files.out {
        save(&serde_json::to_vec_pretty(&proof)?, out, args.files.force)?;
    }
    context.output.show(&proof, |page| {
        page.line(format!(
            "The log of {} records is the beginning of the log of {}.",
            proof.from, proof.to
        ))
        .gap();
        page.facts(&[
            ("Log", proof.origin.as_str()),
            ("Root then", &proof.from_root),
            ("Root later", &proof.to_root),
            ("Proof", &proof.path.join("\n")),
            (
                "Checkpoint",
                proof
                    .checkpoint
                    .as_deref()
                    .unwrap_or("none over the later size")
                    .trim_end(),
            ),
        ]);
        say_where(page, args.files.out.as_deref(), "consistency");
    })?;
    Ok(Exit::Done)
}

fn say_where(page: &mut crate::output::Page, out: Option<&Path>, verb: &str) {
    let file = out.map_or_else(|| "FILE".to_owned(), |out| out.display().to_string());
    let how = if out.is_some() {
        ""
    } else {
        "`--out FILE` writes it down; "
    };
    page.gap().line(format!(
        "{how}`countersign log {verb} --check {file}` checks it anywhere."
    ));
}

pub(super) async fn receipt(context: &Context, header: &str) -> Result<Exit, Failure> {
    let header = header.trim().trim_start_matches("countersign-receipt:");
    let parts: Vec<&str> = header.split_whitespace().collect();
    let &[origin, sequence, fingerprint] = parts.as_slice() else {
        return Err(Failure::with(
            Exit::NotThat,
            "a receipt has three parts: the log's origin, the record's number, its fingerprint",
        ));
    };
    let sequence = sequence
        .parse()
        .map_err(|_| Failure::with(Exit::NotThat, "a receipt's second part is the record's number"))?;
    let receipt = Receipt {
        origin: origin.to_owned(),
        sequence,
        fingerprint: fingerprint.to_owned(),
    };
    let check = session::reading(context, async |o| Ok(o.log_check_receipt(receipt).await?)).await?;
    context.output.show(&check, |page| {
        page.line(&check.sentence);
    })?;
    Ok(if check.state == ReceiptState::Held {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn read<T: DeserializeOwned>(file: &Path, format: &str) -> Result<T, Wrong> {
    let bytes = std::fs::read(file).map_err(|error| format!("`{}` can't be read ({error})", file.display()))?;
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| format!("it isn't a proof ({error})"))?;
    if value.get("format").and_then(serde_json::Value::as_str) != Some(format) {
        return Err(format!("it isn't of the format `{format}`"));
    }
    serde_json::from_value(value).map_err(|error| format!("it isn't a proof ({error})"))
}

fn check_inclusion(proof: &InclusionProof, pins: &[Pin]) -> Result<Held, Wrong> {
    let record =
        Record::parse(proof.record.as_bytes()).map_err(|error| format!("its record can't be read: {error}"))?;
    if !record.is_intact() || record.fingerprint().to_string() != proof.fingerprint {
        return Err("its record doesn't give the fingerprint that is proved".to_owned());
    }
    if record.sequence() != proof.sequence || record.origin().to_string() != proof.origin {
        return Err("its record says another place or log than the proof".to_owned());
    }
    let tag = tag(&proof.tag)?;
    let leaf = LogEntry {
        tag,
        d: *record.fingerprint(),
    }
    .leaf_hash();
    let root = digest(&proof.root)?;
    verify_inclusion(&leaf, proof.sequence, proof.size, &digests(&proof.path)?, &root)
        .map_err(|error| format!("its path doesn't hold: {error}"))?;
    let tree = Tree {
        origin: &proof.origin,
        size: proof.size,
        root,
    };
    let signed = signed(&proof.checkpoint, &proof.rotations, &tree, pins)?;
    Ok((
        signed,
        format!(
            "Record {} is in the log {} as its checkpoint over {} records describes it",
            proof.sequence, proof.origin, proof.size
        ),
    ))
}

fn check_consistency(proof: &ConsistencyProof, pins: &[Pin]) -> Result<Held, Wrong> {
    let (from_root, to_root) = (digest(&proof.from_root)?, digest(&proof.to_root)?);
    verify_consistency(proof.from, &from_root, proof.to, &to_root, &digests(&proof.path)?)
        .map_err(|error| format!("it doesn't hold: {error}"))?;
    let tree = Tree {
        origin: &proof.origin,
        size: proof.to,
        root: to_root,
    };
    let signed = match &proof.checkpoint {
        Some(checkpoint) => signed(checkpoint, &proof.rotations, &tree, pins)?,
        None => false,
    };
    Ok((
        signed,
        format!(
            "The log of {} records with root {} is the beginning of the log of {} records with root {}",
            proof.from, proof.from_root, proof.to, proof.to_root
        ),
    ))
}

/// What a proof's checkpoint has to be about.
struct Tree<'a> {
    origin: &'a str,
    size: u64,
    root: Digest,
}

/// Whether the checkpoint, which must be about this tree, is signed by a key that is pinned for the log, or by one that
/// rotations lead to from it.
fn signed(note: &str, rotations: &[SignedRotation], tree: &Tree<'_>, pins: &[Pin]) -> Result<bool, Wrong> {
    let checkpoint = SignedCheckpoint::parse(note).map_err(|error| format!("its checkpoint can't be read: {error}"))?;
    let claimed = checkpoint.claimed();
    if claimed.origin.to_string() != tree.origin || claimed.size != tree.size || claimed.root != tree.root {
        return Err("its checkpoint is about another log, size or root".to_owned());
    }
    let rotations: Vec<KeyRotation> = rotations
        .iter()
        .map(|signed| KeyRotation::of_envelopes(signed.by_old.as_bytes(), signed.by_new.as_bytes()))
        .collect::<Result<_, _>>()
        .map_err(|error| format!("a rotation of the log's key doesn't hold: {error}"))?;
    if rotations
        .iter()
        .any(|rotation| rotation.statement.origin != claimed.origin)
    {
        return Err("it carries a rotation of another log's key".to_owned());
    }
    let of_log = |pin: &&Pin| pin.origin == claimed.origin && pin.role == Role::Log;
    for pin in pins.iter().filter(of_log) {
        let keys = LogKeys::from_known(pin.key, &rotations)
            .map_err(|error| format!("the rotations of the log's key don't hold together: {error}"))?;
        match keys.verify(&checkpoint) {
            Ok(_) => return Ok(true),
            // A key that came later establishes nothing of before: then nobody is known to have signed.
            Err(SealError::Checkpoint(CheckpointError::NotSigned)) => {}
            Err(error) => {
                return Err(format!(
                    "its checkpoint doesn't hold under the key that is pinned: {error}"
                ));
            }
        }
    }
    Ok(false)
}

pub(super) fn digest(hex: &str) -> Result<Digest, Wrong> {
    hex.parse().map_err(|_| format!("`{hex}` isn't a digest"))
}

pub(super) fn digests(hex: &[String]) -> Result<Vec<Digest>, Wrong> {
    hex.iter().map(|hex| digest(hex)).collect()
}

fn tag(hex: &str) -> Result<Tag, Wrong> {
    // 16 bytes: half of a digest's form.
    let wide: Digest = format!("{hex}{}", "0".repeat(32))
        .parse()
        .map_err(|_| format!("`{hex}` isn't a tag"))?;
    let (tag, _) = wide.as_bytes().split_at(16);
    tag.try_into().map(Tag).map_err(|_| format!("`{hex}` isn't a tag"))
}
