//! A disk that is full, or fails: the writer stops for good, and what was acknowledged is there afterwards.
//!
//! Each test runs itself again in a process of its own, where the disk can be made to fail.

use std::path::Path;
use std::process::Command;

use ledger::{AppendError, Ledger, WriterState};

use crate::fixture::{AGENTS, Decided, Place};

/// Set in the process whose disk fails: the directory to work in.
const WORK_IN: &str = "LEDGER_TEST_WORK_IN";

/// Runs the test of this name again under another program. False where that program isn't to be had here.
fn again(test: &str, under: &[&str], work_in: &Path) -> bool {
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

fn mount(options: &str, at: &Path) {
    let done = Command::new("mount")
        .args(["-t", "tmpfs", "-o", options, "tmpfs"])
        .arg(at)
        .status()
        .unwrap();
    assert!(done.success(), "mount -o {options}");
}

/// Appends until the log stops; says how many were acknowledged, and why it stopped.
async fn append_until_stopped(ledger: &Ledger, size: usize) -> (u64, String) {
    for n in 0..10_000 {
        let mut decided = Decided::full(AGENTS[0], n);
        decided.contents[0].bytes = vec![b'x'; size];
        decided.contents[0].header.length = size as u64;
        match ledger.append(decided).await {
            Ok(durable) => assert_eq!(durable.receipt().sequence, n + 1),
            Err(AppendError::Stopped(why)) => return (n, why),
            Err(error) => panic!("{error}"),
        }
    }
    panic!("it never stopped");
}

async fn stays_stopped(ledger: &Ledger, why: &str) {
    assert_eq!(ledger.state(), WriterState::Stopped(why.to_owned()));
    let refused = ledger.append(Decided::plain(AGENTS[1], 1)).await.unwrap_err();
    assert_eq!(refused, AppendError::Stopped(why.to_owned()));
    assert!(ledger.checkpoint().await.is_err());
}

#[tokio::test]
async fn disk_full() {
    let Some(small) = std::env::var_os(WORK_IN) else {
        let small = tempfile::TempDir::new().unwrap();
        let ran = [&["unshare", "-m"][..], &["unshare", "-r", "-m"]]
            .iter()
            .any(|under| again("disk::disk_full", under, small.path()));
        assert!(
            ran,
            "this test needs `unshare` (util-linux) and the right to a mount namespace"
        );
        return;
    };
    let small = Path::new(&small);
    mount("size=2m", small);
    let place = Place::at(small);
    let ledger = place.create();
    let (acknowledged, why) = append_until_stopped(&ledger, 50_000).await;
    assert!(acknowledged > 3, "{acknowledged}");
    assert_eq!(why, "the disk is full");
    stays_stopped(&ledger, &why).await;
    assert_eq!(ledger.size(), acknowledged + 1);
    ledger.close().await.unwrap();
    drop(ledger);

    mount("remount,size=64m", small);
    let ledger = place.open().unwrap();
    for n in 0..acknowledged {
        let uid = Decided::full(AGENTS[0], n).contents[0].header.content_uid.clone();
        assert_eq!(ledger.content(&uid).unwrap().unwrap().bytes.len(), 50_000);
    }
    let next = ledger.append(Decided::plain(AGENTS[1], 1)).await.unwrap();
    assert!(next.receipt().sequence > acknowledged);
}

/// Rebello et al., USENIX ATC 2020: an fsync that failed once may succeed the next time without the data.
#[tokio::test]
async fn fsync_fails_and_the_retry_would_succeed() {
    if let Some(place) = std::env::var_os(WORK_IN) {
        let place = Place::at(Path::new(&place));
        let ledger = place.open().unwrap();
        let (acknowledged, why) = append_until_stopped(&ledger, 100).await;
        assert!(why.starts_with("the disk failed"), "{why}");
        // From here on every fsync would succeed.
        stays_stopped(&ledger, &why).await;
        std::fs::write(place.path().join("acknowledged"), acknowledged.to_string()).unwrap();
        return;
    }
    let place = Place::new();
    place.create().close().await.unwrap();
    // Exactly one fails, the eighth.
    let under = [
        "strace",
        "-f",
        "-o",
        "/dev/null",
        "-e",
        "inject=fsync,fdatasync:error=EIO:when=8",
    ];
    if !again("disk::fsync_fails_and_the_retry_would_succeed", &under, place.path()) {
        panic!("this test needs `strace` and the right to trace");
    }
    let acknowledged: u64 = std::fs::read_to_string(place.path().join("acknowledged"))
        .unwrap()
        .parse()
        .unwrap();
    assert!(acknowledged > 0);
    let ledger = place.open().unwrap();
    for n in 0..acknowledged {
        assert!(ledger.record(n + 1).unwrap().is_some());
    }
}
