//! The first start in the window, with and without a keychain.

use anyhow::{Result, ensure};
use product_tests::{Desk, Sdk, SdkCall, first_start};

#[tokio::test]
async fn a_fresh_machine_becomes_a_tenant_with_one_agent_whose_key_is_shown_once() -> Result<()> {
    let (desk, sdk) = (Desk::new("first-run").await?, Sdk::ready()?);
    let window = desk.open_console().await?;
    let key = first_start(&window).await?;

    let answer = sdk
        .call(&desk.home, &SdkCall::saying(&window.base_url(), &key, "Hello"))
        .await?;
    ensure!(
        answer.error.is_none(),
        "the key that was shown doesn't work: {:?}",
        answer.error
    );
    let page = window
        .script("return document.documentElement.outerHTML")
        .await?
        .to_string();
    ensure!(
        !page.contains(&key),
        "the runtime key is still in the page after it was put away"
    );
    window.click("nav-settings").await?;
    assert_eq!(window.text("key-store").await?, "keychain");
    window.close().await?;

    // The second start asks nothing and shows the same tenant; the key is nowhere.
    let window = desk.open_console().await?;
    window.find("nav-inbox").await?;
    let page = window
        .script("return document.documentElement.outerHTML")
        .await?
        .to_string();
    ensure!(!page.contains(&key), "the runtime key is shown a second time");
    window.close().await
}

#[tokio::test]
async fn without_a_keychain_nothing_is_created_and_the_window_says_what_to_do() -> Result<()> {
    let mut desk = Desk::new("no-keychain").await?;
    desk.keychain.take_away();
    let window = desk.open_console().await?;
    window.fill("tenant-name", "Norwind Trading").await?;
    window.fill("operator-name", "Ada Novak").await?;
    window.click("first-run-create").await?;
    window.find("failure[data-code=\"key_store\"]").await?;
    window.settle().await?;
    desk.screenshot("refused")?;
    ensure!(
        !desk.home.data().join("keys.sealed").exists(),
        "a sealed file was made though nobody chose one"
    );

    // The keychain comes back, and the same window goes on: the failure isn't for the program's life.
    desk.keychain.unlock(&desk.home).await?;
    window.click("first-run-create").await?;
    window.find("runtime-key-text").await?;
    window.close().await
}
