//! `countersign log export`: records as JSON Lines, and the attestation beside them.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use contract::{LogExport, LogExportRequest, LogLinesQuery, Operators};
use reviewer::{CaseFileError, NewFile, attestation_of, save};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::Filter;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Output, aside};
use crate::session;

/// What to export, and where to.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    filter: Filter,
    /// Where to, with its attestation beside it as FILE.dsse.json [default: standard output, without attestation]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

/// What was written.
#[derive(Serialize)]
struct Written {
    path: String,
    attestation: String,
    sha256: String,
    count: u64,
    tree_size: u64,
    export_record: u64,
}

/// Where lines go.
enum Sink {
    Stdout(Output),
    File(NewFile),
}

pub(super) async fn run(context: &Context, args: Args) -> Result<(), Failure> {
    let places = args.out.as_deref().map(|out| (out, attestation_of(out)));
    if let Some((out, attestation)) = &places {
        for path in [*out, attestation.as_path()] {
            if !args.force && path.exists() {
                return Err(CaseFileError::There(path.to_owned()).into());
            }
        }
    }
    let request = LogExportRequest {
        filter: args.filter.text(),
    };
    let mut sink = match &places {
        Some((out, _)) => Sink::File(NewFile::begin(out)?),
        None => Sink::Stdout(context.output),
    };
    let export = session::with(context, async |o| {
        let export = o.log_export(request).await?;
        copy(o, &export, &mut sink).await?;
        Ok(export)
    })
    .await?;
    match (sink, places) {
        (Sink::File(file), Some((out, attestation))) => {
            file.keep(args.force)?;
            save(export.attestation.as_bytes(), &attestation, args.force)?;
            say(context, &export, out, &attestation)
        }
        _ => {
            aside(&format!(
                "{} of the log's first {} records; recorded as record {}. `--out FILE` puts the attestation beside them.",
                export.count, export.tree_size, export.export_record
            ));
            Ok(())
        }
    }
}

/// Fetches every line, and sees that they are the attested ones.
async fn copy(operators: &dyn Operators, export: &LogExport, sink: &mut Sink) -> Result<(), Failure> {
    let mut sha256 = Sha256::new();
    let mut at = 0;
    loop {
        let query = LogLinesQuery {
            export_record: export.export_record,
            at,
        };
        let lines = operators.log_lines(query).await?.lines;
        if lines.is_empty() {
            break;
        }
        at += lines.len() as u64;
        let mut text = lines.join("\n");
        text.push('\n');
        sha256.update(text.as_bytes());
        match sink {
            Sink::Stdout(output) => output.lines(&text)?,
            Sink::File(file) => file.write_all(text.as_bytes())?,
        }
    }
    let found = evidence::Digest::new(sha256.finalize().into()).to_string();
    if found == export.sha256 && at == export.count {
        return Ok(());
    }
    Err(Failure::new(format!(
        "the lines that came aren't the attested ones (SHA-256 {found} instead of {}); verify the log with \
         `countersign log verify`",
        export.sha256
    )))
}

fn say(context: &Context, export: &LogExport, out: &Path, attestation: &Path) -> Result<(), Failure> {
    let written = Written {
        path: std::path::absolute(out)?.display().to_string(),
        attestation: std::path::absolute(attestation)?.display().to_string(),
        sha256: export.sha256.clone(),
        count: export.count,
        tree_size: export.tree_size,
        export_record: export.export_record,
    };
    context.output.show(&written, |page| {
        page.line(format!("Wrote {} with {} records.", out.display(), export.count))
            .gap();
        page.facts(&[
            ("SHA-256", export.sha256.clone()),
            ("Of the log's first", format!("{} records", export.tree_size)),
            ("Root", export.root.clone()),
            ("Attestation", attestation.display().to_string()),
            ("Recorded as", format!("record {}", export.export_record)),
        ]);
    })
}
