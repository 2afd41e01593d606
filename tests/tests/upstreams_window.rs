//! Upstreams and agents in the real window: an exception is justified and shown with its reason, a name stands for a
//! model, an upstream that is needed stays until it isn't, and an agent's lines are there after its key was put away.

use anyhow::{Result, ensure};
use product_tests::{Desk, Window, first_start};

#[tokio::test]
async fn an_upstream_is_added_justified_named_and_taken_away_and_an_agent_is_connected() -> Result<()> {
    let desk = Desk::new("upstreams").await?;
    let window = desk.open_console().await?;
    desk.keep_what_failed(walk(&desk, &window).await)?;
    window.close().await
}

async fn walk(desk: &Desk, window: &Window) -> Result<()> {
    first_start(window).await?;
    window.click("nav-vault").await?;
    window.find("no-aliases").await?;
    an_exception_needs_its_reason(desk, window).await?;
    a_name_stands_for_a_model_until_it_is_removed(desk, window).await?;
    an_agents_lines_are_there_again(desk, window).await
}

async fn an_exception_needs_its_reason(desk: &Desk, window: &Window) -> Result<()> {
    window.click("upstream-add").await?;
    window.fill("upstream-name", "rack").await?;
    window.choose("upstream-format", "Google’s Gemini API").await?;
    window.fill("upstream-url", "http://10.0.0.7:8080/v1beta").await?;
    window.click("upstream-private").await?;
    window.click("upstream-plaintext").await?;
    window.fill("upstream-why", "Too short").await?;
    window.click("upstream-save").await?;
    ensure!(
        window.count("exceptions").await? == 0,
        "an exception without its reason was taken"
    );
    window
        .fill("upstream-why", "It stands in our own rack, behind our own switch.")
        .await?;
    desk.screenshot("1-exception")?;
    window.click("upstream-save").await?;
    window.says("justification", "behind our own switch").await?;
    window.says("exceptions", "Ada Novak").await?;
    window.says("upstream[data-name=\"rack\"]", "Gemini").await?;

    window
        .click("upstream[data-name=\"rack\"] [data-test=\"credential-set\"]")
        .await?;
    window.fill("credential-secret", "first-secret").await?;
    window.click("credential-save").await?;
    window
        .says("upstream[data-name=\"rack\"]", "Replace key")
        .await
        .map(drop)
}

async fn a_name_stands_for_a_model_until_it_is_removed(desk: &Desk, window: &Window) -> Result<()> {
    window.click("alias-add").await?;
    window.fill("alias-name", "fast").await?;
    window.choose("alias-upstream", "rack").await?;
    window.fill("alias-model", "gemini-3-flash").await?;
    window.click("alias-save").await?;
    window.says("alias[data-name=\"fast\"]", "gemini-3-flash").await?;
    window.settle().await?;
    desk.screenshot("2-vault")?;

    // What a name stands for stays.
    window
        .click("upstream[data-name=\"rack\"] [data-test=\"upstream-remove\"]")
        .await?;
    window.says("asking-dialog", "fast stands for its models").await?;
    window.click("confirm").await?;
    window.find("failure[data-code=\"refused\"]").await?;
    window.press("\u{e00c}").await?;
    window.click("alias-remove").await?;
    window.click("confirm").await?;
    window.find("no-aliases").await?;
    window
        .click("upstream[data-name=\"rack\"] [data-test=\"upstream-remove\"]")
        .await?;
    window.says("asking-dialog", "can’t be released any more").await?;
    desk.screenshot("3-removal")?;
    window.click("confirm").await?;
    product_tests::until("the upstream to be gone", async || {
        Ok((window.count("upstream[data-name=\"rack\"]").await? == 0).then_some(()))
    })
    .await
}

async fn an_agents_lines_are_there_again(desk: &Desk, window: &Window) -> Result<()> {
    window.click("nav-agents").await?;
    window.click("agent-connect").await?;
    window.click("snippet-choice[data-title=\"Gemini, Python\"]").await?;
    window.says("snippet", "genai.Client").await?;
    window.says("snippet", "RUNTIME-KEY").await?;
    window.says("snippet", &window.address.to_string()).await?;
    desk.screenshot("4-connect")?;
    window.click("connect-close").await?;
    window.click("agent-halt").await?;
    window.click("confirm").await?;
    window
        .says("agent[data-enabled=\"false\"]", "halted: every call is refused")
        .await?;
    desk.screenshot("5-halted")?;
    window.click("agent-resume").await?;
    window.says("agent[data-enabled=\"true\"]", "may call").await.map(drop)
}
