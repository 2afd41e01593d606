//! `countersign dsar`: every prompt, answer and reason in which a person is named, as a signed document for that person to have.

use std::path::{Path, PathBuf};

use contract::SubjectRequest;
use evidence::envelope::IN_TOTO;
use evidence::json::parse_canonical;
use evidence::statement::SubjectExportStatement;
use evidence::verifier::Pin;
use evidence::{Digest, Envelope, Role};
use reviewer::{CaseFileError, attestation_of, save};
use serde::Serialize;
use serde_json::Value;

use super::log::checked::{self, About, Held, Wrong};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::session;

const EXPORT: About = About {
    what: "The export",
    signed: "The attestation is signed by the case file key pinned for this log",
};

/// What to do with what is known of a person.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Write every content in which a text stands, with its record, as one signed JSON document
    Export {
        /// The person's name, address or number: looked for as `content erase --text` does
        text: String,
        /// Why; recorded
        #[arg(long)]
        reason: String,
        /// Where to, with its attestation beside it as FILE.dsse.json [default: the name that the gateway offers, here]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Replace files that are there
        #[arg(long)]
        force: bool,
    },
    /// Check such a document against the attestation beside it, offline
    Check {
        /// The document
        file: PathBuf,
        /// Its attestation [default: FILE.dsse.json]
        #[arg(long, value_name = "FILE")]
        attestation: Option<PathBuf>,
        /// Trust the keys of this file too, as `export-pin` writes it
        #[arg(long = "pin", value_name = "FILE")]
        pins: Vec<PathBuf>,
    },
}

/// What was written.
#[derive(Serialize)]
struct Written {
    path: String,
    attestation: String,
    sha256: String,
    records: u64,
    found: u64,
    export_record: u64,
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Export {
            text,
            reason,
            out,
            force,
        } => export(context, SubjectRequest { text, reason }, out, force).await,
        Verb::Check {
            file,
            attestation,
            pins,
        } => {
            let attestation = attestation.unwrap_or_else(|| attestation_of(&file));
            let pins = checked::pins(context, &pins)?;
            check(context, &file, &attestation, &pins)
        }
    }
}

async fn export(
    context: &Context,
    request: SubjectRequest,
    out: Option<PathBuf>,
    force: bool,
) -> Result<Exit, Failure> {
    let there = |out: &Path| {
        [out.to_owned(), attestation_of(out)]
            .into_iter()
            .find(|path| path.exists())
    };
    if let Some(path) = out.as_deref().filter(|_| !force).and_then(there) {
        return Err(CaseFileError::There(path).into());
    }
    let export = session::with(context, async |o| Ok(o.subject_export(request).await?)).await?;
    let offered = || Path::new(&export.name).file_name().map(PathBuf::from);
    let out = out
        .or_else(offered)
        .unwrap_or_else(|| PathBuf::from("about-a-person.json"));
    let attestation = attestation_of(&out);
    save(export.document.as_bytes(), &out, force)?;
    save(export.attestation.as_bytes(), &attestation, force)?;
    let written = Written {
        path: std::path::absolute(&out)?.display().to_string(),
        attestation: std::path::absolute(&attestation)?.display().to_string(),
        sha256: export.sha256,
        records: export.records,
        found: export.found,
        export_record: export.export_record,
    };
    context.output.show(&written, |page| {
        page.line(format!(
            "Wrote {}: {} contents of {} records.",
            out.display(),
            written.found,
            written.records
        ))
        .gap();
        page.facts(&[
            ("SHA-256", written.sha256.clone()),
            ("Attestation", attestation.display().to_string()),
            ("Recorded as", format!("record {}", written.export_record)),
        ]);
    })?;
    Ok(Exit::Done)
}

fn check(context: &Context, file: &Path, attestation: &Path, pins: &[Pin]) -> Result<Exit, Failure> {
    let read = |path: &Path| {
        std::fs::read(path)
            .map_err(|error| Failure::with(Exit::NotThat, format!("`{}` can't be read ({error})", path.display())))
    };
    let not_that = |why: String| {
        Failure::with(
            Exit::NotThat,
            format!("`{}` attests no export about a person: {why}", attestation.display()),
        )
    };
    let envelope = Envelope::parse(&read(attestation)?).map_err(|error| not_that(error.to_string()))?;
    let statement = SubjectExportStatement::parse(envelope.unverified_payload());
    let statement = statement.map_err(|error| not_that(error.to_string()))?;
    checked::say(context, &EXPORT, held(&read(file)?, &envelope, &statement, pins))
}

/// Whether the document is the attested one, by whom, and whether it is about what the attestation says.
fn held(document: &[u8], envelope: &Envelope, statement: &SubjectExportStatement, pins: &[Pin]) -> Result<Held, Wrong> {
    if Digest::sha256(document) != statement.document_sha256 {
        return Err("the document isn't the attested one: its SHA-256 is another".to_owned());
    }
    let said = parse_canonical(document).map_err(|error| format!("the document can't be read: {error}"))?;
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
    let records = said
        .get("records")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let contents = |record: &Value| record.get("contents").and_then(Value::as_array).map_or(0, Vec::len);
    let found: usize = records.iter().map(contents).sum();
    let same = text("origin") == statement.origin.to_string()
        && text("root") == statement.root.to_string()
        && said.get("tree_size").and_then(Value::as_u64) == Some(statement.tree_size)
        && (records.len() as u64, found as u64) == (statement.records, statement.found);
    if !same {
        return Err("the document says otherwise than its attestation".to_owned());
    }
    let own = |pin: &&Pin| pin.origin == statement.origin && pin.role == Role::Case;
    let mut pinned = pins.iter().filter(own).peekable();
    let signed = pinned.peek().is_some();
    if signed && !pinned.any(|pin| envelope.verify(IN_TOTO, &pin.key).is_ok()) {
        return Err("its attestation isn't signed by the case file key that is pinned for this log".to_owned());
    }
    let sentence = format!(
        "The document is the attested one, {} contents of {} records, found in the first {} records of the log {}. That nothing \
         else matches is the signer's word",
        statement.found, statement.records, statement.tree_size, statement.origin
    );
    Ok((signed, sentence))
}
