//! Case files: previewed, frozen, recorded, sealed, signed, and handed out in parts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract::{
    CaseContent, CaseDisclosure, CaseFile, CasePart, CasePartQuery, CasePreview, CaseRequest, CaseSelection, CaseSlot,
    Code, OperatorError,
};
use evidence::{
    SignedCheckpoint, Stream,
    casefile::{Asked, Disclosure, Named, Selection, Since},
    ocsf::StreamHead,
};
use ledger::{AppendError, Durable, NewContent, Place};

use super::contents::LONGEST_REASON;
use crate::{
    Engine,
    collecting::skeleton_bytes,
    operators::fault,
    records::{Acting, Export, day},
    selecting,
    steps::{Noted, new_content},
};

/// How many contents a preview names one by one.
const NAMED: usize = 500;
/// How many bytes of a case file one answer has.
const PART: u64 = 3 << 20;
/// How many case files are kept ready to be fetched.
const READY: usize = 4;
/// What a line of proof takes, in bytes, and each hash in it: for estimates.
const PROOF: (u64, u64) = (32, 67);
/// What a record's line in the report for counsel takes, about.
const REPORTED: u64 = 300;
/// What a disclosed content takes beside its bytes, about: its salt, and what manifest, attestation and archive say of two files.
const DISCLOSED: u64 = 1_500;
/// What each file has beside records and contents, about.
const REST: u64 = 64 << 10;

/// What is to be exported, checked.
struct Meant {
    asked: Asked,
    reasons: Vec<NewContent>,
}

fn invalid(message: impl Into<String>) -> OperatorError {
    OperatorError::new(Code::Invalid, message.into())
}

/// Case files that were made and may not be fetched yet, by the sequences of their records; on disk, without a name.
#[derive(Default)]
pub(crate) struct Ready(parking_lot::Mutex<BTreeMap<u64, File>>);

impl Ready {
    fn keep(&self, export: u64, zip: File) {
        let mut ready = self.0.lock();
        ready.insert(export, zip);
        while ready.len() > READY {
            ready.pop_first();
        }
    }

    /// The bytes from a place on; nothing where the file isn't kept.
    fn part(&self, export: u64, at: u64) -> std::io::Result<Option<Vec<u8>>> {
        let mut ready = self.0.lock();
        let Some(file) = ready.get_mut(&export) else {
            return Ok(None);
        };
        file.seek(SeekFrom::Start(at))?;
        let mut bytes = Vec::new();
        file.take(PART).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }
}

impl Engine {
    pub(crate) fn preview_case(&self, request: &CaseRequest) -> Result<CasePreview, OperatorError> {
        let meant = self.meant(request)?;
        let size = self.ledger.size();
        let (selection, disclosure) = (&meant.asked.selection, meant.asked.disclosure.unwrap_or_default());
        let places = selecting::selected(&self.ledger, selection, size).map_err(fault)?;
        let (first, last) = found(selection, &places)?;
        let mut slots: BTreeMap<String, CaseSlot> = BTreeMap::new();
        let (mut contents, mut in_all) = (Vec::new(), 0);
        let proof = PROOF.0 + PROOF.1 * u64::from(size.max(1).ilog2());
        let mut bytes: u64 = places
            .iter()
            .map(|place| place.bytes.saturating_add(proof + REPORTED))
            .sum();
        for place in &places {
            for kept in self.ledger.kept_with(place.sequence).map_err(fault)? {
                let disclosed = kept.erased.is_none() && disclosure.discloses(&kept.uid, &kept.slot);
                let slot = slots.entry(kept.slot.clone()).or_insert_with(|| CaseSlot {
                    slot: kept.slot.clone(),
                    contents: 0,
                    disclosed: 0,
                    disclosed_bytes: 0,
                    erased: 0,
                });
                slot.contents += 1;
                slot.erased += u64::from(kept.erased.is_some());
                if disclosed {
                    slot.disclosed += 1;
                    slot.disclosed_bytes += kept.length.unwrap_or_default();
                    bytes += kept.length.unwrap_or_default().saturating_add(DISCLOSED);
                }
                in_all += 1;
                if contents.len() < NAMED {
                    contents.push(CaseContent {
                        content_uid: kept.uid,
                        slot: kept.slot,
                        media_type: kept.media_type,
                        bytes: kept.length,
                        record: kept.sequence,
                        disclosed,
                    });
                }
            }
        }
        let leaves = match selection {
            Selection::Agent { .. } => skeleton_bytes(first.sequence, size),
            _ => 0,
        };
        let page = self
            .about
            .verifier_page
            .read()
            .as_ref()
            .map_or(0, |page| page.len() as u64);
        Ok(CasePreview {
            about: about(selection),
            records: places.len() as u64,
            first: first.sequence,
            first_ms: first.logged_ms,
            last: last.sequence,
            last_ms: last.logged_ms,
            slots: slots.into_values().collect(),
            contents,
            contents_in_all: in_all,
            bytes: bytes.saturating_add(leaves).saturating_add(page).saturating_add(REST),
            claim: claim(selection),
        })
    }

    pub(crate) async fn export_case(&self, request: CaseRequest) -> Result<CaseFile, OperatorError> {
        let (meant, places) = self
            .blocking(move |engine| {
                let meant = engine.meant(&request)?;
                let selection = &meant.asked.selection;
                let size = engine.ledger.size();
                let places = selecting::selected(&engine.ledger, selection, size).map_err(fault)?;
                found(selection, &places)?;
                Ok((meant, (places, size)))
            })
            .await?;
        let operator = self.acting_operator()?;
        let named = named(&meant.asked.selection);
        let frozen = self.freeze(meant, places, self.acting(&operator)).await?;
        let receipt = frozen.receipt().clone();
        self.ledger
            .checkpoint_at(receipt.sequence.saturating_add(1))
            .await
            .map_err(fault)?;
        let export_record = receipt.sequence;
        let (bytes, sha256, records) = self.blocking(move |engine| engine.make_ready(export_record)).await?;
        Ok(CaseFile {
            name: file_name(&named, receipt.logged_time),
            bytes,
            sha256,
            records,
            export_record,
        })
    }

    pub(crate) fn case_part_of(&self, query: CasePartQuery) -> Result<CasePart, OperatorError> {
        let CasePartQuery { export_record, at } = query;
        let part = |at| self.ready.part(export_record, at).map_err(fault);
        let bytes = match part(at)? {
            Some(bytes) => bytes,
            None => {
                // It follows from its record, so it is made again.
                self.make_ready(export_record)?;
                part(at)?.unwrap_or_default()
            }
        };
        Ok(CasePart {
            bytes: STANDARD.encode(bytes),
        })
    }

    /// Makes the case file of a record and keeps it for whoever fetches it.
    fn make_ready(&self, export_record: u64) -> Result<(u64, String, u64), OperatorError> {
        let export = self.ledger.record(export_record).map_err(fault)?;
        let export = export.filter(|record| record.kind() == "exported").ok_or_else(|| {
            let message = format!("Record {export_record} isn't of the export of a case file; export anew.");
            OperatorError::new(Code::NotFound, message)
        })?;
        let made = self.made_case(&export)?;
        self.ready.keep(export_record, made.zip);
        let records = export.facts().get("selected").and_then(serde_json::Value::as_u64);
        Ok((made.bytes, made.sha256, records.unwrap_or_default()))
    }

    /// What is asked for, in the form that is recorded.
    fn meant(&self, request: &CaseRequest) -> Result<Meant, OperatorError> {
        let selection = self.meant_selection(&request.selection)?;
        let (disclosure, reasons) = meant_disclosure(&request.disclosure)?;
        let since = request
            .since
            .as_deref()
            .map(|note| self.seen_before(note))
            .transpose()?;
        Ok(Meant {
            asked: Asked {
                selection,
                disclosure: Some(disclosure),
                since,
            },
            reasons,
        })
    }

    fn meant_selection(&self, asked: &CaseSelection) -> Result<Selection, OperatorError> {
        let selection = match asked {
            CaseSelection::Agent { agent, from_ms, to_ms } => {
                let (stream, name) = self.stream_of(agent)?;
                Selection::Agent {
                    agent: Named {
                        uid: stream.to_string(),
                        name,
                    },
                    from_ms: *from_ms,
                    to_ms: *to_ms,
                }
            }
            CaseSelection::Range { from_ms, to_ms } => Selection::Range {
                from_ms: *from_ms,
                to_ms: *to_ms,
            },
            CaseSelection::Correlation { correlation_uid } => Selection::Correlation {
                correlation_uid: correlation_uid.trim().to_owned(),
            },
            CaseSelection::Approval { item_uid } => {
                let item = self.items.find(&self.ledger, item_uid.trim()).map_err(fault)?;
                let item = item.filter(|item| item.decision.is_some()).ok_or_else(|| {
                    let message = format!("No person has decided on a held item `{item_uid}`; nothing was exported.");
                    OperatorError::new(Code::NotFound, message)
                })?;
                Selection::Approval {
                    item_uid: item.uid,
                    correlation_uid: item.story.request_uid,
                }
            }
            CaseSelection::Records { sequences } => {
                let picked: BTreeSet<u64> = sequences.iter().copied().collect();
                let size = self.ledger.size();
                if let Some(beyond) = picked.iter().find(|sequence| **sequence >= size) {
                    let message = format!("There is no record {beyond}; the log has {size} records.");
                    return Err(OperatorError::new(Code::NotFound, message));
                }
                Selection::Records {
                    sequences: picked.into_iter().collect(),
                }
            }
        };
        if selection.is_well_formed() {
            return Ok(selection);
        }
        Err(invalid(match selection {
            Selection::Agent { .. } | Selection::Range { .. } => {
                "The interval ends before it begins; nothing was exported.".to_owned()
            }
            Selection::Records { sequences } if !sequences.is_empty() => format!(
                "At most {} records can be picked one by one; choose an interval instead.",
                Selection::MOST_PICKED
            ),
            _ => "Nothing is selected; nothing was exported.".to_owned(),
        }))
    }

    /// The checkpoint that somebody saw before, if it is one of this log's own.
    fn seen_before(&self, note: &str) -> Result<Since, OperatorError> {
        let seen = SignedCheckpoint::parse(note)
            .map_err(|error| invalid(format!("The earlier checkpoint can't be read: {error}.")))?;
        let claimed = seen.claimed();
        if claimed.origin != *self.ledger.origin() {
            let message = format!(
                "The earlier checkpoint is of another log, {}; nothing was exported.",
                claimed.origin
            );
            return Err(invalid(message));
        }
        let sealed = self.ledger.checkpoint_of(claimed.size).map_err(fault)?;
        let same = sealed.is_some_and(|sealed| sealed.checkpoint.claimed() == claimed);
        if !same {
            let message = format!(
                "This log has signed no checkpoint over {} records with that root. Keep the one that you have: if it is \
                 signed by this log's key, this isn't the log that it was signed for any more. Nothing was exported.",
                claimed.size
            );
            return Err(OperatorError::new(Code::Conflict, message));
        }
        Ok(Since {
            size: claimed.size,
            root: claimed.root,
        })
    }

    /// Writes the export's own record directly after the head that the records were selected under: what came in between is
    /// added by the ledger's writer, while nothing else is written.
    async fn freeze(
        &self,
        meant: Meant,
        (places, looked): (Vec<Place>, u64),
        acting: Acting,
    ) -> Result<Durable<()>, OperatorError> {
        let exported = self.ledger.append_at_head(None, move |at| {
            let Meant { asked, reasons } = meant;
            let mut places = places;
            let since = at.since(&selecting::filter_of(&asked.selection), looked)?;
            places.extend(
                since
                    .into_iter()
                    .filter(|place| selecting::takes(&asked.selection, place)),
            );
            let (selected, selection, streams) = selecting::summed(&places);
            let head = |stream: Stream| {
                let end = at.stream_head(&stream);
                let end = end.ok_or_else(|| AppendError::Invalid(format!("the records of `{stream}` are gone")))?;
                Ok(StreamHead {
                    stream: stream.to_string(),
                    stream_seq: end.stream_seq,
                    fp: end.fingerprint,
                })
            };
            let heads: Result<Vec<_>, AppendError> = streams.into_iter().map(head).collect();
            let export = Export {
                asked,
                heads: heads?,
                size: at.head().size,
                selected,
                selection,
            };
            Ok(Noted::alone(acting.exported(export, &reasons)).holding(reasons))
        });
        exported.await.map_err(|error| self.nothing_changed(&error))
    }
}

/// The first and the last of the selected records; an error where there is none, or too many.
fn found<'a>(selection: &Selection, places: &'a [Place]) -> Result<(&'a Place, &'a Place), OperatorError> {
    if places.len() > usize::try_from(selecting::MOST).unwrap_or(usize::MAX) {
        let message = format!(
            "These are more than {} records, the most that a case file can be about. Choose a shorter interval; nothing was \
             exported.",
            selecting::MOST
        );
        return Err(invalid(message));
    }
    places.first().zip(places.last()).ok_or_else(|| {
        let message = match selection {
            Selection::Agent { .. } => "Nothing of this agent is recorded in this interval; nothing was exported.",
            Selection::Range { .. } => "Nothing is recorded in this interval; nothing was exported.",
            _ => "No record is of this request; nothing was exported.",
        };
        OperatorError::new(Code::NotFound, message)
    })
}

/// What is disclosed, in the one form that is recorded, and the reasons as contents.
fn meant_disclosure(asked: &CaseDisclosure) -> Result<(Disclosure, Vec<NewContent>), OperatorError> {
    let disclosure = Disclosure {
        slots: asked.slots.clone(),
        disclosed: asked.disclosed.clone(),
        withheld: asked.withheld.clone(),
    }
    .sorted();
    if !disclosure.is_well_formed() {
        return Err(invalid(format!(
            "A content is either disclosed or withheld, and at most {} can be named one by one; nothing was exported.",
            Disclosure::MOST_NAMED
        )));
    }
    let own = [Disclosure::WHY_DISCLOSED, Disclosure::WHY_WITHHELD];
    let mut reasons = Vec::new();
    for (slot, reason) in own.into_iter().zip([&asked.reason, &asked.withholding_reason]) {
        let reason = reason.as_deref().unwrap_or_default().trim();
        if reason.chars().count() > LONGEST_REASON {
            return Err(invalid(format!(
                "A reason has at most {LONGEST_REASON} characters; nothing was exported."
            )));
        }
        if !reason.is_empty() {
            reasons.push(new_content(slot, "text/plain; charset=utf-8", reason.as_bytes().to_vec()).map_err(fault)?);
        }
    }
    let says_why = reasons
        .iter()
        .any(|reason| reason.header().slot == Disclosure::WHY_DISCLOSED);
    match (disclosure.is_nothing(), says_why) {
        (false, false) => Err(invalid(
            "Disclosing contents needs a reason: it is recorded, and stands in the file. Nothing was exported.",
        )),
        (true, true) => Err(invalid(
            "There is a reason for disclosing contents, and none is disclosed; nothing was exported.",
        )),
        _ => Ok((disclosure, reasons)),
    }
}

/// What the file is about, in words.
fn about(selection: &Selection) -> String {
    match selection {
        Selection::Agent { agent, .. } => format!("All that is recorded of {} in this time", agent.name),
        Selection::Range { .. } => "Every record of the log in this time".to_owned(),
        Selection::Correlation { .. } => "The records of one request".to_owned(),
        Selection::Approval { .. } => "The records of one approval".to_owned(),
        Selection::Records { .. } => "Records picked one by one".to_owned(),
    }
}

/// What a verifier will say of what isn't in the file.
fn claim(selection: &Selection) -> String {
    match selection {
        Selection::Agent { agent, .. } => format!(
            "It can be verified that nothing of {} in this time is missing. Nothing excludes acts that were filed under \
             another agent, or never recorded.",
            agent.name
        ),
        Selection::Range { .. } => "It can be verified that every record of the log in this time is there. Nothing excludes \
                                    acts that were never recorded."
            .to_owned(),
        _ => "Each record can be verified at its place in the log. Nothing is claimed of records that aren't in the file."
            .to_owned(),
    }
}

/// What a file's name begins with.
fn named(selection: &Selection) -> String {
    match selection {
        Selection::Agent { agent, .. } => agent.name.clone(),
        Selection::Range { .. } => "all-records".to_owned(),
        Selection::Correlation { correlation_uid } => format!("request-{correlation_uid}"),
        Selection::Approval { item_uid, .. } => format!("approval-{item_uid}"),
        Selection::Records { .. } => "records".to_owned(),
    }
}

/// `support-bot-2026-11-20.case.zip`: nothing of a name that a file system could take otherwise.
fn file_name(named: &str, ms: i64) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let named: String = named.chars().map(plain).collect();
    let day: String = day(ms).to_lowercase().replace(' ', "-");
    format!("{}-{day}.case.zip", named.trim_matches('-'))
}
