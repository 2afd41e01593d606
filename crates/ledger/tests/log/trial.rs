//! Tests that a trial runs at greater length: `cargo xtask trial NAME`.

use std::io::Write as _;

/// Set by a trial: where its figures go.
const FIGURES: &str = "COUNTERSIGN_TRIAL_FIGURES";
/// Set by a trial: how many times as much as a test does.
const ROUNDS: &str = "COUNTERSIGN_TRIAL_ROUNDS";

/// Whether a trial runs this.
pub(crate) fn is_one() -> bool {
    std::env::var_os(FIGURES).is_some()
}

/// How many times as much as a test does: once, unless a trial says otherwise.
pub(crate) fn rounds() -> u64 {
    std::env::var(ROUNDS).map_or(1, |rounds| rounds.parse().unwrap())
}

/// Hands a trial what came of it.
pub(crate) fn figures(line: &str) {
    let Some(path) = std::env::var_os(FIGURES) else { return };
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    writeln!(file, "{line}").unwrap();
}
