//! The window, the command line and a gateway that dies, together over one data directory.

use anyhow::{Result, ensure};
use contract::{Decided, InboxPage, ItemState};
use product_tests::{Cli, Desk, Home, KeyStore, Sdk, SdkCall, first_start, open_waiting_item, until};

const REFUND: &str = "Order 1007 came back. Refund 49.90 euros.";

#[tokio::test]
async fn the_command_line_approves_and_the_open_console_shows_it_at_once() -> Result<()> {
    let (desk, sdk) = (Desk::new("together").await?, Sdk::ready()?);
    let window = desk.open_console().await?;
    let key = first_start(&window).await?;
    let call = SdkCall::saying(&window.base_url(), &key, REFUND).offering_a_tool();
    let waiting = sdk.start(&desk.home, &call)?;
    let uid = open_waiting_item(&window).await?;

    let decided: Decided = desk.command_line()?.json(&["inbox", "approve", &uid, "--yes"])?;
    assert_eq!(decided.item.uid, uid);

    // Nobody touched the window: the item that is open in it changes by itself.
    window.says("ended", "Countersigned").await?;
    assert_eq!(waiting.outcome().await?.answered()?.tool.as_deref(), Some("refund"));
    window.says("ended", "released, once").await?;
    window.close().await
}

#[tokio::test]
async fn a_console_beside_a_serving_gateway_attaches_to_it() -> Result<()> {
    let (desk, sdk) = (Desk::new("attached").await?, Sdk::ready()?);
    let cli = desk.command_line()?;
    let key = cli.init()?.runtime_key;
    let serving = cli.serve().await?;
    let window = desk.open_console().await?;
    window
        .says("gateway-state", &serving.address.port().to_string())
        .await?;

    let waiting = sdk.start(
        &desk.home,
        &SdkCall::saying(&serving.base_url(), &key, REFUND).offering_a_tool(),
    )?;
    open_waiting_item(&window).await?;
    window.click("approve").await?;
    window.click("confirm").await?;
    assert_eq!(waiting.outcome().await?.answered()?.tool.as_deref(), Some("refund"));
    window.close().await
}

#[tokio::test]
async fn an_item_outlives_a_restart_in_mid_hold_and_its_approval_is_used_by_the_same_call_sent_again() -> Result<()> {
    let (home, sdk) = (Home::new("restart")?, Sdk::ready()?);
    let cli = Cli::new(&home, KeyStore::SealedFile)?;
    let key = cli.init()?.runtime_key;
    let mut serving = cli.serve().await?;
    let call = |base_url: &str| SdkCall::saying(base_url, &key, REFUND).offering_a_tool();
    let interrupted = sdk.start(&home, &call(&serving.base_url()))?;
    let uid = waiting_item(&cli).await?;

    serving.process.kill();
    drop(interrupted);
    let serving = cli.serve().await?;
    assert_eq!(waiting_item(&cli).await?, uid, "the item is gone");

    let decided: Decided = cli.json(&["inbox", "approve", &uid, "--yes"])?;
    assert_eq!(
        decided.item.state,
        ItemState::Approved,
        "nobody waits for it: it is released when its agent comes"
    );
    let outcome = sdk.call(&home, &call(&serving.base_url())).await?.answered()?;
    assert_eq!(outcome.tool.as_deref(), Some("refund"));
    let page: InboxPage = cli.json(&["inbox", "list", "--all"])?;
    let states: Vec<_> = page.items.iter().map(|item| (item.uid.as_str(), item.state)).collect();
    assert_eq!(states, [(uid.as_str(), ItemState::Released)], "one item, released once");
    Ok(())
}

async fn waiting_item(cli: &Cli<'_>) -> Result<String> {
    until("a held item", async || {
        let page: InboxPage = cli.json(&["inbox", "list"])?;
        ensure!(page.items.len() <= 1, "one call made several items: {page:?}");
        Ok(page.items.into_iter().next().map(|item| item.uid))
    })
    .await
}
