//! `countersign case`: signed case files.

use std::path::{Path, PathBuf};

use contract::{
    CaseDisclosure, CaseFile, CasePreview, CaseRequest, CaseSelection, DISCLOSABLE, Operators, PAGE_BYTES, page_records,
};
use reviewer::{CaseFileError, checkpoint_of, save_case};
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::{session, times};

/// What to do with case files.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Write a signed case file: of an agent, a time, a request, an approval, or records picked one by one
    Export(Box<Export>),
    /// Say what a case file would have in it. Nothing is recorded or written
    Preview(Box<Wanted>),
}

/// What to write, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    #[command(flatten)]
    wanted: Wanted,
    /// Where to write it [default: the name that the gateway offers, here]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

/// What goes in. Without a choice of records, every record of the time.
#[derive(Debug, clap::Args)]
pub(crate) struct Wanted {
    /// All that is recorded of this agent (name or uid); that nothing of it is missing can be verified
    #[arg(long, conflicts_with_all = ["correlation", "approval", "records"])]
    agent: Option<String>,
    /// From this time on, UTC: 2026-11-20 or 2026-11-20T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = times::parse, conflicts_with_all = ["correlation", "approval", "records"])]
    from: Option<i64>,
    /// To before this time, UTC
    #[arg(long, value_name = "TIME", value_parser = times::parse, conflicts_with_all = ["correlation", "approval", "records"])]
    to: Option<i64>,
    /// Every record of the log, or of the time that --from and --to give; that all are there can be verified
    #[arg(long, conflicts_with_all = ["agent", "correlation", "approval", "records"])]
    all: bool,
    /// The records of this request
    #[arg(long, value_name = "UID", conflicts_with_all = ["approval", "records"])]
    correlation: Option<String>,
    /// The records of the request whose held item a person decided
    #[arg(long, value_name = "ITEM", conflicts_with = "records")]
    approval: Option<String>,
    /// These records: 17,20-24
    #[arg(long, value_name = "NUMBERS", value_parser = numbers)]
    records: Option<Numbers>,
    /// Disclose the contents of these slots: request, subject, view, reason, response, filter, or all. Needs --reason
    #[arg(long, value_name = "SLOTS", value_delimiter = ',', requires = "reason")]
    disclose: Vec<String>,
    /// Disclose this content too, whatever its slot; may be given more than once. Needs --reason
    #[arg(long, value_name = "CONTENT", requires = "reason")]
    disclose_content: Vec<String>,
    /// Withhold this content though its slot is disclosed; may be given more than once
    #[arg(long, value_name = "CONTENT")]
    withhold_content: Vec<String>,
    /// Why contents are disclosed: recorded, and in the file
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Why the others are withheld: recorded, and in the file
    #[arg(long, value_name = "TEXT")]
    withhold_reason: Option<String>,
    /// A case file that was seen before, or the checkpoint.txt of one: the new one shows that the log goes on from it
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
}

/// Sequences as they are given: `17,20-24`.
#[derive(Debug, Clone)]
struct Numbers(Vec<u64>);

fn numbers(text: &str) -> Result<Numbers, String> {
    let mut numbers = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| {
            text.trim()
                .parse::<u64>()
                .map_err(|_| format!("`{part}` is no record's number"))
        };
        let (first, last) = (number(first)?, number(last)?);
        if first > last || last - first >= 10_000 {
            return Err(format!("`{part}` is no range of up to 10,000 records"));
        }
        numbers.extend(first..=last);
    }
    Ok(Numbers(numbers))
}

impl Wanted {
    fn request(self) -> Result<CaseRequest, Failure> {
        let since = self.since.map(|path| checkpoint_of(&path));
        let slots = match self.disclose.iter().any(|slot| slot == "all") {
            true => DISCLOSABLE.map(str::to_owned).to_vec(),
            false => self.disclose,
        };
        if let Some(strange) = slots.iter().find(|slot| !DISCLOSABLE.contains(&slot.as_str())) {
            return Err(Failure::new(format!(
                "there are no contents `{strange}`; there are {}, or all",
                DISCLOSABLE.join(", ")
            )));
        }
        let (from_ms, to_ms) = (self.from, self.to);
        let selection = match (self.agent, self.correlation, self.approval, self.records) {
            (Some(agent), ..) => CaseSelection::Agent { agent, from_ms, to_ms },
            (_, Some(correlation_uid), ..) => CaseSelection::Correlation { correlation_uid },
            (_, _, Some(item_uid), _) => CaseSelection::Approval { item_uid },
            (_, _, _, Some(Numbers(sequences))) => CaseSelection::Records { sequences },
            _ if self.all || from_ms.or(to_ms).is_some() => CaseSelection::Range { from_ms, to_ms },
            _ => {
                return Err(Failure::new(
                    "what is to be exported isn't said: give --agent, --from or --to, --correlation, --approval, --records, or --all",
                ));
            }
        };
        Ok(CaseRequest {
            selection,
            disclosure: CaseDisclosure {
                slots,
                disclosed: self.disclose_content,
                withheld: self.withhold_content,
                reason: self.reason,
                withholding_reason: self.withhold_reason,
            },
            since: since.transpose()?,
        })
    }
}

/// What was written.
#[derive(Serialize)]
struct Exported {
    path: String,
    bytes: u64,
    sha256: String,
    records: u64,
    export_record: u64,
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Export(export) => run_export(context, *export).await,
        Verb::Preview(wanted) => preview(context, *wanted).await,
    }
}

async fn run_export(context: &Context, Export { wanted, out, force }: Export) -> Result<Exit, Failure> {
    if let Some(out) = out.as_deref().filter(|out| !force && out.exists()) {
        return Err(CaseFileError::There(out.to_owned()).into());
    }
    let request = wanted.request()?;
    let (case, out) = session::with(context, async |operators: &dyn Operators| {
        let case = operators.case_export(request).await?;
        let out = out.unwrap_or_else(|| offered(&case));
        save_case(operators, &case, &out, force, |_| {}).await?;
        Ok((case, out))
    })
    .await?;
    let exported = Exported {
        path: std::path::absolute(&out)?.display().to_string(),
        bytes: case.bytes,
        sha256: case.sha256,
        records: case.records,
        export_record: case.export_record,
    };
    context.output.show(&exported, |page| {
        let records = match exported.records {
            1 => "1 record".to_owned(),
            records => format!("{records} records"),
        };
        page.line(format!("Wrote {}, which is about {records}.", out.display()))
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

async fn preview(context: &Context, wanted: Wanted) -> Result<Exit, Failure> {
    let request = wanted.request()?;
    let preview: CasePreview = session::reading(context, async |operators: &dyn Operators| {
        Ok(operators.case_preview(request).await?)
    })
    .await?;
    context.output.show(&preview, |page| {
        page.line(format!("{}.", preview.about)).gap();
        let span = format!(
            "{} to {}",
            times::moment(preview.first_ms),
            times::moment(preview.last_ms)
        );
        page.facts(&[
            (
                "Records",
                format!("{}, from {} to {}", preview.records, preview.first, preview.last),
            ),
            ("Logged", span),
            ("About", format!("{} bytes", preview.bytes)),
        ]);
        page.gap();
        for slot in &preview.slots {
            let withheld = slot.contents.saturating_sub(slot.disclosed).saturating_sub(slot.erased);
            page.line(format!(
                "{}: {} disclosed, {withheld} withheld, {} erased.",
                slot.slot, slot.disclosed, slot.erased
            ));
        }
        page.gap().line(preview.claim.clone());
        if !preview.is_for_the_page() {
            page.gap().line(format!(
                "The page verifier.html reads files of up to {} MB and {} records, and this one will be larger: whoever checks it \
                 needs `countersign verify` or the console.",
                PAGE_BYTES / 1_000_000,
                page_records()
            ));
        }
    })?;
    Ok(Exit::Done)
}

/// The name that the gateway offers, without any directory in it.
fn offered(case: &CaseFile) -> PathBuf {
    Path::new(&case.name)
        .file_name()
        .map_or_else(|| PathBuf::from("export.case.zip"), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_given_one_by_one_and_in_ranges() {
        assert_eq!(numbers("17,20-22").map(|numbers| numbers.0), Ok(vec![17, 20, 21, 22]));
        for wrong in ["", "x", "3-", "9-3", "1,,2", "0-10000", "-1"] {
            assert!(numbers(wrong).is_err(), "{wrong}");
        }
    }
}
