//! Everything about one person: found as an erasure finds it, written as one document, recorded, signed.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract::{Code, OperatorError, SubjectExport, SubjectRequest};
use evidence::{
    Digest, Envelope,
    envelope::IN_TOTO,
    json::canonical_value,
    ocsf::{describe, moment},
    statement::SubjectExportStatement,
};
use ledger::{ContentFilter, KeptContent, NewContent};
use serde_json::{Map, Value, json};

use super::contents::given_reason;
use crate::{
    Engine,
    clock::now_ms,
    operators::fault,
    records::{self, day},
    searching::Needle,
    steps::{Noted, new_content},
};

/// How many rows are looked at in one short reading.
const PAGE: u32 = 500;
/// How large a document may become, in bytes: it is handed out in one piece.
const MOST_BYTES: usize = 32 << 20;

/// What was found, written down.
struct Written {
    document: Vec<u8>,
    records: u64,
    found: u64,
    size: u64,
    root: Digest,
}

impl Engine {
    pub(crate) async fn export_subject(&self, request: SubjectRequest) -> Result<SubjectExport, OperatorError> {
        let operator = self.acting_operator()?;
        let acting = self.acting(&operator);
        let reason = given_reason(&request.reason, "An export about a person")?;
        let text = request.text.trim().to_owned();
        let needle = Needle::new(&text).ok_or_else(|| {
            OperatorError::new(
                Code::Invalid,
                "A search needs a text to look for; nothing was exported.",
            )
        })?;
        let sought = new_content("filter", "text/plain; charset=utf-8", text.clone().into_bytes()).map_err(fault)?;
        let (made_ms, made_by) = (now_ms(), operator.name);
        let written = self
            .blocking(move |engine| engine.written_about(&text, &needle, made_ms, &made_by))
            .await?;
        let sha256 = Digest::sha256(&written.document);
        let statement = SubjectExportStatement {
            document_sha256: sha256,
            origin: *self.ledger.origin(),
            tenant_uid: self.books.read().tenant.uid.clone(),
            tree_size: written.size,
            root: written.root,
            records: written.records,
            found: written.found,
        };
        let payload = statement.to_bytes().map_err(fault)?;
        let envelope = Envelope::sign(IN_TOTO, &payload, &self.case_key);
        let attestation = String::from_utf8(envelope.to_bytes().map_err(fault)?).map_err(fault)?;
        let typed: Vec<NewContent> = vec![sought, reason];
        let export = records::SubjectExport {
            size: written.size,
            root: written.root,
            records: written.records,
            found: written.found,
            sha256,
        };
        let draft = acting.subject_exported(export, &typed);
        // Recorded before anything leaves.
        let receipt = self.note(Noted::alone(draft).holding(typed)).await?;
        self.ledger.checkpoint().await.map_err(fault)?;
        Ok(SubjectExport {
            name: format!("about-a-person-{}.json", day(made_ms).to_lowercase().replace(' ', "-")),
            document: String::from_utf8(written.document).map_err(fault)?,
            sha256: sha256.to_string(),
            attestation,
            records: written.records,
            found: written.found,
            export_record: receipt.sequence,
        })
    }

    fn written_about(
        &self,
        text: &str,
        needle: &Needle,
        made_ms: i64,
        made_by: &str,
    ) -> Result<Written, OperatorError> {
        let size = self.ledger.size();
        let root = self.ledger.root(size).map_err(fault)?;
        let filter = ContentFilter {
            unerased: true,
            before_record: Some(size),
            ..ContentFilter::default()
        };
        let (mut entries, mut found, mut bytes, mut after) = (Vec::<Value>::new(), 0u64, 0usize, 0);
        loop {
            let page = self.ledger.kept_after(after, PAGE, &filter).map_err(fault)?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for kept in page {
                let Some(content) = self.content_if(needle, &kept)? else {
                    continue;
                };
                found += 1;
                bytes = bytes.saturating_add(content.to_string().len());
                if bytes > MOST_BYTES {
                    let message = "More was found than one document takes (32 MiB). Look for something that names the \
                                   person alone; nothing was exported.";
                    return Err(OperatorError::new(Code::Invalid, message));
                }
                self.file_under(&mut entries, &kept, content)?;
            }
        }
        let tenant = self.books.read().tenant.clone();
        let records = entries.len() as u64;
        let document = json!({
            "kind": "urn:countersign:subject-export:v1",
            "v": 1,
            "origin": self.origin(),
            "tenant": {"uid": tenant.uid, "name": tenant.name},
            "made": moment(made_ms),
            "made_ms": made_ms,
            "made_by": made_by,
            "subject": text,
            "tree_size": size,
            "root": root,
            "records": entries,
        });
        Ok(Written {
            document: canonical_value(&document).map_err(fault)?,
            records,
            found,
            size,
            root,
        })
    }

    /// The content as the document has it, if the text stands in it.
    fn content_if(&self, needle: &Needle, kept: &KeptContent) -> Result<Option<Value>, OperatorError> {
        let Some(opened) = self.ledger.content(&kept.uid).map_err(fault)? else {
            return Ok(None);
        };
        if !needle.is_in(&kept.media_type, &opened.bytes) {
            return Ok(None);
        }
        let commitment = opened.commitment();
        let (text, base64) = match String::from_utf8(opened.bytes) {
            Ok(text) => (Some(text), None),
            Err(error) => (None, Some(STANDARD.encode(error.into_bytes()))),
        };
        Ok(Some(json!({
            "content_uid": kept.uid,
            "slot": kept.slot,
            "media_type": kept.media_type,
            "commitment": commitment,
            "text": text,
            "base64": base64,
        })))
    }

    /// Puts a content to the record that it came with; contents come in the order of their records.
    fn file_under(&self, entries: &mut Vec<Value>, kept: &KeptContent, content: Value) -> Result<(), OperatorError> {
        let same = |entry: &Value| entry.get("sequence").and_then(Value::as_u64) == Some(kept.sequence);
        if let Some(entry) = entries.last_mut().filter(|entry| same(entry)) {
            if let Some(contents) = entry.get_mut("contents").and_then(Value::as_array_mut) {
                contents.push(content);
            }
            return Ok(());
        }
        let record = self.ledger.record(kept.sequence).map_err(fault)?;
        let record = record.ok_or_else(|| fault("the record of a content is missing"))?;
        let mut entry = Map::new();
        entry.insert("sequence".to_owned(), json!(kept.sequence));
        entry.insert("logged".to_owned(), json!(moment(record.logged_time())));
        entry.insert("logged_ms".to_owned(), json!(record.logged_time()));
        entry.insert("stream".to_owned(), json!(record.stream().as_str()));
        entry.insert("request".to_owned(), json!(record.correlation_uid()));
        entry.insert("fingerprint".to_owned(), json!(record.fingerprint()));
        entry.insert("what".to_owned(), json!(describe(record.event()).sentence));
        entry.insert("contents".to_owned(), json!([content]));
        entries.push(Value::Object(entry));
        Ok(())
    }
}
