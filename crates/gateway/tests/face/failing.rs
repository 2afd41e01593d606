//! Everything that the gateway leans on killed, hung or garbled, for each route, streamed or not: nothing goes upstream
//! without a durable record, there is a record where the disk allows one, and the agent gets a clear error.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use contract::{
    Empty, NewCredential, NewUpstream, Operators, PolicyText, RotateKey, RotatingKey, VerificationState, WireFormat,
};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use vault::{KeyStore, KeyStoreError};
use zeroize::Zeroizing;

use crate::house::{Answered, House, has_receipt};

/// Each route, streamed and not, to an upstream of its format that counts.
fn routes() -> Vec<(&'static str, Value)> {
    let messages = json!([{"role": "user", "content": "Hello"}]);
    let gemini = json!({"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]});
    vec![
        (
            "/v1/chat/completions",
            json!({"model": "openai/m", "messages": messages}),
        ),
        (
            "/v1/chat/completions",
            json!({"model": "openai/m", "messages": messages, "stream": true}),
        ),
        ("/v1/responses", json!({"model": "openai/m", "input": "Hello"})),
        (
            "/v1/responses",
            json!({"model": "openai/m", "input": "Hello", "stream": true}),
        ),
        ("/v1/embeddings", json!({"model": "openai/m", "input": "Hello"})),
        (
            "/v1/messages",
            json!({"model": "anthropic/m", "max_tokens": 9, "messages": messages}),
        ),
        (
            "/v1/messages",
            json!({"model": "anthropic/m", "max_tokens": 9, "messages": messages, "stream": true}),
        ),
        (
            "/v1/messages/count_tokens",
            json!({"model": "anthropic/m", "messages": messages}),
        ),
        ("/v1beta/models/gemini/m:generateContent", gemini.clone()),
        ("/v1beta/models/gemini/m:streamGenerateContent?alt=sse", gemini.clone()),
        ("/v1beta/models/gemini/m:countTokens", gemini),
    ]
}

/// What the counting upstream does with a request once it has it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Answer,
    HangUp,
    Garble,
    CutShort,
    SayNothing,
}

/// An upstream that counts its requests.
struct Counting {
    base: String,
    requests: Arc<AtomicUsize>,
}

impl Counting {
    async fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let count = Arc::clone(&count);
                tokio::spawn(async move {
                    let mut read = Vec::new();
                    while !read.ends_with(b"}") && stream.read_buf(&mut read).await.unwrap_or(0) > 0 {}
                    count.fetch_add(1, Ordering::SeqCst);
                    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
                    let said = match does {
                        Does::Answer => format!("{head}Content-Length: 2\r\n\r\n{{}}"),
                        Does::HangUp => String::new(),
                        Does::Garble => "\u{0}\u{1}\u{2} this is not HTTP\r\n\r\n".to_owned(),
                        Does::CutShort => format!("{head}Content-Length: 200\r\n\r\n{{\"id\":"),
                        Does::SayNothing => {
                            drop(stream.read(&mut [0; 1]).await);
                            String::new()
                        }
                    };
                    drop(stream.write_all(said.as_bytes()).await);
                });
            }
        });
        Self { base, requests }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

const FORMATS: [(&str, WireFormat, &str); 3] = [
    ("openai", WireFormat::Openai, "/v1"),
    ("anthropic", WireFormat::Anthropic, "/v1"),
    ("gemini", WireFormat::Gemini, "/v1beta"),
];

async fn add(house: &House, base: &str) {
    for (name, format, version) in FORMATS {
        let new = NewUpstream {
            name: name.to_owned(),
            format,
            base_url: format!("{base}{version}"),
            silence_s: Some(1),
            exceptions: Vec::new(),
            justification: String::new(),
        };
        house.desk.upstream_add(new).await.unwrap();
        let credential = NewCredential {
            upstream: name.to_owned(),
            secret: format!("sk-of-{name}"),
        };
        house.desk.credential_set(credential).await.unwrap();
    }
}

/// A house with a counting upstream for each format.
async fn counted(does: Does) -> (House, Counting) {
    let (house, upstream) = (House::open().await, Counting::start(does).await);
    add(&house, &upstream.base).await;
    (house, upstream)
}

/// All routes at once.
async fn call_each(house: &House) -> Vec<(&'static str, Answered)> {
    let calls = routes().into_iter().map(|(path, body)| async move {
        let answered = house.call_at(path, &body).await;
        (path, answered)
    });
    join_all(calls).await
}

/// A clear error: of a status that says so, with words and the request's id.
fn is_clear(path: &str, answered: &Answered) {
    assert!(answered.status >= 400, "{path}: {answered:?}");
    let body = answered.json();
    let said = body.pointer("/error/message").or_else(|| body.get("detail"));
    assert!(
        said.and_then(Value::as_str).is_some_and(|said| said.len() > 20),
        "{path}: {answered:?}"
    );
    let id = answered
        .header("x-request-id")
        .or_else(|| answered.header("request-id"));
    assert!(id.is_some_and(|id| !id.is_empty()), "{path}: {answered:?}");
}

/// Every route is refused with a clear error, and nothing comes to the upstream.
async fn each_is_refused(house: &House, upstream: &Counting, fault: &str) {
    let before = upstream.requests();
    for (path, answered) in call_each(house).await {
        is_clear(&format!("{fault}, {path}"), &answered);
    }
    assert_eq!(upstream.requests(), before, "{fault}: something went upstream");
}

#[tokio::test]
async fn without_a_fault_each_route_reaches_its_upstream_once_and_has_its_record() {
    let (house, upstream) = counted(Does::Answer).await;
    let before = house.log_size().await;
    let answers = call_each(&house).await;
    assert_eq!(upstream.requests(), routes().len());
    for (_, answered) in &answers {
        has_receipt(&house, answered).await;
    }
    // A decision and an outcome for each.
    assert_eq!(house.log_size().await, before + 2 * routes().len() as u64);
}

#[tokio::test]
async fn a_policy_that_permits_nothing_or_cannot_be_evaluated_denies_each_route_with_a_record() {
    let (house, upstream) = counted(Does::Answer).await;
    for (fault, text) in [
        (
            "no rule permits",
            "@id(\"f\") @reason(\"Closed.\") forbid(principal, action, resource);",
        ),
        (
            "a rule overflows",
            "@id(\"p\") @reason(\"Open.\") permit(principal, action, resource) when { context.bytes * 9223372036854775807 > 0 };",
        ),
        // Cedar leaves a rule out that fails, also one that forbids: what is left would permit.
        (
            "a forbidding rule overflows",
            "@id(\"p\") @reason(\"Open.\") permit(principal, action, resource);\n\
             @id(\"f\") @reason(\"Too much.\") forbid(principal, action, resource) when { context.bytes * 9223372036854775807 > 0 };",
        ),
    ] {
        let text = PolicyText { text: text.to_owned() };
        house.desk.policy_publish(text).await.unwrap();
        let before = house.log_size().await;
        each_is_refused(&house, &upstream, fault).await;
        assert_eq!(house.log_size().await, before + routes().len() as u64, "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_altered_denies_each_route() {
    let (mut house, upstream) = counted(Does::Answer).await;
    house.gateway.take().unwrap().shut_down().await.unwrap();
    let path = crate::tampering::at_rest(&house).await;
    let mut bytes = std::fs::read(&path).unwrap();
    let words = b"\"agent_added\"";
    let at = bytes.windows(words.len()).position(|part| part == words).unwrap();
    bytes[at + 1] = b'A';
    std::fs::write(&path, &bytes).unwrap();
    house.start().await;
    let mut events = house.desk.events(None).await.unwrap();
    while house.desk.status(Empty {}).await.unwrap().chain.verification.state != VerificationState::Broken {
        events.next().await.unwrap();
    }
    let before = house.log_size().await;
    each_is_refused(&house, &upstream, "an altered log").await;
    assert_eq!(house.log_size().await, before, "it was written on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_another_program_locks_denies_each_route_until_it_lets_go() {
    let (house, upstream) = counted(Does::Answer).await;
    let other = rusqlite::Connection::open(house.data_dir().join("log.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    each_is_refused(&house, &upstream, "a locked database").await;
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    let mut answered = house.call_at(routes()[0].0, &routes()[0].1).await;
    while answered.status == 503 {
        // What waits is written once the file was looked at again.
        answered = house.call_at(routes()[0].0, &routes()[0].1).await;
    }
    assert_eq!(answered.status, 200, "{answered:?}");
    has_receipt(&house, &answered).await;
}

/// Set in a process of a test's own.
const AGAIN: &str = "GATEWAY_TEST_AGAIN";

/// Runs the test of this name once more, under another program.
fn again(test: &str, under: &[&str], work_in: &Path) {
    let (program, arguments) = under.split_first().unwrap();
    let output = Command::new(program)
        .args(arguments)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(AGAIN, work_in)
        .env("TMPDIR", work_in)
        .output()
        .unwrap_or_else(|error| panic!("this test needs `{program}`: {error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}\n{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_denies_each_route_until_there_is_room() {
    let Some(small) = std::env::var_os(AGAIN) else {
        let small = tempfile::tempdir().unwrap();
        let name = "failing::a_full_disk_denies_each_route_until_there_is_room";
        let as_user = !Command::new("unshare").args(["-m", "true"]).status().unwrap().success();
        let under: &[&str] = if as_user {
            &["unshare", "-r", "-m"]
        } else {
            &["unshare", "-m"]
        };
        again(name, under, small.path());
        return;
    };
    let small = Path::new(&small);
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"])
        .arg(small)
        .status();
    assert!(mounted.unwrap().success());
    let (house, upstream) = counted(Does::Answer).await;
    // What the log reserved before is used up first.
    let filler = small.join("filler");
    while std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&filler)
        .and_then(|mut file| std::io::Write::write_all(&mut file, &[0; 4096]))
        .is_ok()
    {}
    let mut answered = house.call_at(routes()[0].0, &routes()[0].1).await;
    while answered.status == 200 {
        has_receipt(&house, &answered).await;
        answered = house.call_at(routes()[0].0, &routes()[0].1).await;
    }
    each_is_refused(&house, &upstream, "a full disk").await;
    std::fs::remove_file(&filler).unwrap();
    let mut answered = house.call_at(routes()[0].0, &routes()[0].1).await;
    while answered.status == 503 {
        answered = house.call_at(routes()[0].0, &routes()[0].1).await;
    }
    assert_eq!(answered.status, 200, "{answered:?}");
    has_receipt(&house, &answered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_clock_says_each_call_has_its_durable_record_before_it_goes() {
    if std::env::var_os(AGAIN).is_some() {
        let (house, upstream) = counted(Does::Answer).await;
        let answers = call_each(&house).await;
        let passed = answers
            .iter()
            .filter(|(_, answered)| answered.header("countersign-receipt").is_some());
        assert_eq!(passed.count(), upstream.requests());
        for (path, answered) in &answers {
            match answered.header("countersign-receipt") {
                Some(_) => has_receipt(&house, answered).await,
                None => is_clear(path, answered),
            }
        }
        return;
    }
    for clock in ["+1d", "-1d", "@1971-01-01 00:00:00", "@2200-01-01 00:00:00", "+0 x100"] {
        let folder = tempfile::tempdir().unwrap();
        let name = "failing::whatever_the_clock_says_each_call_has_its_durable_record_before_it_goes";
        again(name, &["faketime", "-f", clock], folder.path());
    }
}

/// A key store that works, and from some moment on doesn't.
struct Failing {
    store: Arc<dyn KeyStore>,
    how: AtomicU8,
    entered: AtomicBool,
    goes_on: (Mutex<bool>, Condvar),
}

const KILLED: u8 = 1;
const GARBLED: u8 = 2;
const HUNG: u8 = 3;

impl Failing {
    fn fault(&self, name: &str) -> Result<bool, KeyStoreError> {
        match self.how.load(Ordering::SeqCst) {
            KILLED => Err(KeyStoreError::NoAccess {
                name: name.to_owned(),
                reason: "it was killed".to_owned(),
            }),
            GARBLED => Ok(true),
            HUNG => {
                self.entered.store(true, Ordering::SeqCst);
                let mut goes_on = self.goes_on.0.lock().unwrap_or_else(PoisonError::into_inner);
                while !*goes_on {
                    goes_on = self.goes_on.1.wait(goes_on).unwrap_or_else(PoisonError::into_inner);
                }
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    fn go_on(&self) {
        *self.goes_on.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.goes_on.1.notify_all();
    }
}

impl KeyStore for Failing {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        match self.fault(name)? {
            true => Ok(Some(Zeroizing::new(vec![0x5a; 33]))),
            false => self.store.get(name),
        }
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyStoreError> {
        match self.fault(name)? {
            true => Ok(()),
            false => self.store.set(name, secret),
        }
    }

    fn remove(&self, name: &str) -> Result<(), KeyStoreError> {
        match self.fault(name)? {
            true => Ok(()),
            false => self.store.remove(name),
        }
    }

    fn kind(&self) -> &'static str {
        self.store.kind()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_store_that_fails_lets_nothing_go_without_a_durable_record() {
    for (fault, how) in [("killed", KILLED), ("garbled", GARBLED), ("hung", HUNG)] {
        let mut failing = None;
        let house = House::open_over(|store| {
            let front = Arc::new(Failing {
                store,
                how: AtomicU8::new(0),
                entered: AtomicBool::new(false),
                goes_on: (Mutex::new(false), Condvar::new()),
            });
            failing = Some(Arc::clone(&front));
            front
        })
        .await;
        let failing = failing.unwrap();
        let upstream = Counting::start(Does::Answer).await;
        add(&house, &upstream.base).await;
        failing.how.store(how, Ordering::SeqCst);
        // Something that needs the store, and isn't answered while it hangs: the calls don't wait for it.
        let desk = client::connect(house.data_dir()).await.unwrap();
        let rotate = RotateKey {
            role: RotatingKey::Log,
            reason: None,
        };
        let rotation = tokio::spawn(async move { desk.key_rotate(rotate).await });
        while how == HUNG && !failing.entered.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        let answers = call_each(&house).await;
        let passed = answers
            .iter()
            .filter(|(_, answered)| answered.header("countersign-receipt").is_some());
        assert_eq!(passed.count(), upstream.requests(), "{fault}");
        for (path, answered) in &answers {
            match answered.header("countersign-receipt") {
                Some(_) => has_receipt(&house, answered).await,
                None => is_clear(&format!("{fault}, {path}"), answered),
            }
        }
        failing.go_on();
        failing.how.store(0, Ordering::SeqCst);
        drop(rotation.await.unwrap());
    }
}

#[tokio::test]
async fn an_upstream_that_fails_is_a_clear_error_and_an_outcome_on_each_route() {
    for (fault, does) in [
        ("hangs up", Does::HangUp),
        ("garbled", Does::Garble),
        ("cut short", Does::CutShort),
        ("silent", Does::SayNothing),
    ] {
        let (house, upstream) = counted(does).await;
        let before = house.log_size().await;
        for (path, answered) in call_each(&house).await {
            is_clear(&format!("{fault}, {path}"), &answered);
        }
        assert!(upstream.requests() > 0, "{fault}");
        assert_eq!(house.log_size().await, before + 2 * routes().len() as u64, "{fault}");
    }
}
