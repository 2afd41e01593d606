//! Traffic and the day in the real window: calls appear as agents make them, are opened by key, say where their time
//! went, filter by what they say, and lead to their records; a held one is there before it is decided.

use anyhow::{Result, ensure};
use product_tests::{Agent, Desk, Window, first_start, open_waiting_item, until};
use serde_json::json;

const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

#[tokio::test]
async fn calls_appear_as_they_come_and_each_says_what_came_of_it() -> Result<()> {
    let desk = Desk::new("traffic").await?;
    let window = desk.open_console().await?;
    desk.keep_what_failed(walk(&desk, &window).await)?;
    window.close().await
}

async fn walk(desk: &Desk, window: &Window) -> Result<()> {
    let key = first_start(window).await?;
    window.click("nav-traffic").await?;
    window.says("no-calls", "No agent has called yet").await?;
    look(desk, window, "0-empty").await?;

    let mut agent = Agent::new(window.address, &key);
    for text in ["What are your opening hours?", "And on Sundays?", "Thank you."] {
        ensure!(agent.say(text).await?.status == 200, "an allowed call wasn't answered");
    }
    rows_are(window, 3).await?;
    let hosted = json!({"model": "practice-1", "messages": [{"role": "user", "content": "Search the web."}],
        "tools": [{"type": "web_search"}]});
    agent.post(hosted.to_string().into()).await?;
    window.find("traffic-row[data-state=\"refused\"]").await?;

    a_held_call_is_there_before_it_is_decided(window).await?;
    look(desk, window, "1-list").await?;
    an_opened_call_says_where_its_time_went(desk, window).await?;
    a_field_filters_and_the_list_keeps_still(window, &mut agent).await?;
    the_day_adds_up_and_leads_to_its_calls(desk, window).await?;
    window.click("traffic-row[data-state=\"answered\"]").await?;
    window.click("open-record").await?;
    window.find("record-sentence").await.map(drop)
}

async fn the_day_adds_up_and_leads_to_its_calls(desk: &Desk, window: &Window) -> Result<()> {
    window.click("nav-day").await?;
    // The walk may pass midnight: then some of it was yesterday.
    window.says("day-says", "call").await?;
    window.find("day-hours").await?;
    look(desk, window, "3-day").await?;
    // WebKit's driver takes a name that may be cut short for hidden.
    window
        .script("document.querySelector('[data-test=day-part]').click()")
        .await?;
    window.find("traffic-row").await?;
    let filter = "return document.querySelector('[data-test=filter]').dataset.filter";
    let filter = window.script(filter).await?;
    ensure!(
        filter
            .as_str()
            .is_some_and(|filter| filter.contains("agent:") && filter.contains("after:")),
        "the day's part didn't filter the calls: {filter}"
    );
    window.click("filter-clear").await?;
    rows_are(window, 6).await
}

async fn rows_are(window: &Window, wanted: usize) -> Result<()> {
    until("the calls in the list", async || {
        Ok((window.count("traffic-row").await? == wanted).then_some(()))
    })
    .await
}

async fn a_held_call_is_there_before_it_is_decided(window: &Window) -> Result<()> {
    window.click("nav-inbox").await?;
    window.click("practice-call").await?;
    window.find("inbox-row").await?;
    window.click("nav-traffic").await?;
    window.find("traffic-row[data-state=\"waiting\"]").await?;
    window.says("traffic-says", "one waits for a person").await?;
    open_waiting_item(window).await?;
    window.click("approve").await?;
    window.click("confirm").await?;
    window.says("ended", "released, once").await?;
    window.click("nav-traffic").await?;
    rows_are(window, 5).await?;
    until("the held call's answer", async || {
        Ok((window.count("traffic-row[data-state=\"answered\"]").await? == 4).then_some(()))
    })
    .await
}

async fn an_opened_call_says_where_its_time_went(desk: &Desk, window: &Window) -> Result<()> {
    // Into the list, to its first row, and open it: by keys alone.
    for key in ["/", ESCAPE, "g", "g", ENTER] {
        window.press(key).await?;
    }
    window.find("call-sentence").await?;
    window.says("call-times", "It waited for a person").await?;
    window.says("call-times", "In all").await?;
    window.find("call-reasons").await?;
    look(desk, window, "2-call").await?;
    window.press("j").await?;
    window.press(ENTER).await?;
    window.says("call-sentence", "refused").await?;
    window.press(ESCAPE).await?;
    until("the list alone", async || {
        Ok((window.count("call").await? == 0).then_some(()))
    })
    .await
}

async fn a_field_filters_and_the_list_keeps_still(window: &Window, agent: &mut Agent) -> Result<()> {
    window.press("/").await?;
    window.press("decision:refused").await?;
    window.press(ENTER).await?;
    rows_are(window, 1).await?;
    window.click("traffic-row").await?;
    let hosted = json!({"model": "practice-1", "messages": [{"role": "user", "content": "Search the web."}],
        "tools": [{"type": "web_search"}]});
    agent.post(hosted.to_string().into()).await?;
    // A person reads: the new one is counted, and comes when it is asked for.
    window.says("show-newer", "1").await?;
    ensure!(
        window.count("traffic-row").await? == 1,
        "the list moved under the reader"
    );
    window.click("show-newer").await?;
    rows_are(window, 2).await?;
    window.click("close-call").await?;
    until("the list alone", async || {
        Ok((window.count("call").await? == 0).then_some(()))
    })
    .await?;
    window.click("filter-clear").await?;
    rows_are(window, 6).await
}

/// Photographs a screen in both themes, and narrow, to be looked at.
async fn look(desk: &Desk, window: &Window, name: &str) -> Result<()> {
    for (theme, width) in [("dark", 1440), ("light", 1440), ("light", 1000), ("dark", 740)] {
        window
            .script(&format!("document.documentElement.dataset.theme = '{theme}'"))
            .await?;
        window.resize(width, 900).await?;
        window.settle().await?;
        desk.screenshot(&format!("{name}-{theme}-{width}"))?;
    }
    window.resize(1440, 900).await
}
