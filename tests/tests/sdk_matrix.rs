//! Four SDKs, unmodified from their registries, against everything that can become of a call.
//!
//! What a call meets is said by its model's name: the policy and the upstream both look at it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use contract::{Decided, InboxPage, ItemState, LogPage, PolicyInForce, Upstream};
use product_tests::{Cli, FaultyUpstream, Home, KeyStore, Node, Python, SAID, Serving, until};
use serde::Deserialize;
use serde_json::{Value, json};

const POLICY: &str = r#"
@id("allowed") @reason("This test lets it through.")
permit (principal, action, resource) when { context.model like "allow-*" || context.model like "upstream-*" };
@id("held") @reason("This test has a person look.") @hold("2")
permit (principal, action, resource) when { context.model like "held-*" };
@id("held-briefly") @reason("This test has nobody look.") @hold("2") @within("5s")
permit (principal, action, resource) when { context.model like "missed-*" };
@id("denied") @reason("This test refuses it.")
forbid (principal, action, resource) when { context.model like "deny-*" };
"#;

/// What a call meets.
const CASES: [&str; 10] = [
    "allow-it",
    "deny-it",
    "held-approved",
    "held-denied",
    "missed-it",
    "upstream-400",
    "upstream-429",
    "upstream-500",
    "upstream-silent",
    "upstream-cut",
];

/// What the SDKs raise for 5xx; some have classes of their own for 502 and 504.
const SERVER: &str = "InternalServerError";

#[derive(Debug, Deserialize)]
struct Ended {
    id: String,
    #[serde(default)]
    answer: Option<String>,
    #[serde(default)]
    error: Option<Raised>,
}

#[derive(Debug, Deserialize)]
struct Raised {
    class: String,
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    code: Option<String>,
    message: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn openai_from_pypi() -> Result<()> {
    matrix("openai", false).await
}

#[tokio::test(flavor = "multi_thread")]
async fn anthropic_from_pypi() -> Result<()> {
    matrix("anthropic", false).await
}

#[tokio::test(flavor = "multi_thread")]
async fn openai_from_npm() -> Result<()> {
    matrix("openai", true).await
}

#[tokio::test(flavor = "multi_thread")]
async fn anthropic_from_npm() -> Result<()> {
    matrix("anthropic", true).await
}

async fn matrix(sdk: &'static str, node: bool) -> Result<()> {
    let home = Home::new(&format!("matrix-{sdk}-{}", if node { "node" } else { "python" }))?;
    let cli = Cli::new(&home, KeyStore::SealedFile)?;
    let key = cli.init()?.runtime_key;
    let serving = cli.serve().await?;
    let upstream = FaultyUpstream::start().await?;
    configure(&home, &cli, sdk, &upstream)?;

    let calls: Vec<_> = CASES
        .iter()
        .flat_map(|case| {
            [false, true].map(|stream| json!({"id": id(case, stream), "model": asked(case, stream), "stream": stream}))
        })
        .collect();
    let told = json!({
        "sdk": sdk, "base_url": serving.base_url(), "key": key, "timeout": 120, "calls": calls,
    });
    let running = std::thread::spawn(move || run(node, &told));
    decide_what_is_held(&cli).await?;
    let ended = running
        .join()
        .map_err(|_| anyhow::anyhow!("the SDK's thread panicked"))??;

    let mut failures = Vec::new();
    for case in CASES {
        for stream in [false, true] {
            let ended = ended
                .get(&id(case, stream))
                .with_context(|| format!("nothing came of {case}"))?;
            if let Err(error) = expected(sdk, case, stream, ended) {
                failures.push(format!("{case}, stream {stream}: {error}; got {ended:?}"));
            }
        }
    }
    ensure!(failures.is_empty(), "{sdk}, node {node}:\n{}", failures.join("\n"));
    each_released_call_went_upstream_once(&cli, &upstream)?;
    stop(serving).await
}

fn id(case: &str, stream: bool) -> String {
    format!("{case}/{}", if stream { "stream" } else { "whole" })
}

fn model(case: &str, stream: bool) -> String {
    id(case, stream).replace('/', "-")
}

/// What the agent asks for. An upstream that is silent again and again is left alone for a while, so each such call has
/// one of its own.
fn asked(case: &str, stream: bool) -> String {
    let model = model(case, stream);
    match case {
        "upstream-silent" => format!("{}/{model}", hushed(stream)),
        _ => model,
    }
}

fn hushed(stream: bool) -> &'static str {
    if stream { "hushed-stream" } else { "hushed-whole" }
}

fn configure(home: &Home, cli: &Cli<'_>, sdk: &str, upstream: &FaultyUpstream) -> Result<()> {
    let base = upstream.base_url();
    for (name, silence) in [("faulty", "120"), (hushed(false), "3"), (hushed(true), "3")] {
        let added = [
            "upstream",
            "add",
            name,
            "--format",
            sdk,
            "--base-url",
            &base,
            "--silence",
            silence,
        ];
        let _: Upstream = cli.json(&added)?;
        let set = cli.run_with_input(&["credential", "set", name], "sk-the-providers-key\n")?;
        ensure!(set.code == 0, "{set:?}");
    }
    let _: Upstream = cli.json(&["upstream", "use", "faulty"])?;
    let policy = home.path().join("matrix.cedar");
    std::fs::write(&policy, POLICY)?;
    let _: PolicyInForce = cli.json(&["policy", "publish", &policy.display().to_string()])?;
    Ok(())
}

/// The calls, all at once, through the SDK.
fn run(node: bool, told: &Value) -> Result<BTreeMap<String, Ended>> {
    let mut command = if node {
        Node::with("tests/programs/sdks")?.command("calls.mjs")
    } else {
        let python = Python::with("tests/programs/requirements.txt", "sdk")?;
        let mut command = Command::new(python.program());
        command
            .arg("-B")
            .arg(product_tests::root().join("tests/programs/sdks/calls.py"));
        command
    };
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("it has an input")?;
    input.write_all(told.to_string().as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the SDK's program failed");
    let lines = String::from_utf8(output.stdout)?;
    lines
        .lines()
        .map(|line| {
            let ended: Ended = serde_json::from_str(line).with_context(|| line.to_owned())?;
            Ok((ended.id.clone(), ended))
        })
        .collect()
}

/// A person approves one held call of each kind, and denies the other; a third kind nobody looks at.
async fn decide_what_is_held(cli: &Cli<'_>) -> Result<()> {
    let mut decided = 0;
    while decided < 4 {
        let item = until("an item waits", async || {
            let page: InboxPage = cli.json(&["inbox", "list"])?;
            Ok(page
                .items
                .into_iter()
                .find(|item| item.state == ItemState::Waiting && item.title.contains("held-")))
        })
        .await?;
        let (verb, state) = match item.title.contains("held-approved") {
            true => ("approve", ItemState::Approved),
            false => ("deny", ItemState::Denied),
        };
        let now: Decided = cli.json(&["inbox", verb, &item.uid, "--reason", "Seen."])?;
        ensure!(
            now.item.state == state || now.item.state == ItemState::Released,
            "{now:?}"
        );
        decided += 1;
    }
    Ok(())
}

/// What the SDK has to make of it: the right answer or the right typed error, and never an empty success.
fn expected(sdk: &str, case: &str, stream: bool, ended: &Ended) -> Result<()> {
    let answered = |ended: &Ended| ensure_is(ended.answer.as_deref() == Some(SAID), "the answer");
    let in_stream = if sdk == "openai" { "APIError" } else { "APIStatusError" };
    let raised = |classes: &[&str], status: Option<u16>, code: Option<&str>| {
        ensure_is(ended.answer.is_none(), "no answer")?;
        let error = ended.error.as_ref().context("an error")?;
        ensure_is(classes.contains(&error.class.as_str()), "its class")?;
        ensure_is(status.is_none() || error.status == status, "its status")?;
        ensure_is(!error.message.is_empty(), "words")?;
        ensure_is(code.is_none() || error.code.as_deref() == code, "its code")
    };
    match (case, stream) {
        ("allow-it" | "held-approved", _) => answered(ended),
        ("deny-it", _) => raised(&["PermissionDeniedError"], Some(403), Some("policy_denied")),
        ("held-denied", false) => raised(&["PermissionDeniedError"], Some(403), Some("approval_denied")),
        ("missed-it", false) => raised(&["PermissionDeniedError"], Some(403), Some("approval_expired")),
        ("held-denied", true) => raised(&[in_stream, "APIError"], None, Some("approval_denied")),
        ("missed-it", true) => raised(&[in_stream, "APIError"], None, Some("approval_expired")),
        ("upstream-400", _) => raised(&["BadRequestError"], Some(400), None),
        ("upstream-429", _) => raised(&["RateLimitError"], Some(429), None),
        ("upstream-500", _) => raised(&[SERVER], Some(500), None),
        ("upstream-silent", _) => raised(&[SERVER, "GatewayTimeoutError"], Some(504), Some("upstream_timeout")),
        ("upstream-cut", false) => raised(&[SERVER, "BadGatewayError"], Some(502), Some("upstream_answer")),
        ("upstream-cut", true) => raised(&[in_stream, "APIError"], None, Some("upstream_answer")),
        (other, _) => anyhow::bail!("no such case: {other}"),
    }
}

fn ensure_is(is: bool, what: &str) -> Result<()> {
    ensure!(is, "expected {what}");
    Ok(())
}

/// By the log and by the upstream's own count: a call that was released went once, any other never.
fn each_released_call_went_upstream_once(cli: &Cli<'_>, upstream: &FaultyUpstream) -> Result<()> {
    let went = upstream.calls();
    for case in CASES {
        for stream in [false, true] {
            let model = model(case, stream);
            let finished: LogPage = cli.json(&["log", "list", &format!("kind:call_finished model:{model}")])?;
            let released = u32::try_from(finished.rows.len())?;
            let went = went.get(&model).copied().unwrap_or_default();
            ensure!(went == released, "{model}: {released} released, {went} went upstream");
            let may_go = !(case.contains("deny") || case.contains("denied") || case.contains("missed"));
            ensure!((went > 0) == may_go, "{model}: {went} went upstream");
        }
    }
    Ok(())
}

async fn stop(mut serving: Serving) -> Result<()> {
    serving.process.ask_to_end();
    ensure!(serving.process.end().await?.success(), "{}", serving.process.said());
    Ok(())
}
