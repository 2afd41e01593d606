//! A test that runs itself once more, in a process of its own and under another program.

use std::path::Path;
use std::process::Command;

/// Set in that other process: the directory to work in.
pub(crate) const WORK_IN: &str = "LEDGER_TEST_WORK_IN";

/// Runs the test of this name again under another program. False where that program isn't to be had here.
pub(crate) fn again(test: &str, under: &[&str], work_in: &Path) -> bool {
    let [program, arguments @ ..] = under else { return false };
    let probe = Command::new(program).args(arguments).arg("true").output();
    if !probe.is_ok_and(|output| output.status.success()) {
        return false;
    }
    let output = Command::new(program)
        .args(arguments)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(WORK_IN, work_in)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}\n{errors}");
    true
}
