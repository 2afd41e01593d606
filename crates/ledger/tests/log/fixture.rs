//! A data directory with a real sealed key store and a real log, and entries such as a gateway makes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use evidence::content::Header;
use evidence::ocsf::{
    AgentName, Call, CallDecided, ContentRef, Context, Effect, Person, RuleReason, Source, UpstreamName,
};
use evidence::{Digest, Draft, Stream};
use ledger::{
    Entry, Genesis, Ledger, LockError, NewContent, OpenError, Options, Recordable, StateChange, VerifyOutcome,
    WriterLock, WriterState,
};
use tempfile::TempDir;
use vault::{KeyStore, Scope, StoreChoice};

pub(crate) const TENANT: &str = "7d0b3c7e-5d3c-4d8e-9c3b-2f1f5a6b7c8d";
pub(crate) const AGENTS: [&str; 2] = ["agent-1", "agent-2"];

/// A decided call with everything that can stand beside a record.
#[derive(Debug, Clone)]
pub(crate) struct Decided {
    pub(crate) agent: &'static str,
    pub(crate) request_uid: String,
    pub(crate) contents: Vec<NewContent>,
    pub(crate) state: Vec<StateChange>,
    pub(crate) envelopes: Vec<(String, Vec<u8>)>,
}

impl Decided {
    /// A record alone.
    pub(crate) fn plain(agent: &'static str, n: u64) -> Self {
        let request_uid = format!("00000000-0000-4000-8000-{n:012}");
        Self {
            agent,
            request_uid,
            contents: Vec::new(),
            state: Vec::new(),
            envelopes: Vec::new(),
        }
    }

    /// With a content, a change of state and an envelope.
    pub(crate) fn full(agent: &'static str, n: u64) -> Self {
        let bytes = format!("{{\"messages\":[\"what number {n} asked\"]}}").into_bytes();
        let header = Header::of(
            &format!("10000000-0000-4000-8000-{n:012}"),
            "request",
            "application/json",
            &bytes,
        );
        let mut decided = Self::plain(agent, n);
        decided.contents.push(NewContent::new(header, [7; 32], bytes));
        decided.state.push(StateChange {
            kind: "item",
            key: format!("item-{n}"),
            value: Some(vec![b'v'; 40]),
        });
        decided
            .envelopes
            .push(("approval".to_owned(), format!("{{\"payload\":\"{n}\"}}").into_bytes()));
        decided
    }
}

/// A record with a content of this size.
pub(crate) fn sized(n: u64, size: usize) -> Decided {
    let mut decided = Decided::full(AGENTS[0], n);
    decided.resize(size);
    decided
}

impl Decided {
    /// With contents of this size.
    pub(crate) fn resize(&mut self, size: usize) {
        for content in &mut self.contents {
            let (mut header, salt) = (content.header().clone(), *content.salt());
            header.length = size as u64;
            *content = NewContent::new(header, salt, vec![b'x'; size]);
        }
    }

    fn entry(&self) -> Entry {
        let contents = self
            .contents
            .iter()
            .map(|content| ContentRef {
                content_uid: content.header().content_uid.clone(),
                slot: content.header().slot.clone(),
                c: content.commitment(),
            })
            .collect();
        let agent = AgentName {
            uid: self.agent.to_owned(),
            name: "support-bot".to_owned(),
        };
        let event = CallDecided {
            context: Context {
                time_ms: 1_795_000_000_000,
                tenant_uid: TENANT.to_owned(),
            },
            call: Call {
                request_uid: self.request_uid.clone(),
                agent,
                operation: "chat.completions".to_owned(),
                model: Some("gpt-5".to_owned()),
                upstream: Some(UpstreamName {
                    name: "practice".to_owned(),
                    provider: "practice".to_owned(),
                }),
                proposed: None,
                source: Source::Network([127, 0, 0, 1].into(), 50_000),
            },
            effect: Effect::Allow,
            reasons: vec![RuleReason {
                rule: "text-only".to_owned(),
                text: "Text in, text out.".to_owned(),
            }],
            sponsor: Person {
                uid: "operator-1".to_owned(),
                name: "Ada".to_owned(),
            },
            policy_sha256: Digest::sha256(b"policy"),
            policy_author: None,
            tier: 0,
            action: None,
            action_digest: Some(Digest::sha256(self.request_uid.as_bytes())),
            contents,
            not_established: ["privacy", "rate", "risk"].map(str::to_owned).to_vec(),
            item_uid: None,
            expires_ms: None,
        };
        Entry {
            draft: Draft::new(Stream::agent(self.agent).unwrap(), event.event()),
            contents: self.contents.clone(),
            state: self.state.clone(),
            envelopes: self.envelopes.clone(),
        }
    }
}

impl Recordable for Decided {
    type Recorded = Self;

    fn into_entry(self) -> (Entry, Self) {
        (self.entry(), self)
    }
}

/// A directory in memory where that is to be had, for thousands of files are made in it.
pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::TempDir::new_in("/dev/shm")
        .or_else(|_| tempfile::TempDir::new())
        .unwrap()
}

/// A data directory and the key store that goes with it.
pub(crate) struct Place {
    path: PathBuf,
    pub(crate) store: Arc<dyn KeyStore>,
    _temporary: Option<TempDir>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let place = Self::at(dir.path());
        Self {
            _temporary: Some(dir),
            ..place
        }
    }

    /// In a directory that somebody else removes.
    pub(crate) fn at(path: &Path) -> Self {
        let choice = StoreChoice::SealedFile {
            passphrase: "a passphrase for tests".to_owned().into(),
        };
        let store = vault::open(&choice, path, Scope::Gateway).unwrap();
        Self {
            path: path.to_owned(),
            store,
            _temporary: None,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The name of a key that contents are wrapped under.
    pub(crate) fn content_key(&self, group: u64) -> String {
        let head = self.store.get(ledger::HEAD).unwrap().unwrap();
        let head: serde_json::Value = serde_json::from_slice(&head).unwrap();
        let digits = head["origin"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        format!("content-key-{}-{group}", &digits[..8])
    }

    pub(crate) fn lock(&self) -> WriterLock {
        // A process that another test starts holds every lock from its fork to its exec.
        let mut tries = 0..1_000_000;
        loop {
            match WriterLock::take(self.path()) {
                Err(LockError::Held(_)) if tries.next().is_some() => std::thread::yield_now(),
                lock => return lock.unwrap(),
            }
        }
    }

    pub(crate) fn create(&self) -> Ledger {
        let genesis = Genesis {
            tenant_uid: TENANT.to_owned(),
        };
        Ledger::create(self.lock(), Arc::clone(&self.store), &genesis, &Options::default()).unwrap()
    }

    pub(crate) fn open(&self) -> Result<Ledger, OpenError> {
        self.open_with(&Options::default())
    }

    pub(crate) fn open_with(&self, options: &Options) -> Result<Ledger, OpenError> {
        Ledger::open(self.lock(), Arc::clone(&self.store), options, |_, _| {})
    }

    /// What opening finds wrong; or, where it goes on from the head, what verifying the whole log finds right after:
    /// then nothing is appended any more, and the next opening finds it, too. None where nothing is wrong.
    pub(crate) fn fault(&self) -> Option<OpenError> {
        let head = self.store.get(ledger::HEAD).unwrap().unwrap();
        let ledger = match self.open() {
            Err(error) => return Some(error),
            Ok(ledger) => ledger,
        };
        match ledger.verify(|_, _| {}, &Arc::default()) {
            VerifyOutcome::Verified { .. } => return None,
            VerifyOutcome::Broken { .. } => {}
            other => panic!("{other:?}"),
        }
        assert!(matches!(ledger.state(), WriterState::Stopped(_)));
        drop(ledger);
        let found = self.open().unwrap_err();
        self.store.set(ledger::HEAD, &head).unwrap();
        Some(found)
    }

    /// A closed log of `records` full records in all streams.
    pub(crate) async fn with_records(records: u64) -> Self {
        let place = Self::new();
        let ledger = place.create();
        append_full(&ledger, 0..records).await;
        ledger.close().await.unwrap();
        place
    }

    /// Works on the database as somebody would who has the file: triggers out of the way, then back as they were.
    pub(crate) fn tamper(&self, work: impl FnOnce(&rusqlite::Connection)) {
        let db = rusqlite::Connection::open(self.path().join("log.sqlite")).unwrap();
        let mut statement = db
            .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            .unwrap();
        let triggers: Vec<(String, String)> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for (name, _) in &triggers {
            db.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
        }
        work(&db);
        for (_, sql) in &triggers {
            db.execute_batch(sql).unwrap();
        }
    }
}

/// Appends full records, alternating between the agents.
pub(crate) async fn append_full(ledger: &Ledger, numbers: std::ops::Range<u64>) {
    for n in numbers {
        let agent = if n % 2 == 0 { AGENTS[0] } else { AGENTS[1] };
        let _durable = ledger.append(Decided::full(agent, n)).await.unwrap();
    }
}

/// Everything that can be read, for comparing.
pub(crate) fn everything(ledger: &Ledger) -> Result<String, ledger::ReadError> {
    use std::fmt::Write as _;
    let mut text = String::new();
    for sequence in 0..ledger.size() {
        let record = ledger.record(sequence)?.unwrap();
        writeln!(text, "{}", String::from_utf8_lossy(record.bytes())).unwrap();
        for content in ledger.contents(sequence)? {
            writeln!(text, "{content:?}").unwrap();
            writeln!(text, "{:?}", ledger.content(&content.header.content_uid)?).unwrap();
        }
        writeln!(text, "{:?}", ledger.envelope(sequence, "approval")?).unwrap();
        writeln!(text, "{:?}", ledger.inclusion(sequence, ledger.size())?).unwrap();
        writeln!(text, "{:?}", ledger.sealed_in(sequence)?).unwrap();
        let filter = ledger::Filter {
            stream: None,
            correlation: record.correlation_uid().map(str::to_owned),
        };
        writeln!(text, "{}", ledger.count(&filter)?).unwrap();
    }
    for agent in AGENTS {
        let stream = Stream::agent(agent).unwrap();
        writeln!(text, "{:?}", ledger.stream_head(&stream)).unwrap();
        writeln!(text, "{}", ledger.by_time(&stream, None, None)?.len()).unwrap();
    }
    writeln!(text, "{:?}", ledger.entries(0, ledger.size())?).unwrap();
    writeln!(text, "{:?}", ledger.state_list("item", "", 1000)?).unwrap();
    writeln!(text, "{:?} {:?}", ledger.last_checkpoint()?, ledger.head()).unwrap();
    Ok(text)
}
