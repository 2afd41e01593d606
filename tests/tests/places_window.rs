//! Checkpoints sent off the machine from the settings: a folder gets them, one that is gone says so, and both are taken
//! away again.

use anyhow::{Result, ensure};
use product_tests::{Desk, Window, first_start};

#[tokio::test]
async fn a_checkpoint_place_is_added_seen_failing_and_removed() -> Result<()> {
    let desk = Desk::new("places").await?;
    let window = desk.open_console().await?;
    desk.keep_what_failed(walk(&desk, &window).await)?;
    window.close().await
}

async fn walk(desk: &Desk, window: &Window) -> Result<()> {
    first_start(window).await?;
    window.click("nav-settings").await?;
    window.find("no-places").await?;

    // What can't be a place is said, and nothing is lost of what was typed.
    window.fill("place-address", "somewhere").await?;
    window.click("place-add").await?;
    window.find("failure[data-code=\"invalid\"]").await?;

    let (good, gone) = (desk.home.path().join("witness"), desk.home.path().join("gone"));
    for folder in [&gone, &good] {
        std::fs::create_dir(folder)?;
    }
    window.fill("place-address", &gone.display().to_string()).await?;
    window.click("place-add").await?;
    window.find("place-newest").await?;
    std::fs::remove_dir_all(&gone)?;
    window.fill("place-address", &good.display().to_string()).await?;
    window.click("place-add").await?;
    window.find("place-failure").await?;
    ensure!(
        std::fs::read_dir(&good)?.count() > 0,
        "no checkpoint came to the folder that is there"
    );
    window.settle().await?;
    desk.screenshot("settings")?;

    window.click("place-remove").await?;
    window.click("place-remove").await?;
    window.find("no-places").await.map(drop)
}
