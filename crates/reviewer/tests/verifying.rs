//! Verifying at this machine: files and folders, called off or not, and what is remembered of it.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use contract::{FindingStatus, Verdict};
use evidence::verifier::Pins;
use reviewer::{CaseFileError, History, KeptError, Memory, case_files, verify_file};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../assets/samples")
        .join(name)
}

fn report(path: &Path) -> contract::Report {
    verify_file(path, &Pins::default(), |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn a_folder_means_every_zip_in_it_and_below() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("b/c")).unwrap();
    for name in ["z.case.zip", "b/c/A.ZIP", "notes.txt", "b/zip"] {
        fs::write(dir.path().join(name), b"").unwrap();
    }
    let found = case_files(dir.path()).unwrap();
    assert_eq!(found, [dir.path().join("b/c/A.ZIP"), dir.path().join("z.case.zip")]);
    assert_eq!(
        case_files(&dir.path().join("notes.txt")).unwrap().len(),
        1,
        "a file is itself"
    );
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_round_in_a_folder_isnt_followed() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("one.zip"), b"").unwrap();
    std::os::unix::fs::symlink(dir.path(), dir.path().join("round")).unwrap();
    assert_eq!(case_files(dir.path()).unwrap().len(), 1);
}

#[test]
fn a_folder_without_case_files_says_so() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(case_files(dir.path()), Err(CaseFileError::NoneThere(_))));
}

#[test]
fn what_is_called_off_has_no_verdict() {
    let dir = tempfile::tempdir().unwrap();
    let long = dir.path().join("long.case.zip");
    fs::write(&long, vec![0; 16 << 20]).unwrap();
    let called_off = verify_file(&long, &Pins::default(), |_| ControlFlow::Break(()));
    assert!(matches!(called_off, Err(CaseFileError::CalledOff)));
}

#[test]
fn what_was_verified_is_remembered_newest_first_and_once() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("not-there-yet");
    let (intact, altered) = (report(&sample("intact.case.zip")), report(&sample("altered.case.zip")));
    let mut history = History::open(&data).unwrap();
    history.keep(std::slice::from_ref(&intact)).unwrap();
    history.keep(std::slice::from_ref(&altered)).unwrap();
    history.keep(std::slice::from_ref(&intact)).unwrap();

    let again = History::open(&data).unwrap();
    let kept: Vec<_> = again
        .list()
        .iter()
        .map(|entry| (entry.sha256.clone(), entry.verdict))
        .collect();
    assert_eq!(
        kept,
        [
            (intact.sha256, Verdict::SignerNotEstablished),
            (altered.sha256, Verdict::Failed)
        ]
    );
    assert!(again.list().iter().all(|entry| entry.verified_ms > 0));

    history.forget().unwrap();
    assert!(History::open(&data).unwrap().list().is_empty());
}

#[test]
fn a_damaged_history_is_never_written_over() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("verified.json"), b"[{").unwrap();
    assert!(matches!(History::open(dir.path()), Err(KeptError::Damaged { .. })));
    assert_eq!(fs::read(dir.path().join("verified.json")).unwrap(), b"[{");
}

#[test]
fn what_was_seen_of_a_log_is_held_against_its_next_file() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("not-there-yet");
    let file = sample("intact.case.zip");
    let verified = |memory: &Memory| {
        let pins = Pins::default().remembering(memory.remembered().to_vec());
        let report = verify_file(&file, &pins, |_| ControlFlow::Continue(())).unwrap();
        let finding = report.findings.iter().find(|finding| finding.id == "log.memory");
        (report.verdict, finding.map(|finding| finding.status), report.clone())
    };
    let mut memory = Memory::open(&data).unwrap();
    let (verdict, status, report) = verified(&memory);
    assert_eq!((verdict, status), (Verdict::SignerNotEstablished, None));
    memory.learn(&report);
    memory.save().unwrap();

    let (verdict, status, _) = verified(&Memory::open(&data).unwrap());
    assert_eq!(
        (verdict, status),
        (Verdict::SignerNotEstablished, Some(FindingStatus::Pass))
    );

    // Another root at the same size is another history.
    let path = data.join("seen.json");
    let root = report.sealed.unwrap().root;
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace(&root, &root.chars().rev().collect::<String>())).unwrap();
    let mut memory = Memory::open(&data).unwrap();
    let (verdict, status, report) = verified(&memory);
    assert_eq!((verdict, status), (Verdict::Failed, Some(FindingStatus::Fail)));
    memory.learn(&report);
    memory.save().unwrap();
    let (verdict, ..) = verified(&Memory::open(&data).unwrap());
    assert_eq!(verdict, Verdict::Failed, "what was seen first stays");

    memory.forget().unwrap();
    assert!(Memory::open(&data).unwrap().remembered().is_empty());
}

#[test]
fn where_what_was_seen_cant_be_read_nothing_is_verified_against_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for damaged in ["[{", r#"[{"origin":"x","size":1,"root":"00","seen_ms":0}]"#, "{}"] {
        fs::write(dir.path().join("seen.json"), damaged).unwrap();
        assert!(
            matches!(Memory::open(dir.path()), Err(KeptError::Damaged { .. })),
            "{damaged}"
        );
    }
}
