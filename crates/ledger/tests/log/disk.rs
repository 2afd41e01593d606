//! A disk that is full, or fails: nothing is acknowledged until the file was opened again and verified.
//!
//! Each test runs itself again in a process of its own, where the disk can be made to fail.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ledger::{AppendError, Ledger, Options, WriterState};

use crate::again::{WORK_IN, again};
use crate::fixture::{AGENTS, Decided, Place, sized};

fn mount(options: &str, at: &Path) {
    let done = Command::new("mount")
        .args(["-t", "tmpfs", "-o", options, "tmpfs"])
        .arg(at)
        .status()
        .unwrap();
    assert!(done.success(), "mount -o {options}");
}

/// A log that is tried again with every record that comes after an error.
fn opened(place: &Place) -> Ledger {
    let options = Options {
        retry_after: Duration::ZERO,
        ..Options::default()
    };
    place.open_with(&options).unwrap()
}

/// Appends until one is refused; says how many were acknowledged, and why that one wasn't.
async fn append_until_refused(ledger: &Ledger, size: usize) -> (u64, String) {
    let before = ledger.size();
    for n in 0..10_000 {
        match ledger.append(sized(n, size)).await {
            Ok(durable) => assert_eq!(durable.receipt().sequence, before + n),
            Err(AppendError::Stopped(why)) => return (n, why),
            Err(error) => panic!("{error}"),
        }
    }
    panic!("it never stopped");
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
    place.create().close().await.unwrap();
    let ledger = opened(&place);
    let before = ledger.size();
    // A full WAL can be copied into the database and begun anew, so it may go on for a while after the first refusal.
    let mut numbers = 0..10_000;
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    while refused < 5 {
        let n = numbers.next().unwrap();
        match ledger.append(sized(n, 50_000)).await {
            Ok(_) => {
                acknowledged.push(n);
                refused = 0;
            }
            Err(AppendError::Stopped(why)) => {
                assert_eq!(why, "the disk is full");
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(acknowledged.len() > 3, "{acknowledged:?}");
    assert_eq!(ledger.state(), WriterState::Failing("the disk is full".to_owned()));
    assert_eq!(ledger.size(), before + acknowledged.len() as u64);

    // Room again: it recovers by itself, and nothing that was acknowledged is lost.
    mount("remount,size=64m", small);
    let next = ledger.append(Decided::plain(AGENTS[1], 1)).await.unwrap();
    assert_eq!(next.receipt().sequence, before + acknowledged.len() as u64);
    assert_eq!(ledger.state(), WriterState::Running);
    assert!(ledger.recovered().unwrap().contains("verify"));
    ledger.close().await.unwrap();
    drop(ledger);
    assert!(place.fault().is_none());
    let ledger = place.open().unwrap();
    for n in acknowledged {
        let uid = sized(n, 50_000).contents[0].header().content_uid.clone();
        assert_eq!(ledger.content(&uid).unwrap().unwrap().bytes.len(), 50_000);
    }
}

/// Each call by which SQLite reaches the disk fails once, at one moment after another: what was acknowledged stays, what
/// was refused is not there, and the log goes on, verified. Rebello et al., USENIX ATC 2020: an fsync that failed once
/// may succeed the next time without the data.
#[tokio::test]
async fn one_call_to_the_disk_fails_and_the_retry_would_succeed() {
    if let Some(place) = std::env::var_os(WORK_IN) {
        let place = Place::at(Path::new(&place));
        let ledger = opened(&place);
        let before = ledger.size();
        let (acknowledged, why) = append_until_refused(&ledger, 100).await;
        assert!(why.starts_with("the disk failed"), "{why}");
        // Strace counts each call and thread for itself, so trying the file again can meet a second error.
        let mut next = ledger.append(Decided::plain(AGENTS[1], 77_777)).await;
        for n in 0..3 {
            if next.is_err() {
                next = ledger.append(Decided::plain(AGENTS[1], 77_778 + n)).await;
            }
        }
        // It goes on only after the file was opened again and verified, and what was refused isn't there.
        assert_eq!(next.unwrap().receipt().sequence, before + acknowledged);
        assert_eq!(ledger.state(), WriterState::Running);
        assert!(
            ledger
                .recovered()
                .unwrap()
                .contains(&format!("all {}", before + acknowledged))
        );
        std::fs::write(place.path().join("acknowledged"), ledger.size().to_string()).unwrap();
        return;
    }
    for failing in [
        "fsync,fdatasync:error=EIO:when=8",
        "fsync,fdatasync:error=EIO:when=11",
        "pwrite64:error=EIO:when=90",
    ] {
        let place = Place::new();
        place.create().close().await.unwrap();
        let inject = format!("inject={failing}");
        let under = ["strace", "-f", "-o", "/dev/null", "-e", &inject];
        let test = "disk::one_call_to_the_disk_fails_and_the_retry_would_succeed";
        assert!(
            again(test, &under, place.path()),
            "this test needs `strace` and the right to trace"
        );
        let acknowledged = std::fs::read_to_string(place.path().join("acknowledged")).unwrap();
        assert!(place.fault().is_none(), "{failing}");
        let ledger = place.open().unwrap();
        assert_eq!(ledger.size().to_string(), acknowledged, "{failing}");
    }
}
