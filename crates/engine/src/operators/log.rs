//! The log as an operator reads it, and its verification on demand.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use contract::{
    Code, Decision, Happening, LogPage, LogQuery, LogRow, OperatorError, RecordDetail, Row, StoryStep, Verification,
    VerificationState,
};
use evidence::{
    Record, Stream,
    ocsf::{self, Field, Outcome, Step, Summary},
};
use ledger::{Filter, VerifyOutcome};

use crate::{Engine, clock::now_ms, operators::fault};

/// How often progress is told, at most.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// The verification that opening the log was.
pub(crate) fn verified_at_start(records: u64) -> Verification {
    Verification {
        state: VerificationState::Verified,
        verified: records,
        of: records,
        ended_ms: Some(now_ms()),
        broken_at: None,
        sentence: format!("All {records} records verified when the gateway started."),
    }
}

fn decision(outcome: Outcome) -> Decision {
    match outcome {
        Outcome::Allowed => Decision::Allowed,
        Outcome::Refused => Decision::Refused,
        Outcome::Held => Decision::Held,
        Outcome::Signed => Decision::Signed,
        Outcome::Failed => Decision::Failed,
        Outcome::None => Decision::None,
    }
}

fn row(record: &Record, summary: &Summary) -> LogRow {
    LogRow {
        sequence: record.sequence(),
        logged_ms: record.logged_time(),
        who: summary.who.clone(),
        did: summary.did.clone(),
        decision: decision(summary.decision),
        class_uid: record.class_uid(),
        stream: record.stream().to_string(),
        correlation_uid: record.correlation_uid().map(str::to_owned),
    }
}

fn step(record: &Record) -> StoryStep {
    let summary = ocsf::describe(record.event());
    let Step { title, note } = summary.step.unwrap_or(Step {
        title: summary.did,
        note: summary.who,
    });
    StoryStep {
        sequence: record.sequence(),
        title,
        note,
        logged_ms: record.logged_time(),
        decision: decision(summary.decision),
    }
}

impl Engine {
    pub(crate) fn log_page(&self, query: &LogQuery) -> Result<LogPage, OperatorError> {
        let limit = if query.limit == 0 { 100 } else { query.limit.min(1000) };
        let agent = |uid: &str| {
            Stream::parse(uid)
                .ok_or_else(|| OperatorError::new(Code::Invalid, format!("`{uid}` isn't an agent's uid.")))
        };
        let stream = query.agent_uid.as_deref().map(agent).transpose()?;
        let filter = Filter {
            stream,
            correlation: query.correlation_uid.clone(),
        };
        let size = self.ledger.size();
        let records = self.ledger.page(query.before, limit, &filter).map_err(fault)?;
        let rows = records
            .iter()
            .map(|record| row(record, &ocsf::describe(record.event())))
            .collect();
        let matching = if filter == Filter::default() {
            size
        } else {
            self.ledger.count(&filter).map_err(fault)?
        };
        Ok(LogPage { rows, size, matching })
    }

    pub(crate) fn open_record(&self, sequence: u64) -> Result<RecordDetail, OperatorError> {
        let record = self.ledger.record(sequence).map_err(fault)?.ok_or_else(|| {
            let message = format!(
                "There is no record {sequence}; the log has {} records.",
                self.ledger.size()
            );
            OperatorError::new(Code::NotFound, message)
        })?;
        let summary = ocsf::describe(record.event());
        let story = match record.correlation_uid() {
            Some(correlation) => {
                let filter = Filter {
                    stream: None,
                    correlation: Some(correlation.to_owned()),
                };
                let mut records = self.ledger.page(None, 100, &filter).map_err(fault)?;
                records.reverse();
                records.iter().map(step).collect()
            }
            None => Vec::new(),
        };
        let field = |field: &Field| Row {
            label: field.label.clone(),
            value: field.value.clone(),
            mono: field.mono,
        };
        Ok(RecordDetail {
            row: row(&record, &summary),
            sentence: summary.sentence.clone(),
            fields: summary.fields.iter().map(field).collect(),
            story,
            ocsf: String::from_utf8(record.bytes().to_vec()).map_err(fault)?,
            hashed: String::from_utf8(record.hashed_bytes().map_err(fault)?).map_err(fault)?,
            fingerprint: record.claimed().to_string(),
            recomputed: record.recomputed().to_string(),
            sealed_in: self.ledger.sealed_in(sequence).map_err(fault)?,
        })
    }

    /// Starts verifying the whole chain on a thread of its own, unless that is under way.
    pub(crate) fn verify_whole_chain(&self) -> Verification {
        let mut verification = self.verification.lock();
        if verification.state == VerificationState::Running {
            return verification.clone();
        }
        let of = self.ledger.size();
        let sentence = format!("Verifying {of} records.");
        *verification = Verification {
            state: VerificationState::Running,
            verified: 0,
            of,
            ended_ms: None,
            broken_at: None,
            sentence,
        };
        let started = verification.clone();
        drop(verification);
        self.events.tell(Happening::Verification(started.clone()));
        if let Some(engine) = self.me.upgrade() {
            tokio::task::spawn_blocking(move || engine.run_verification());
        }
        started
    }

    fn run_verification(self: Arc<Self>) {
        let mut told = Instant::now();
        let outcome = self.ledger.verify(
            |done, of| {
                if told.elapsed() >= PROGRESS_EVERY {
                    told = Instant::now();
                    let mut verification = self.verification.lock();
                    verification.verified = done;
                    verification.of = of;
                    let now = verification.clone();
                    drop(verification);
                    self.events.tell(Happening::Verification(now));
                }
            },
            &AtomicBool::new(false),
        );
        // This is a thread that may block.
        tokio::runtime::Handle::current().block_on(self.record_verification(&outcome));
        let ended = in_words(outcome);
        *self.verification.lock() = ended.clone();
        self.events.tell(Happening::Verification(ended));
        self.events.tell(Happening::Chain);
    }
}

fn in_words(outcome: VerifyOutcome) -> Verification {
    let ended_ms = Some(now_ms());
    match outcome {
        VerifyOutcome::Verified { records } => Verification {
            state: VerificationState::Verified,
            verified: records,
            of: records,
            ended_ms,
            broken_at: None,
            sentence: format!("All {records} records verified: each is the one that was written, in its place."),
        },
        VerifyOutcome::Broken { sequence, what } => Verification {
            state: VerificationState::Broken,
            verified: sequence.unwrap_or(0),
            of: sequence.unwrap_or(0),
            ended_ms,
            broken_at: sequence,
            sentence: match sequence {
                Some(sequence) => format!("The chain breaks at record {sequence}: {what}."),
                None => format!("The log doesn't hold together: {what}."),
            },
        },
        VerifyOutcome::Cancelled { records } => Verification {
            state: VerificationState::NotRun,
            verified: records,
            of: records,
            ended_ms,
            broken_at: None,
            sentence: "The verification was cancelled.".to_owned(),
        },
        VerifyOutcome::Unreadable(why) => Verification {
            state: VerificationState::Broken,
            verified: 0,
            of: 0,
            ended_ms,
            broken_at: None,
            sentence: format!("The log can't be read: {why}."),
        },
    }
}
