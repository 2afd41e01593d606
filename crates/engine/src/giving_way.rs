//! Work on a thread that every other thread goes before: a call never waits for it, nor does a window that opens.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// How many times as long as it works such a thread rests, where nobody waits for what it does.
const RESTS: u32 = 3;

/// The pace of work that nobody waits for: most of the time it rests, so that the machine is there for calls and windows.
pub(crate) struct Pace {
    began: Instant,
    longest: Duration,
}

impl Pace {
    /// Work begins; no rest is to be longer than this.
    pub(crate) fn new(longest: Duration) -> Self {
        Self {
            began: Instant::now(),
            longest,
        }
    }

    /// Rests for what was done since the last rest, in whichever way `rest` does; not at all where somebody waits.
    pub(crate) fn rest(&mut self, awaited: bool, rest: impl FnOnce(Duration)) {
        if !awaited {
            rest(self.began.elapsed().saturating_mul(RESTS).min(self.longest));
        }
        self.began = Instant::now();
    }
}

/// Starts `work` on a thread of its own, and gives what it came to once it has ended.
///
/// # Errors
/// The system gives no thread.
pub(crate) fn giving_way<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<oneshot::Receiver<T>> {
    let (tell, ended) = oneshot::channel();
    let work = move || {
        give_way();
        // Nobody may wait for it.
        drop(tell.send(work()));
    };
    thread::Builder::new().name(name.to_owned()).spawn(work)?;
    Ok(ended)
}

/// Lets every other thread go first. Only Linux does this for a single thread without more ado (nice(2)).
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(10) {
        tracing::debug!(%error, "a thread in the background has everybody's priority");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_waits_for_rests_a_multiple_of_its_work_and_never_longer_than_allowed() {
        let longest = Duration::from_secs(3600);
        let mut pace = Pace::new(longest);
        let began = pace.began;
        let mut rested = None;
        pace.rest(false, |rest| rested = Some(rest));
        let worked = pace.began.duration_since(began);
        let rested = rested.unwrap_or_default();
        assert!(
            rested > Duration::ZERO && rested <= worked * RESTS,
            "{rested:?} for {worked:?}"
        );

        let mut pace = Pace::new(Duration::ZERO);
        pace.rest(false, |rest| assert_eq!(rest, Duration::ZERO));
    }

    #[test]
    fn what_somebody_waits_for_doesnt_rest() {
        let mut pace = Pace::new(Duration::from_secs(3600));
        pace.rest(true, |_| unreachable!("somebody waits"));
    }
}
