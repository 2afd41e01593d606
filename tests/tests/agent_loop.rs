//! An agent of the OpenAI Agents SDK, as PyPI has it, uses a tool in a loop through the gateway, against the practice
//! upstream: it asks, is told to use the tool, runs it, and asks again with what came of it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use contract::{LogPage, PolicyInForce};
use product_tests::{Cli, Home, KeyStore, Python};
use serde::Deserialize;
use serde_json::{Value, json};

const POLICY: &str = r#"
@id("tools") @reason("This agent may offer the tool that it runs itself.")
permit (principal, action == Action::"model_call", resource)
when { context.tools == ["refund"] && [Capability::"function_tools"].containsAll(context.capabilities) };
"#;

#[derive(Debug, Deserialize)]
struct Ended {
    #[serde(default)]
    said: Option<String>,
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    code: Option<String>,
    ran: Vec<(String, f64)>,
}

fn run(told: &Value) -> Result<Ended> {
    let python = Python::with("tests/programs/agents/requirements.txt", "openai-agents")?;
    let mut child = Command::new(python.program())
        .arg(product_tests::root().join("tests/programs/agents/loop.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    stdin.write_all(told.to_string().as_bytes())?;
    drop(stdin);
    let output = child.wait_with_output()?;
    serde_json::from_slice(&output.stdout).context("the agent's program said nothing that can be read")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_the_openai_agents_sdk_uses_its_tool_and_answers() -> Result<()> {
    let home = Home::new("agent-loop")?;
    let cli = Cli::new(&home, KeyStore::SealedFile)?;
    let key = cli.init()?.runtime_key;
    let mut serving = cli.serve().await?;
    let policy = home.path().join("loop.cedar");
    std::fs::write(&policy, POLICY)?;
    let _: PolicyInForce = cli.json(&["policy", "publish", &policy.display().to_string()])?;

    let mut turns = 0;
    for api in ["chat", "responses"] {
        for stream in [false, true] {
            let told = json!({
                "base_url": serving.base_url(), "key": key, "model": "gpt-x", "api": api, "stream": stream,
            });
            let ended = run(&told)?;
            ensure!(ended.ran.len() == 1, "{api}, stream {stream}: {ended:?}");
            ensure!(
                ended.said.as_ref().is_some_and(|said| !said.is_empty()),
                "{api}, stream {stream}: {ended:?}"
            );
            turns += 2;
        }
    }
    let finished: LogPage = cli.json(&["log", "list", "kind:call_finished"])?;
    ensure!(
        finished.rows.len() == turns,
        "{} outcomes of {turns} turns",
        finished.rows.len()
    );

    // A tool that the policy doesn't know ends the loop with an error that the SDK raises, before anything is run.
    std::fs::write(&policy, POLICY.replace("\"refund\"", "\"look_up\""))?;
    let _: PolicyInForce = cli.json(&["policy", "publish", &policy.display().to_string()])?;
    let told = json!({"base_url": serving.base_url(), "key": key, "model": "gpt-x", "api": "chat", "stream": false});
    let ended = run(&told)?;
    ensure!(
        ended.status == Some(403) && ended.code.as_deref() == Some("policy_denied") && ended.ran.is_empty(),
        "{ended:?}"
    );
    serving.process.ask_to_end();
    ensure!(serving.process.end().await?.success(), "{}", serving.process.said());
    Ok(())
}
