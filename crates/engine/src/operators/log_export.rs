//! Exports of the log: selected, recorded, attested; then fetched line by line.
//!
//! What is exported is fixed by the log's size at the moment and the filter. The attestation is made before the first
//! line goes out, over the digest of all of them; whoever fetches the lines compares.

use contract::{Code, LogExport, LogExportRequest, LogLines, LogLinesQuery, OperatorError};
use evidence::{Digest, Envelope, Record, SigningKey, envelope::IN_TOTO, statement::LogExportStatement};
use ledger::NewContent;
use ledger::index::Search;
use sha2::{Digest as _, Sha256};

use super::log::parse;
use super::search::search;
use crate::{
    Engine,
    operators::fault,
    records,
    steps::{Noted, new_content},
};

/// Records that are read at once.
const STEP: u64 = 500;
/// Bytes that one answer holds, about.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What is to be exported.
struct Selection {
    filter: String,
    search: Search,
    size: u64,
}

impl Engine {
    pub(crate) async fn export_log(&self, request: LogExportRequest) -> Result<LogExport, OperatorError> {
        let operator = self.acting_operator()?;
        let acting = self.acting(&operator);
        let filter = parse(&request.filter)?;
        let selection = Selection {
            filter: filter.to_string(),
            search: search(&filter),
            size: self.ledger.size(),
        };
        let (selection, export) = self.blocking(move |engine| engine.summed(selection)).await?;
        let typed = (!selection.filter.is_empty()).then(|| {
            new_content(
                "filter",
                "text/plain; charset=utf-8",
                selection.filter.clone().into_bytes(),
            )
        });
        let typed: Option<NewContent> = typed.transpose().map_err(fault)?;
        let answer = self.attested(&selection, &export)?;
        let draft = acting.log_exported(export, typed.as_ref());
        let receipt = self.note(Noted::alone(draft).holding(typed)).await?;
        // An export is one of the moments at which the log is sealed.
        self.ledger.checkpoint().await.map_err(fault)?;
        Ok(LogExport {
            export_record: receipt.sequence,
            ..answer
        })
    }

    /// Counts and hashes the lines.
    fn summed(&self, selection: Selection) -> Result<(Selection, records::LogExport), OperatorError> {
        self.all_searched(&selection)?;
        let mut sha256 = Sha256::new();
        let (mut count, mut first, mut last) = (0, None, 0);
        loop {
            let found = self
                .index
                .oldest(&selection.search, selection.size, count, STEP)
                .map_err(fault)?;
            let Some(newest) = found.sequences.last() else { break };
            first = first.or(found.sequences.first().copied());
            last = *newest;
            count += found.sequences.len() as u64;
            for line in self.ledger.stored_at(&found.sequences).map_err(fault)? {
                sha256.update(&line);
                sha256.update(b"\n");
            }
        }
        let export = records::LogExport {
            size: selection.size,
            root: self.ledger.root(selection.size).map_err(fault)?,
            count,
            first_and_last: first.map(|first| (first, last)),
            sha256: Digest::new(sha256.finalize().into()),
        };
        Ok((selection, export))
    }

    /// An export is of everything that matches, so the index must have read all of it.
    fn all_searched(&self, selection: &Selection) -> Result<(), OperatorError> {
        let searched = self.searched(selection.size)?;
        if searched == selection.size {
            return Ok(());
        }
        let message = format!(
            "The search has read {searched} of {} records, so nothing was exported yet. Try again in a moment.",
            selection.size
        );
        Err(OperatorError::new(Code::Conflict, message))
    }

    fn attested(&self, selection: &Selection, export: &records::LogExport) -> Result<LogExport, OperatorError> {
        let statement = LogExportStatement {
            lines_sha256: export.sha256,
            origin: *self.ledger.origin(),
            tenant_uid: self.books.read().tenant.uid.clone(),
            tree_size: export.size,
            root: export.root,
            filter: selection.filter.clone(),
            count: export.count,
            first_and_last: export.first_and_last,
        };
        Ok(LogExport {
            export_record: 0,
            tree_size: export.size,
            root: export.root.to_string(),
            filter: selection.filter.clone(),
            count: export.count,
            first: export.first_and_last.map(|(first, _)| first),
            last: export.first_and_last.map(|(_, last)| last),
            sha256: export.sha256.to_string(),
            attestation: attestation(&statement, &self.case_key).map_err(fault)?,
        })
    }

    pub(crate) fn lines_of(&self, query: LogLinesQuery) -> Result<LogLines, OperatorError> {
        let selection = self.recorded_selection(query.export_record)?;
        self.all_searched(&selection)?;
        let (mut at, mut lines, mut bytes) = (query.at, Vec::new(), 0);
        while bytes < MOST_BYTES {
            let found = self
                .index
                .oldest(&selection.search, selection.size, at, STEP)
                .map_err(fault)?;
            if found.sequences.is_empty() {
                break;
            }
            at += found.sequences.len() as u64;
            for line in self.ledger.stored_at(&found.sequences).map_err(fault)? {
                bytes += line.len();
                lines.push(String::from_utf8(line).map_err(fault)?);
            }
        }
        Ok(LogLines { lines })
    }

    /// What a recorded export selected: nothing is read at length that no record says was.
    fn recorded_selection(&self, sequence: u64) -> Result<Selection, OperatorError> {
        let unknown = || {
            let message = format!("Record {sequence} isn't of an export of the log; export anew.");
            OperatorError::new(Code::NotFound, message)
        };
        let record: Record = self.ledger.record(sequence).map_err(fault)?.ok_or_else(unknown)?;
        let size = record.facts().get("size").and_then(serde_json::Value::as_u64);
        let size = size.filter(|_| record.kind() == "log_exported").ok_or_else(unknown)?;
        let typed = record.facts().get("contents").is_some();
        let contents = self.ledger.contents(sequence).map_err(fault)?;
        let filter = match contents.into_iter().find(|content| content.header.slot == "filter") {
            Some(content) => String::from_utf8(content.bytes).map_err(fault)?,
            None if typed => {
                let message = "The filter of this export was erased; export anew.";
                return Err(OperatorError::new(Code::NotFound, message));
            }
            None => String::new(),
        };
        Ok(Selection {
            search: search(&parse(&filter)?),
            filter,
            size,
        })
    }
}

/// The signed statement (DSSE), as text.
pub(crate) fn attestation(statement: &LogExportStatement, key: &SigningKey) -> Result<String, String> {
    let unsigned = |error: &dyn std::fmt::Display| error.to_string();
    let payload = statement.to_bytes().map_err(|error| unsigned(&error))?;
    let envelope = Envelope::sign(IN_TOTO, &payload, key)
        .to_bytes()
        .map_err(|error| unsigned(&error))?;
    String::from_utf8(envelope).map_err(|error| unsigned(&error))
}
