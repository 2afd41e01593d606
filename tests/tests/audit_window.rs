//! The audit viewer in the real window, with the keyboard and with the mouse, over a log that its gateway writes; and
//! what it shows of a log that somebody altered.

use anyhow::{Context as _, Result, ensure};
use product_tests::{Agent, Desk, Window, alter_stored_record, first_start, open_waiting_item, until};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const DOWN: &str = "\u{e015}";
const TAB: &str = "\u{e004}";

#[tokio::test]
async fn the_log_is_filtered_read_and_verified_and_a_break_is_shown_where_it_is() -> Result<()> {
    let desk = Desk::new("audit").await?;
    let window = desk.open_console().await?;
    desk.keep_what_failed(walk(&desk, &window).await)?;
    window.close().await
}

async fn walk(desk: &Desk, window: &Window) -> Result<()> {
    let key = first_start(window).await?;
    let mut agent = Agent::new(window.address, &key);
    for text in ["What are your opening hours?", "And on Sundays?", "Thank you."] {
        ensure!(agent.say(text).await?.status == 200, "an allowed call wasn't answered");
    }
    window.click("nav-inbox").await?;
    window.click("practice-call").await?;
    open_waiting_item(window).await?;
    window.click("approve").await?;
    window.click("confirm").await?;
    window.says("ended", "released, once").await?;
    window.click("nav-audit").await?;
    // The newest record: nothing comes after it, so that rows can be counted.
    let newest = "return document.querySelector('[data-test=\"audit-row\"]')?.textContent ?? ''";
    until("the call's answer in the log", async || {
        let said = window.script(newest).await?;
        Ok(said
            .as_str()
            .is_some_and(|said| said.contains("answered"))
            .then_some(()))
    })
    .await?;

    a_filter_is_typed_completed_and_taken_back(window).await?;
    rows_are_walked_by_keys_alone(window).await?;
    a_line_filters_by_what_it_says(window).await?;
    let signed = a_request_is_read_as_a_story(window).await?;
    the_bytes_give_the_fingerprint_which_finds_the_record(window).await?;
    desk.screenshot("1-story")?;
    a_break_is_shown_where_it_is(desk, window, signed).await
}

async fn a_filter_is_typed_completed_and_taken_back(window: &Window) -> Result<()> {
    let all = window.count("audit-row").await?;
    window.press("/").await?;
    window.press("dec").await?;
    window.find("offer").await?;
    window.press(TAB).await?;
    window.says("offered", "refused").await?;
    window.press("ref").await?;
    window.press(DOWN).await?;
    window.press(ENTER).await?;
    window.press(ENTER).await?;
    filter_is(window, "decision:refused").await?;
    // Nothing was refused here: it says so, and gives the way back.
    window.says("none-match", "No record matches.").await?;
    window.click("none-match-clear").await?;
    filter_is(window, "").await?;
    until("every record", async || {
        Ok((window.count("audit-row").await? == all).then_some(()))
    })
    .await?;

    window.fill("find", "colour:red").await?;
    window.press(ENTER).await?;
    window.says("filter-wrong", "colour").await?;
    window.fill("find", " ").await?;
    window.press(ESCAPE).await
}

async fn rows_are_walked_by_keys_alone(window: &Window) -> Result<()> {
    for key in ["g", "g", "j", ENTER] {
        window.press(key).await?;
    }
    let newest = window.attribute("audit-row", "data-seq").await?.parse::<u64>()?;
    window.find(&format!("record[data-seq=\"{}\"]", newest - 1)).await?;
    for key in ["G", ENTER] {
        window.press(key).await?;
    }
    window.find("record[data-seq=\"0\"]").await?;
    window.press(ESCAPE).await?;
    window.find("begin").await?;
    window.press("?").await?;
    window.says("keys", "Filter the log by the row").await?;
    window.press(ESCAPE).await
}

async fn a_line_filters_by_what_it_says(window: &Window) -> Result<()> {
    window.press("f").await?;
    window.find("row-menu").await?;
    // The first record was made by no agent and no person: who, kind, class and the times are what it says.
    window.press(DOWN).await?;
    window.press(ENTER).await?;
    filter_is(window, "kind:log_opened").await?;
    until("one record", async || {
        Ok((window.count("audit-row").await? == 1).then_some(()))
    })
    .await?;
    window.click("chip").await?;
    filter_is(window, "").await
}

/// Gives the sequence of the record that a person signed.
async fn a_request_is_read_as_a_story(window: &Window) -> Result<u64> {
    window.click("beginning[data-filter=\"decision:signed\"]").await?;
    filter_is(window, "decision:signed").await?;
    window.click("audit-row").await?;
    let story = window.text("story").await?;
    for step in ["Held", "Signed", "Released", "Answered"] {
        ensure!(story.contains(step), "the story doesn't say `{step}`: {story}");
    }
    window.click("filter-clear").await?;
    let signed = window
        .script(
            "const steps = [...document.querySelectorAll('[data-test=story-step]')]; \
             const signed = steps.find(step => step.innerText.includes('Signed')); \
             signed.querySelector('a').click(); return Number(signed.dataset.seq)",
        )
        .await?;
    let signed = signed.as_u64().context("no step is signed")?;
    window.find(&format!("record[data-seq=\"{signed}\"]")).await?;
    window.says("record-sentence", "Ada Novak countersigned").await?;
    Ok(signed)
}

async fn the_bytes_give_the_fingerprint_which_finds_the_record(window: &Window) -> Result<()> {
    let open = window.attribute("record", "data-seq").await?;
    window.click("hashed-bytes").await?;
    window.find("record-bytes").await?;
    let bytes = window
        .script("return document.querySelector('[data-test=record-bytes]').textContent")
        .await?;
    let Value::String(bytes) = bytes else {
        anyhow::bail!("no bytes are shown");
    };
    let sha256: String = Sha256::digest(bytes.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(window.attribute("fingerprint", "data-sha256").await?, sha256);
    assert_eq!(window.attribute("fingerprint", "data-equal").await?, "true");

    window.click("follows").await?;
    window.fill("find", &sha256).await?;
    window.press(ENTER).await?;
    window.find(&format!("record[data-seq=\"{open}\"]")).await?;
    Ok(())
}

async fn a_break_is_shown_where_it_is(desk: &Desk, window: &Window, sequence: u64) -> Result<()> {
    alter_stored_record(&desk.home.data(), sequence, "Ada Novak", "Eve Novak")?;
    window.click("verify-chain").await?;
    window.find("verification[data-state=\"broken\"]").await?;
    let place = window.attribute("broken-at", "href").await?;
    ensure!(
        place.ends_with(&format!("#/audit/{sequence}")),
        "it leads to another record: {place}"
    );
    window.says("denying", "Every call is denied").await?;
    window.click("broken-at").await?;
    window
        .find(&format!("audit-row[data-seq=\"{sequence}\"].broken"))
        .await?;
    window.says("record-sentence", "Eve Novak").await?;
    window.says("fingerprint", "was changed after it was written").await?;
    assert_eq!(window.attribute("fingerprint", "data-equal").await?, "false");
    desk.screenshot("2-broken")?;
    Ok(())
}

async fn filter_is(window: &Window, wanted: &str) -> Result<()> {
    until(&format!("the filter `{wanted}`"), async || {
        let filter = window
            .script("return document.querySelector('[data-test=filter]').dataset.filter")
            .await?;
        Ok((filter == *wanted).then_some(()))
    })
    .await
}
