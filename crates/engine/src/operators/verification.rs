//! The verification of the whole chain on demand.

use std::{
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use contract::{Happening, Verification, VerificationState};
use ledger::VerifyOutcome;

use crate::{
    Engine,
    clock::now_ms,
    giving_way::{Pace, giving_way},
};

/// How often progress is told, at most.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// The longest rest of a verification that nobody waits for.
const LONGEST_REST: Duration = Duration::from_millis(50);

/// The verification that opening the log was: of all records, or of those after the head that was verified earlier.
pub(crate) fn verified_at_start(from: u64, size: u64) -> Verification {
    let (state, sentence) = match from {
        0 => (
            VerificationState::Verified,
            format!("All {size} records verified when the gateway started."),
        ),
        _ => (
            VerificationState::NotRun,
            format!(
                "When the gateway started, the log went on from the head of {from} records that was verified earlier, and the {} after it verified.",
                size - from
            ),
        ),
    };
    Verification {
        state,
        verified: size - from,
        of: size,
        ended_ms: Some(now_ms()),
        broken_at: None,
        sentence,
    }
}

impl Engine {
    /// Verifies what an earlier process verified, beside the calls; nothing to do where opening verified everything. What
    /// it finds stops the log.
    pub fn verify_earlier_records(&self) {
        if self.ledger.opened_from() > 0 {
            self.start_verification(false);
        }
    }

    /// Verifies the whole chain for somebody who waits for it, on a thread of its own; one that is under way doesn't rest
    /// any more.
    pub(crate) fn verify_whole_chain(&self) -> Verification {
        self.start_verification(true)
    }

    /// Starts verifying, unless that is under way.
    fn start_verification(&self, awaited: bool) -> Verification {
        let mut verification = self.verification.lock();
        if awaited {
            self.verification_is_awaited.store(true, Ordering::Relaxed);
        }
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
            tokio::spawn(engine.run_verification());
        }
        started
    }

    /// It takes seconds for each million records, and a core: calls, and a window that opens, go before it.
    async fn run_verification(self: Arc<Self>) {
        let _until_it_ended = self.verifying.lock().await;
        let verifying = Arc::clone(&self);
        let outcome = match giving_way("verification", move || verifying.verify()) {
            Ok(verifying) => verifying.await.map_err(|_| "it broke off".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let ended = match outcome {
            Ok(outcome) => {
                self.record_verification(&outcome).await;
                in_words(outcome)
            }
            Err(why) => not_run(&why),
        };
        let mut verification = self.verification.lock();
        self.verification_is_awaited.store(false, Ordering::Relaxed);
        *verification = ended.clone();
        drop(verification);
        self.events.tell(Happening::Verification(ended));
        self.events.tell(Happening::Chain);
    }

    fn verify(&self) -> VerifyOutcome {
        let (mut told, mut pace) = (Instant::now(), Pace::new(LONGEST_REST));
        let progress = |done, of| {
            pace.rest(self.verification_is_awaited.load(Ordering::Relaxed), thread::sleep);
            if told.elapsed() >= PROGRESS_EVERY {
                told = Instant::now();
                let mut verification = self.verification.lock();
                verification.verified = done;
                verification.of = of;
                let now = verification.clone();
                drop(verification);
                self.events.tell(Happening::Verification(now));
            }
        };
        self.ledger.verify(progress, &self.closing)
    }
}

fn not_run(why: &str) -> Verification {
    Verification {
        state: VerificationState::NotRun,
        verified: 0,
        of: 0,
        ended_ms: Some(now_ms()),
        broken_at: None,
        sentence: format!("The verification didn't run ({why}); start it again."),
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
