//! What a program did to the files of one directory, read out of what strace says of it.
//!
//! `strace -f -y -xx -s N`: one line a call, `PID call(3<path>, "\x00…", 4096, 0) = 4096`; a call that another thread's
//! came into stands on two lines, `… <unfinished ...>` and `PID <... call resumed>…`.

use std::collections::HashMap;

/// What is recorded: all that change a file, make it durable, or change a directory.
const CALLS: &str = "trace=open,openat,creat,write,pwrite64,writev,pwritev,pwritev2,truncate,ftruncate,\
     fallocate,copy_file_range,sendfile,splice,fsync,fdatasync,sync_file_range,sync,syncfs,rename,renameat,renameat2,\
     link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir";

/// The command that records what follows it into `out`.
pub(crate) fn strace(out: &str) -> [&str; 10] {
    ["strace", "-f", "-y", "-xx", "-s", "10000000", "-e", CALLS, "-o", out]
}

/// One change, in the order in which they took effect. Names are within the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A name is opened that may be made thereby; whether it is emptied.
    Open { name: String, emptied: bool },
    /// At an offset, or at the file's end.
    Write {
        name: String,
        offset: Option<usize>,
        bytes: Vec<u8>,
    },
    /// The file has this length now.
    Length { name: String, length: usize },
    /// Everything of the file that was written before event `begun` is durable.
    Sync { name: String, begun: usize },
    /// Every name that was made or changed before event `begun` is durable.
    SyncNames { begun: usize },
    /// In place of what had the second name.
    Rename { from: String, to: String },
    /// The name is gone.
    Unlink { name: String },
    /// A line that was written to the file that isn't in the directory: what callers were told.
    Told(String),
}

/// Reads a recording: what happened in `directory`, and what was written to the file `told`.
pub(crate) fn read(recording: &str, directory: &str, told: &str) -> Vec<Event> {
    let within = Within { directory, told };
    let mut events: Vec<Event> = Vec::new();
    // Calls that aren't finished yet, by thread: their text, and how many events there were when they began.
    let mut begun: HashMap<&str, (String, usize)> = HashMap::new();
    for line in recording.lines() {
        let (thread, call) = line.split_once(' ').unwrap();
        let call = call.trim_start();
        if let Some(first) = call.strip_suffix(" <unfinished ...>") {
            // What callers were told counts from the moment when it is said; a write from when it is done.
            match within.event(&format!("{first}) = 0"), events.len()) {
                Some(event @ Event::Told(_)) => events.push(event),
                _ => drop(begun.insert(thread, (first.to_owned(), events.len()))),
            }
        } else if let Some(rest) = call.strip_prefix("<... ") {
            if let Some((first, at)) = begun.remove(thread) {
                let (_, rest) = rest.split_once(" resumed>").unwrap();
                events.extend(within.event(&format!("{first}{rest}"), at));
            }
        } else if !call.starts_with("+++") && !call.starts_with("---") {
            events.extend(within.event(call, events.len()));
        }
    }
    events
}

struct Within<'a> {
    directory: &'a str,
    told: &'a str,
}

impl Within<'_> {
    /// What a finished call did here; none where it did nothing, or elsewhere.
    fn event(&self, call: &str, begun: usize) -> Option<Event> {
        let (name, rest) = call.split_once('(').unwrap();
        let (arguments, result) = rest.split_once(')').unwrap_or((rest, ""));
        if result.trim_start().starts_with("= -1") {
            return None;
        }
        let arguments: Vec<&str> = arguments.split(", ").collect();
        let descriptor = |n: usize| unhex(arguments[n].split_once('<').unwrap().1.trim_end_matches('>'));
        let text = |n: usize| unhex(arguments[n].trim_matches('"'));
        let number = |n: usize| arguments[n].trim().parse::<usize>().unwrap();
        match name {
            "open" | "openat" | "creat" => {
                let path = if name == "openat" { text(1) } else { text(0) };
                let emptied = call.contains("O_TRUNC") || name == "creat";
                let made = emptied || call.contains("O_CREAT");
                self.named(&path)
                    .filter(|_| made)
                    .map(|name| Event::Open { name, emptied })
            }
            "write" if descriptor(0) == self.told.as_bytes() => {
                Some(Event::Told(String::from_utf8(text(1)).unwrap().trim_end().to_owned()))
            }
            "write" | "pwrite64" => self.named(&descriptor(0)).map(|name| Event::Write {
                name,
                offset: (arguments.len() == 4).then(|| number(3)),
                bytes: text(1),
            }),
            "ftruncate" => self.named(&descriptor(0)).map(|name| Event::Length {
                name,
                length: number(1),
            }),
            "fsync" | "fdatasync" if descriptor(0) == self.directory.as_bytes() => Some(Event::SyncNames { begun }),
            "fsync" | "fdatasync" => self.named(&descriptor(0)).map(|name| Event::Sync { name, begun }),
            "rename" => self.renamed(&text(0), &text(1)),
            "renameat" | "renameat2" => self.renamed(&text(1), &text(3)),
            "unlink" => self.named(&text(0)).map(|name| Event::Unlink { name }),
            // Whatever else touched the directory would make a wrong picture of it.
            _ => {
                let here = arguments.iter().map(|argument| unhex(argument.trim_matches('"')));
                let touched = here.into_iter().any(|path| self.named(&path).is_some());
                assert!(!touched, "a call that isn't understood: {name}");
                None
            }
        }
    }

    fn renamed(&self, from: &[u8], to: &[u8]) -> Option<Event> {
        let (from, to) = (self.named(from)?, self.named(to)?);
        Some(Event::Rename { from, to })
    }

    /// The name of a path in the directory.
    fn named(&self, path: &[u8]) -> Option<String> {
        let name = std::str::from_utf8(path).ok()?.strip_prefix(self.directory)?;
        name.strip_prefix('/').map(str::to_owned)
    }
}

/// `\x2f\x74` as bytes; anything else as it is.
fn unhex(text: &str) -> Vec<u8> {
    if !text.starts_with("\\x") {
        return text.as_bytes().to_vec();
    }
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\\' | b'x')).collect();
    hex::decode(digits).unwrap()
}

#[test]
fn calls_that_came_between_each_other_are_put_together() {
    let hex = |text: &str| text.bytes().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
    let (dir, log, told) = (hex("/d"), hex("/d/log"), hex("/told"));
    let recording = format!(
        "1 openat(AT_FDCWD<{dir}>, \"{log}\", O_RDWR|O_CREAT, 0600) = 3<{log}>\n\
         1 pwrite64(3<{log}>, \"\\x01\\x02\", 2, 512 <unfinished ...>\n\
         2 fsync(4<{log}> <unfinished ...>\n\
         1 <... pwrite64 resumed>) = 2\n\
         1 write(5<{told}>, \"{}\", 2 <unfinished ...>\n\
         2 <... fsync resumed>) = 0\n\
         1 <... write resumed>) = 2\n\
         1 unlink(\"{}\") = -1 ENOENT (No such file or directory)\n\
         1 fsync(6<{dir}>) = 0\n\
         1 +++ exited with 0 +++\n",
        hex("0\n"),
        hex("/d/other"),
    );
    let name = "log".to_owned();
    let expected = [
        Event::Open {
            name: name.clone(),
            emptied: false,
        },
        Event::Write {
            name: name.clone(),
            offset: Some(512),
            bytes: vec![1, 2],
        },
        Event::Told("0".to_owned()),
        // It began before the write was done, and says nothing of it.
        Event::Sync { name, begun: 1 },
        Event::SyncNames { begun: 4 },
    ];
    assert_eq!(read(&recording, "/d", "/told"), expected);
}
