//! How many records hold, and which don't: of a finding that judges one record after the other.

use super::case::finding;
use super::report::{Finding, Status};

/// How many records a finding names at most.
pub(super) const NAMED: usize = 1000;

/// How many of them its detail says more of.
pub(super) const DETAILED: usize = 50;

/// How one record stands to those that it rests on.
pub(super) enum Judged {
    /// They bear it out.
    Holds,
    /// They don't, for this reason.
    Fails(&'static str),
    /// They lie before the interval, or weren't picked, and may rightly be absent.
    Beyond,
}

/// What was judged so far.
#[derive(Default)]
pub(super) struct Tally {
    of: u64,
    failed: u64,
    beyond: u64,
    named: Vec<(u64, &'static str)>,
}

impl Tally {
    /// Takes in how the record at this place stands.
    pub(super) fn take(&mut self, place: u64, judged: &Judged) {
        self.of = self.of.saturating_add(1);
        match judged {
            Judged::Holds => {}
            Judged::Beyond => self.beyond = self.beyond.saturating_add(1),
            Judged::Fails(why) => {
                self.failed = self.failed.saturating_add(1);
                if self.named.len() < NAMED {
                    self.named.push((place, why));
                }
            }
        }
    }

    /// The finding: of what fails first, of what holds, or of what lies beyond, in these words. Nothing where nothing was
    /// judged.
    pub(super) fn finding(
        self,
        (id, title): (&'static str, &str),
        fails: impl FnOnce(u64, &str) -> String,
        holds: &str,
        beyond: impl FnOnce() -> String,
    ) -> Option<Finding> {
        let (status, sentence) = match (self.named.first(), self.beyond) {
            (Some((place, why)), _) => (Status::Fail, fails(*place, why)),
            (None, 0) => (Status::Pass, holds.to_owned()),
            (None, _) => (Status::NotEstablished, beyond()),
        };
        let reasons = self.named.iter().take(DETAILED);
        let detail: Vec<String> = reasons.map(|(place, why)| format!("sequence {place}: {why}")).collect();
        let unproved = self.failed.saturating_add(self.beyond);
        (self.of > 0).then(|| {
            finding(id, title, status, sentence)
                .counted(self.of.saturating_sub(unproved), self.of)
                .detailed(detail.join("\n"))
                .naming_places(self.named.iter().map(|(place, _)| *place))
        })
    }
}
