//! A data directory on the file system of a network or of a program: refused before anything is written.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;

use ledger::{LockError, WriterLock};

use crate::again::{WORK_IN, again};

/// A file system of a program's (FUSE, `linux/fuse.h`): this one. It has a root directory, answers `statfs`, and refuses
/// all else.
fn serve(mut kernel: File) {
    const INIT: u32 = 26;
    const STATFS: u32 = 17;
    let mut request = vec![0; 1 << 20];
    while let Ok(length) = kernel.read(&mut request) {
        // fuse_in_header: length, opcode, unique (u64), …
        let word = |at: usize| u32::from_ne_bytes(request[at..at + 4].try_into().unwrap());
        assert_eq!(word(0), u32::try_from(length).unwrap());
        let (error, body): (i32, Vec<u8>) = match word(4) {
            // fuse_init_out: major 7, minor 31, then whatever is zero.
            INIT => (
                0,
                [7u32.to_ne_bytes(), 31u32.to_ne_bytes()]
                    .concat()
                    .into_iter()
                    .chain([0; 56])
                    .collect(),
            ),
            // fuse_statfs_out.
            STATFS => (0, vec![0; 80]),
            // ENOSYS.
            _ => (-38, Vec::new()),
        };
        let length = u32::try_from(16 + body.len()).unwrap();
        let answer = [&length.to_ne_bytes()[..], &error.to_ne_bytes(), &request[8..16], &body].concat();
        kernel.write_all(&answer).unwrap();
    }
}

#[test]
fn database_on_a_file_system_of_a_programs() {
    let Some(at) = std::env::var_os(WORK_IN) else {
        // A kernel without FUSE mounts no such file system.
        if !Path::new("/dev/fuse").exists() {
            return;
        }
        let at = tempfile::TempDir::new().unwrap();
        let test = "foreign::database_on_a_file_system_of_a_programs";
        let ran = [&["unshare", "-m"][..], &["unshare", "-r", "-m"]]
            .iter()
            .any(|under| again(test, under, at.path()));
        assert!(
            ran,
            "this test needs `unshare` (util-linux) and the right to a mount namespace"
        );
        // Outside of that mount it is a directory like any other, and the lock's file isn't there.
        assert_eq!(std::fs::read_dir(at.path()).unwrap().count(), 0);
        drop(WriterLock::take(at.path()).unwrap());
        return;
    };
    let at = Path::new(&at);
    let kernel = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/fuse")
        .unwrap_or_else(|error| panic!("this test needs /dev/fuse: {error}"));
    let mounted = Command::new("mount")
        .args([
            "-i",
            "-t",
            "fuse",
            "-o",
            "fd=0,rootmode=40000,user_id=0,group_id=0",
            "test",
        ])
        .arg(at)
        .stdin(kernel.try_clone().unwrap())
        .status()
        .unwrap();
    assert!(mounted.success());
    std::thread::spawn(move || serve(kernel));
    match WriterLock::take(at) {
        Err(error @ LockError::Foreign { kind: "FUSE", .. }) => {
            assert!(
                error
                    .to_string()
                    .contains("choose a directory on this machine's own disk")
            );
        }
        other => panic!("{other:?}"),
    }
}
