//! A log that somebody wrote to while nothing ran: the window says what is wrong, since when, and what can be done, and
//! goes on with a new log that names the old one's last good head.

use anyhow::{Context as _, Result, ensure};
use contract::RecordDetail;
use product_tests::{Cli, Desk, Sdk, SdkCall, alter_stored_record, first_start, until};
use serde_json::Value;

/// How a record's number stands in the event.
const SEQUENCE: &str = "/metadata/sequence";

/// Writes another kind into the record that registered the first agent, which stands before the head that was kept.
fn alter(desk: &Desk) -> Result<()> {
    alter_stored_record(&desk.home.data(), 13, "\"agent_added\"", "\"Agent_added\"")
}

#[tokio::test]
async fn a_log_altered_while_nothing_ran_is_found_shown_rescued_and_followed_by_a_new_one() -> Result<()> {
    let (desk, sdk) = (Desk::new("refused-log").await?, Sdk::ready()?);
    let window = desk.open_console().await?;
    let key = first_start(&window).await?;
    window.close().await?;
    alter(&desk)?;

    // Opening goes on from the verified head; what comes before is verified beside the calls, and stops them.
    let window = desk.open_console().await?;
    window.find("denying").await?;
    let hello = SdkCall::saying(&window.base_url(), &key, "Hello");
    let refused = sdk.call(&desk.home, &hello).await?;
    ensure!(
        refused.error.is_some(),
        "a call was answered over a log that doesn't verify"
    );
    window.settle().await?;
    desk.screenshot("stopped")?;
    window.close().await?;

    let window = desk.open_console().await?;
    window.find("refused-log").await?;
    window.settle().await?;
    desk.screenshot("refused")?;
    let (good, broken) = (window.text("good").await?, window.text("broken-at").await?);
    ensure!(
        good.starts_with("The first ") && broken.starts_with("Record "),
        "{good}; {broken}"
    );
    window.click("rescue").await?;
    let rescued = window.text("rescued").await?;
    let lines = std::fs::read_to_string(desk.home.path().join("rescued-log.jsonl"))?;
    ensure!(
        rescued.starts_with(&format!("{} records", lines.lines().count())),
        "the window says {rescued}, the file has {} lines",
        lines.lines().count()
    );
    let last: Value = serde_json::from_str(lines.lines().last().context("nothing was copied")?)?;
    ensure!(
        broken
            == format!(
                "Record {}",
                last.pointer(SEQUENCE).and_then(Value::as_u64).unwrap_or_default() + 1
            )
    );

    window.click("start-new").await?;
    window.fill("tenant-name", "Norwind Trading").await?;
    window.fill("operator-name", "Ada Novak").await?;
    window.settle().await?;
    desk.screenshot("start-new")?;
    window.click("first-run-create").await?;
    let key = window.text("runtime-key-text").await?;
    window.click("first-key-kept").await?;
    let hello = SdkCall::saying(&window.base_url(), &key, "Hello");
    let answer = sdk.call(&desk.home, &hello).await?;
    ensure!(
        answer.error.is_none(),
        "the new log's agent isn't answered: {:?}",
        answer.error
    );
    window.close().await?;

    let cli = desk.command_line()?;
    // The window's gateway may still be going down.
    let first: RecordDetail = until("the log without the window", async || {
        Ok(cli.json(&["log", "show", "0"]).ok())
    })
    .await?;
    ensure!(
        first.sentence.contains("goes on from an earlier log"),
        "{}",
        first.sentence
    );
    found_in_the_new_log(&cli)
}

/// What was found in the old log is a record of the new one.
fn found_in_the_new_log(cli: &Cli<'_>) -> Result<()> {
    let findings: contract::LogPage = cli.json(&["log", "list", "class:2004"])?;
    ensure!(findings.rows.len() == 1, "{} findings", findings.rows.len());
    Ok(())
}
