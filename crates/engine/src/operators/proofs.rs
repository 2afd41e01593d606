//! What the log proves of itself.

use contract::{
    CONSISTENCY_FORMAT, Code, ConsistencyProof, ConsistencyQuery, INCLUSION_FORMAT, InclusionProof, InclusionQuery,
    OperatorError, Receipt, ReceiptCheck, ReceiptState, SignedRotation,
};
use evidence::{
    Digest, SignedCheckpoint,
    rotation::{BY_NEW, BY_OLD},
};
use ledger::{ReadError, WriterState};

use crate::{Engine, operators::fault};

/// What can't be read as asked for.
fn not_so(error: ReadError) -> OperatorError {
    match error {
        ReadError::OutOfRange { size, asked } => OperatorError::new(
            Code::NotFound,
            format!("The log has {size} records; {asked} was asked for."),
        ),
        error => fault(error),
    }
}

fn hex(digests: &[Digest]) -> Vec<String> {
    digests.iter().map(Digest::to_string).collect()
}

impl Engine {
    pub(crate) async fn prove(&self, query: InclusionQuery) -> Result<InclusionProof, OperatorError> {
        let InclusionQuery { sequence, size } = query;
        let record = self.ledger.record(sequence).map_err(fault)?.ok_or_else(|| {
            let message = format!(
                "There is no record {sequence}; the log has {} records.",
                self.ledger.size()
            );
            OperatorError::new(Code::NotFound, message)
        })?;
        let checkpoint = self.covering(sequence, size).await?;
        let claimed = checkpoint.claimed();
        let (size, root) = (claimed.size, claimed.root);
        let path = self.ledger.inclusion(sequence, size).map_err(not_so)?;
        let entries = self
            .ledger
            .entries(sequence, sequence.saturating_add(1))
            .map_err(not_so)?;
        let entry = entries.first().ok_or_else(|| fault("the record has no leaf"))?;
        Ok(InclusionProof {
            format: INCLUSION_FORMAT.to_owned(),
            origin: self.origin(),
            sequence,
            record: String::from_utf8(record.bytes().to_vec()).map_err(fault)?,
            fingerprint: entry.d.to_string(),
            tag: hex::encode(entry.tag.0),
            size,
            root: root.to_string(),
            path: hex(&path),
            checkpoint: checkpoint.to_string(),
            rotations: self.signed_rotations(size)?,
        })
    }

    /// A checkpoint that covers a record: the one of the size asked for, else the first one; where there is none yet,
    /// one is signed now.
    async fn covering(&self, sequence: u64, size: Option<u64>) -> Result<SignedCheckpoint, OperatorError> {
        let wanted = match size {
            Some(size) => Some(size),
            None => self.ledger.sealed_in(sequence).map_err(fault)?,
        };
        if let Some(size) = wanted {
            if let Some(sealed) = self.ledger.checkpoint_of(size).map_err(fault)? {
                return Ok(sealed.checkpoint);
            }
            if size <= sequence || size > self.ledger.size() {
                let message =
                    format!("A checkpoint over {size} records doesn't cover record {sequence}, or isn't possible.");
                return Err(OperatorError::new(Code::Invalid, message));
            }
        }
        if self.ledger.state() != WriterState::Running {
            let message = format!(
                "No checkpoint {} yet, and none can be signed while no gateway runs; start it and ask again.",
                wanted.map_or_else(
                    || format!("covers record {sequence}"),
                    |size| format!("is over {size} records")
                ),
            );
            return Err(OperatorError::new(Code::LogStopped, message));
        }
        let sealed = match wanted {
            Some(size) => self.ledger.checkpoint_at(size).await,
            None => self.ledger.checkpoint().await,
        };
        Ok(sealed.map_err(fault)?.checkpoint)
    }

    pub(crate) fn consistent(&self, query: ConsistencyQuery) -> Result<ConsistencyProof, OperatorError> {
        let (from, to) = (query.from, self.ledger.size().min(query.to.unwrap_or(u64::MAX)));
        let to = query.to.unwrap_or(to);
        if from == 0 || from > to {
            let message = "A proof goes from an earlier size, of at least one record, to a later one.";
            return Err(OperatorError::new(Code::Invalid, message));
        }
        let path = self.ledger.consistency(from, to).map_err(not_so)?;
        let checkpoint = self.ledger.checkpoint_of(to).map_err(fault)?;
        Ok(ConsistencyProof {
            format: CONSISTENCY_FORMAT.to_owned(),
            origin: self.origin(),
            from,
            from_root: self.ledger.root(from).map_err(not_so)?.to_string(),
            to,
            to_root: self.ledger.root(to).map_err(not_so)?.to_string(),
            path: hex(&path),
            checkpoint: checkpoint.map(|sealed| sealed.checkpoint.to_string()),
            rotations: self.signed_rotations(to)?,
        })
    }

    /// What both keys signed of each rotation of the log's key up to this size.
    fn signed_rotations(&self, size: u64) -> Result<Vec<SignedRotation>, OperatorError> {
        let keys = self.ledger.log_keys();
        let rotations = keys.all().skip(1).filter(|(from_size, _)| *from_size <= size);
        rotations
            .map(|(from_size, _)| {
                let envelope = |name| {
                    let envelope = self.ledger.envelope(from_size.saturating_sub(1), name).map_err(fault)?;
                    String::from_utf8(envelope.unwrap_or_default()).map_err(fault)
                };
                Ok(SignedRotation {
                    by_old: envelope(BY_OLD)?,
                    by_new: envelope(BY_NEW)?,
                })
            })
            .collect()
    }

    pub(crate) fn check_receipt(&self, receipt: &Receipt) -> Result<ReceiptCheck, OperatorError> {
        let Receipt { origin, sequence, .. } = receipt;
        let claimed: Digest = receipt
            .fingerprint
            .parse()
            .map_err(|_| OperatorError::new(Code::Invalid, "A receipt's fingerprint is 64 hexadecimal digits."))?;
        let (state, sentence) = if *origin != self.origin() {
            let sentence = format!("The receipt is of {origin}, and this log is {}.", self.origin());
            (ReceiptState::OtherLog, sentence)
        } else if let Some(record) = self.ledger.record(*sequence).map_err(fault)? {
            // What the bytes give now, and what the tree was built over.
            let entries = self
                .ledger
                .entries(*sequence, sequence.saturating_add(1))
                .map_err(not_so)?;
            let held = *record.recomputed() == claimed && entries.iter().all(|entry| entry.d == claimed);
            if held {
                (
                    ReceiptState::Held,
                    format!("This log holds exactly that record as record {sequence}."),
                )
            } else {
                let sentence = format!(
                    "This log has another record {sequence}: its history isn't the one that gave the receipt, or the \
                     record was changed."
                );
                (ReceiptState::Differs, sentence)
            }
        } else {
            let sentence = format!(
                "This log ends before record {sequence}, at {} records: its end was cut off, or an older copy was put back.",
                self.ledger.size()
            );
            (ReceiptState::Missing, sentence)
        };
        Ok(ReceiptCheck { state, sentence })
    }
}
