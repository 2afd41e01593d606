//! What was seen of logs: whoever verifies a second file of a log holds it against the first.

use evidence::Checkpoint;
use evidence::verifier::{Remembered, ids};
use serde::{Deserialize, Serialize};

use crate::{FindingStatus, Report};

/// The state of a log that its next file has to go on from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenLog {
    /// `countersign/log/…`
    pub origin: String,
    /// How many records it had.
    pub size: u64,
    /// Its root, hex.
    pub root: String,
    /// When it was seen, ms UTC.
    pub seen_ms: i64,
}

/// How many logs are kept in mind; the oldest give way.
const MOST: usize = 10_000;

impl SeenLog {
    /// Takes in what a report shows of a log: of one that wasn't known, that it was like this; of a known one, that it
    /// goes on, if that is shown. Gives whether anything is new. What isn't shown to go on from what was seen never takes
    /// its place: it would let a fork in.
    pub fn learn(logs: &mut Vec<Self>, report: &Report) -> bool {
        let (Some(origin), Some(sealed)) = (&report.origin, &report.sealed) else {
            return false;
        };
        let seen = Self {
            origin: origin.clone(),
            size: sealed.size,
            root: sealed.root.clone(),
            seen_ms: report.verified_ms,
        };
        let Some(known) = logs.iter().position(|log| log.origin == *origin) else {
            logs.insert(0, seen);
            logs.truncate(MOST);
            return true;
        };
        let memory = report.findings.iter().find(|finding| finding.id == ids::MEMORY);
        let goes_on = memory.is_some_and(|finding| finding.status == FindingStatus::Pass);
        let is_further = logs.get(known).is_some_and(|log| log.size < seen.size);
        if !goes_on || !is_further {
            return false;
        }
        logs.remove(known);
        logs.insert(0, seen);
        true
    }
}

/// What was seen, in the verifier's types.
impl TryFrom<&SeenLog> for Remembered {
    type Error = String;

    /// # Errors
    /// Says what keeps it from being the state of a log.
    fn try_from(log: &SeenLog) -> Result<Self, String> {
        let origin = log
            .origin
            .parse()
            .map_err(|_| format!("`{}` is no log's origin", log.origin))?;
        let root = log.root.parse().map_err(|_| format!("`{}` is no root", log.root))?;
        let size = log.size;
        Ok(Self {
            checkpoint: Checkpoint { origin, size, root },
            seen_ms: log.seen_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Finding, SealedLog};

    fn report(size: u64, shown: Option<FindingStatus>) -> Report {
        let finding = |status| Finding {
            id: ids::MEMORY.to_owned(),
            title: String::new(),
            status,
            sentence: String::new(),
            detail: None,
            passed: None,
            of: None,
            records: Vec::new(),
            file: None,
        };
        Report {
            findings: shown.map(finding).into_iter().collect(),
            origin: Some("countersign/log/1".to_owned()),
            sealed: Some(SealedLog {
                size,
                root: format!("root {size}"),
            }),
            ..Report::of_nothing()
        }
    }

    #[test]
    fn what_was_seen_moves_on_only_where_the_log_is_shown_to() {
        use FindingStatus::{Fail, NotEstablished, Pass};
        let mut logs = Vec::new();
        let mut learn = |size, shown| {
            let is_new = SeenLog::learn(&mut logs, &report(size, shown));
            (is_new, logs.first().map(|log| log.size))
        };
        assert_eq!(learn(9, None), (true, Some(9)));
        assert_eq!(learn(12, Some(NotEstablished)), (false, Some(9)));
        assert_eq!(learn(12, Some(Fail)), (false, Some(9)));
        assert_eq!(learn(12, None), (false, Some(9)));
        assert_eq!(learn(12, Some(Pass)), (true, Some(12)));
        assert_eq!(learn(9, Some(Pass)), (false, Some(12)));
        assert_eq!(logs.len(), 1);
    }

    #[test]
    fn nothing_is_learnt_of_a_log_whose_seal_isnt_its_own() {
        let mut logs = Vec::new();
        let unsealed = Report {
            sealed: None,
            ..report(9, None)
        };
        assert!(!SeenLog::learn(&mut logs, &unsealed));
        assert!(logs.is_empty());
    }
}
