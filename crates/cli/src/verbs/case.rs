//! `countersign case`: signed case files.

use std::path::{Path, PathBuf};

use contract::{CaseFile, CaseRequest};
use reviewer::{CaseFileError, save_case};
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::{session, times};

/// What to do with case files.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Write a signed case file of one agent and a time range
    Export {
        /// The agent's name or uid
        #[arg(long)]
        agent: String,
        /// From this time on, UTC: 2026-11-20 or 2026-11-20T08:00:00Z
        #[arg(long, value_name = "TIME", value_parser = times::parse)]
        from: Option<i64>,
        /// To before this time, UTC
        #[arg(long, value_name = "TIME", value_parser = times::parse)]
        to: Option<i64>,
        /// Disclose the prompts, answers, reasons and views; otherwise only commitments to them go in
        #[arg(long)]
        disclose_contents: bool,
        /// Where to write it [default: the name that the gateway offers, here]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Replace a file that is there
        #[arg(long)]
        force: bool,
    },
}

/// What was written.
#[derive(Serialize)]
struct Exported {
    path: String,
    sha256: String,
    records: u64,
    export_record: u64,
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    let Verb::Export {
        agent,
        from,
        to,
        disclose_contents,
        out,
        force,
    } = verb;
    if let Some(out) = out.as_deref().filter(|out| !force && out.exists()) {
        return Err(CaseFileError::There(out.to_owned()).into());
    }
    let request = CaseRequest {
        agent,
        from_ms: from,
        to_ms: to,
        disclose_contents,
    };
    let case = session::with(context, async |o| Ok(o.case_export(request).await?)).await?;
    let out = out.unwrap_or_else(|| offered(&case));
    save_case(&case, &out, force)?;
    let exported = Exported {
        path: std::path::absolute(&out)?.display().to_string(),
        sha256: case.sha256,
        records: case.records,
        export_record: case.export_record,
    };
    context.output.show(&exported, |page| {
        page.line(format!(
            "Wrote {} with {} of the agent's records.",
            out.display(),
            exported.records
        ))
        .gap();
        page.facts(&[
            ("SHA-256", exported.sha256.clone()),
            ("Recorded as", format!("record {}", exported.export_record)),
        ]);
        page.gap().line(format!(
            "`countersign verify {}` checks it, here or anywhere.",
            out.display()
        ));
    })?;
    Ok(Exit::Done)
}

/// The name that the gateway offers, without any directory in it.
fn offered(case: &CaseFile) -> PathBuf {
    Path::new(&case.name)
        .file_name()
        .map_or_else(|| PathBuf::from("export.case.zip"), PathBuf::from)
}
