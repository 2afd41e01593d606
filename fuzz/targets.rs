// What each fuzz target does with its input. The targets include this file, and so does the test that replays the corpus:
// what was found once stays found.

use evidence::casefile::{InclusionLine, KeysFile, Manifest, OpeningFile, RangeFile, pack, unpack};
use evidence::envelope::Envelope;
use evidence::json::{canonical_value, parse_canonical, parse_content, parse_signed};
use evidence::statement::{ApprovalStatement, CaseStatement, KeyPossession, LogExportStatement, RotationStatement};
use evidence::verifier::{Pins, Verdict, verify};
use evidence::{Record, SignedCheckpoint};

/// An archive that unpacks is the one that packing gives.
pub(crate) fn zip(data: &[u8]) {
    if let Ok(entries) = unpack(data) {
        let again = pack(entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
        assert_eq!(again.ok().as_deref(), Some(data), "two archives of one content");
    }
}

/// Signed JSON has one canonical form, which reads back as the same; a record's bytes are canonical.
pub(crate) fn json(data: &[u8]) {
    let _content = parse_content(data);
    if let Ok(value) = parse_signed(data) {
        let bytes = canonical_value(&value).unwrap();
        assert_eq!(
            parse_canonical(&bytes).as_ref(),
            Ok(&value),
            "its canonical form says something else"
        );
    }
    if let Ok(record) = Record::parse(data) {
        assert_eq!(record.bytes(), data, "a record of other bytes");
    }
    let parsed = [
        Manifest::parse(data).ok().map(|file| file.to_bytes()),
        KeysFile::parse(data).ok().map(|file| file.to_bytes()),
        RangeFile::parse(data).ok().map(|file| file.to_bytes()),
        OpeningFile::parse(data).ok().map(|file| file.to_bytes()),
        InclusionLine::parse(data).ok().map(|line| line.to_bytes()),
    ];
    for bytes in parsed.into_iter().flatten() {
        assert_eq!(bytes.ok().as_deref(), Some(data), "a file of two forms");
    }
}

/// A checkpoint has one form.
pub(crate) fn checkpoint(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(checkpoint) = SignedCheckpoint::parse(text)
    {
        assert_eq!(checkpoint.to_string(), text, "a checkpoint of two forms");
    }
}

/// An envelope has one form.
pub(crate) fn envelope(data: &[u8]) {
    if let Ok(envelope) = Envelope::parse(data) {
        assert_eq!(
            envelope.to_bytes().ok().as_deref(),
            Some(data),
            "an envelope of two forms"
        );
    }
}

/// A statement has one form, and is of one kind.
pub(crate) fn statement(data: &[u8]) {
    let forms = [
        CaseStatement::parse(data).ok().map(|said| said.to_bytes()),
        ApprovalStatement::parse(data).ok().map(|said| said.to_bytes()),
        KeyPossession::parse(data).ok().map(|said| said.to_bytes()),
        LogExportStatement::parse(data).ok().map(|said| said.to_bytes()),
        RotationStatement::parse(data).ok().map(|said| said.to_bytes()),
    ];
    let forms: Vec<_> = forms.into_iter().flatten().collect();
    assert!(forms.len() <= 1, "a statement of two kinds");
    for bytes in forms {
        assert_eq!(bytes.ok().as_deref(), Some(data), "a statement of two forms");
    }
}

/// No input is verified where nobody's key was pinned, and none makes the verifier fail to say something.
pub(crate) fn case_file(data: &[u8]) {
    let report = verify(data, "x", &Pins::default());
    assert_ne!(report.verdict, Verdict::Verified, "verified without a pin");
    assert!(!report.sentence.is_empty(), "a verdict without a word");
}
